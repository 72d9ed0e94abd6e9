"""Laws of cutting a manifest into batches: nothing twice, nothing left out, no key in two unless it must."""

from itertools import groupby, pairwise

from hypothesis import given
from hypothesis import strategies as st

from retention.domain.batch import batches
from retention.domain.dataset import Kind, ObjectVersion
from retention.domain.manifest import Row

keys = st.tuples(st.sampled_from(["dr", "records"]), st.sampled_from("abcdef"))
sizes = st.integers(1, 7)


@st.composite
def manifests(draw):
    """Rows as a manifest has them: sorted, some keys with many versions."""
    counts = draw(st.dictionaries(keys, st.tuples(st.integers(0, 12), st.integers(0, 3))))
    rows = []
    for (copy, key), (data, markers) in counts.items():
        rows += [Row(copy, ObjectVersion(key, Kind.DATA, f"v{n:02}")) for n in range(data)]
        rows += [Row(copy, ObjectVersion(key, Kind.MARKER, f"m{n:02}")) for n in range(markers)]
    return sorted(rows)


def place(pair):
    return pair[1].copy, pair[1].version.key


@given(manifests(), sizes)
def test_every_row_is_in_one_batch_under_its_own_number_and_in_its_order(rows, size):
    found = [pair for batch in batches(rows, size) for pair in batch.rows]
    assert found == list(enumerate(rows, start=1))


@given(manifests(), sizes)
def test_a_batch_is_no_larger_than_it_may_be_and_lies_in_one_copy(rows, size):
    for batch in batches(rows, size):
        assert 0 < len(batch.rows) <= size
        assert {row.copy for _, row in batch.rows} == {batch.copy}
        assert (batch.first, batch.last) == (batch.rows[0][0], batch.rows[-1][0])


@given(manifests(), sizes)
def test_a_key_is_cut_only_if_no_batch_could_hold_it_and_its_pieces_form_a_chain(rows, size):
    cut = list(batches(rows, size))
    for _, group in groupby(enumerate(rows, start=1), key=place):
        numbers = [number for number, _ in group]
        pieces = [b for b in cut if b.first <= numbers[-1] and numbers[0] <= b.last]
        if len(numbers) <= size:
            assert len(pieces) == 1
            assert pieces[0].follows is None
        else:
            assert {key for piece in pieces for key in map(place, piece.rows)} == {
                place(pieces[0].rows[0])
            }, "no other key waits for such a chain"
            assert [p.follows for p in pieces] == [None, *(p.first for p in pieces[:-1])]


@given(manifests(), sizes)
def test_two_batches_that_follow_each_other_could_not_have_been_one(rows, size):
    cut = list(batches(rows, size))
    for one, other in pairwise(cut):
        if one.copy == other.copy and one.follows is other.follows is None:
            first_key = [row for _, row in other.rows if place((0, row)) == place(other.rows[0])]
            assert len(one.rows) + len(first_key) > size
