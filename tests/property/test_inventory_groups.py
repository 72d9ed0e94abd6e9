"""Whatever rows an inventory has, its groups are what plain Python makes of them."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention.adapters.s3.inventory.reader import S3Inventories
from retention.domain.totals import SKETCH_MAX, Totals
from tests.support.inventories import EPOCH, FIELDS, KINDS, Published, Row, expected, shuffled

DEPTHS = range(7)
MINUTES = count(1)
MIXES = 0x9E3779B97F4A7C15F39CC0605CEDC835
STARTED = datetime(2026, 1, 1, tzinfo=UTC)
PIECES = ["", "a", "b", "2019", "é", "e\u0301", "+", " ", "%", "%41", "%2F", "a+b c", "\n", '"',
          "\\", ".", "..", "\uff5e", "\U0001f600", "'", ",", "\t", "*", "?", "[x]", "=", "\x7f"]  # fmt: skip

segments = st.one_of(
    st.sampled_from(PIECES),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5).map(lambda t: t.replace("/", "")),
)
keys = st.lists(segments, min_size=1, max_size=8).map("/".join).filter(bool)
# few, so that rows share folders
shared = st.lists(st.sampled_from(PIECES[:8]), min_size=1, max_size=4).map("/".join).filter(bool)
instants = st.integers(0, 2**41).map(lambda ms: EPOCH + timedelta(milliseconds=ms))


def etag_of(number):
    """Return an etag: as good as random, and every third is of several parts."""
    return f"{number * MIXES % 2**128:032x}{'-7' * (number % 3 == 2)}"


etags = st.one_of(st.integers(0, 40), st.integers(0, 2**128 - 1)).map(etag_of)
rows = st.lists(
    st.builds(
        Row,
        key=st.one_of(shared, keys),
        version_id=st.sampled_from([None, "null", "v1", "v2", "v3"]),
        marker=st.booleans(),
        size=st.one_of(st.just(0), st.integers(0, 2**50)),
        modified_at=st.one_of(st.none(), instants),
        etag=st.one_of(st.none(), etags),
        class_=st.sampled_from([None, "STANDARD", "GLACIER"]),
        checksum=st.sampled_from([None, "SHA256", "CRC64NVME"]),
        encryption=st.sampled_from([None, "new", *KINDS]),
        until=st.one_of(st.none(), instants),
        lock=st.sampled_from([None, "Governance", "COMPLIANCE"]),
        hold=st.sampled_from([None, True, False]),
    ),
    max_size=40,
    unique_by=lambda row: (row.key, row.version_id or "null"),
)


def alike(number, again):
    """Return so many rows of one folder, each content *again* times: more than a sketch has."""
    return [Row(f"many/{n}", f"w{n}", size=n % 5, etag=etag_of(n // again)) for n in range(number)]


@pytest.fixture(scope="module", params=["CSV", "Parquet"])
def bench(request, moto, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("inventories")
    return moto.owner, moto.bucket().name, scratch, request.param


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    several=rows,
    many=st.tuples(st.sampled_from([0, 1, 3, 9]), st.integers(1, 4)),
    files=st.integers(1, 4),
    depth=st.sampled_from(DEPTHS),
    lacks=st.sets(st.sampled_from(FIELDS[1:]), max_size=3),
    batch_bytes=st.sampled_from([1, 10**9]),
    seed=st.integers(0, 9),
)
def test_groups_are_what_plain_python_makes_of_the_rows(
    bench, several, many, files, depth, lacks, batch_bytes, seed
):
    client, to, scratch, form = bench
    several = several + alike(many[0] * SKETCH_MAX, many[1])
    fields = [name for name in FIELDS if name not in lacks]
    written = Published(
        client, to, "listed", shuffled(several, seed), files=files, fields=fields, form=form,
        at=STARTED + timedelta(minutes=next(MINUTES)),
    )  # fmt: skip
    inventories = S3Inventories(client, scratch, batch_bytes=batch_bytes)
    found = list(inventories.groups(inventories.newest(written.where), depth=depth))
    assert found == expected(several, depth, fields)
    total = Totals()
    for group in found:
        total.add(group.totals)
    assert [total] == [group.totals for group in expected(several, 0, fields)] or not several
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("depth", DEPTHS)
def test_every_depth_is_tried(bench, depth):
    client, to, scratch, form = bench
    several = [Row("/".join(PIECES[n : n + 9]) + f"/{n}", f"v{n}", size=n) for n in range(18)]
    at = STARTED + timedelta(minutes=next(MINUTES))
    written = Published(client, to, "listed", several, files=2, form=form, at=at)
    inventories = S3Inventories(client, scratch)
    found = list(inventories.groups(inventories.newest(written.where), depth=depth))
    assert found == expected(several, depth)
