"""Laws of claims and of counting: as if each key had been asked alone, and each row added alone."""

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.claims import NAMES_SOMEBODY, TOO_LONG, UNCLAIMED, Claims
from retention.domain.dataset import Kind, ObjectVersion
from retention.domain.pattern import Pattern
from retention.domain.sketch import DIGITS, SKETCH_MAX, are_copies, chosen
from retention.domain.store import Spot, Store
from retention.domain.totals import Totals, Traits
from retention.steps.tally import Tally
from tests.support.stores import paged

STORE = Store("records", "s3://records/")
PATTERNS = [
    "s3://records/a/{x:[a-z]+}/",
    "s3://records/a/b/{x:[0-9]+}/{y}/",
    "s3://records/{x:[a-c]}/",
    "s3://records/a/b/c/d/",
    "s3://records/{x}/b/{y:[a-z]}/",
    "s3://elsewhere/a/{x}/",
]
SEGMENTS = st.sampled_from(["a", "b", "c", "d", "1", "22", "", "a0", "a-", "é", "z"])
KEYS = st.lists(SEGMENTS, min_size=1, max_size=6).map("/".join)
SPOTS = st.lists(st.sampled_from(PATTERNS), max_size=4, unique=True)


def claims_of(patterns, store=STORE):
    """Return claims of one agreement, in which each pattern is a class of its own."""
    spots = []
    for number, text in enumerate(patterns):
        pattern = Pattern.parse(text)
        spots.append(Spot(_Named(f"REF{number}", pattern), "class", "primary", pattern))
    return Claims(store, spots, secret=b"secret")


class _Named:
    """As much of an agreement as a claim asks for."""

    def __init__(self, reference, pattern):
        self.reference, self._pattern = reference, pattern

    def class_named(self, _name):
        return self

    @property
    def placeholders(self):
        return self._pattern.placeholders


def asked_alone(patterns, key):
    """Return whose *key* is, by asking each pattern."""
    found = []
    for number, text in enumerate(patterns):
        pattern = Pattern.parse(text)
        if pattern.root == "s3://records/" and (bound := pattern.match(key)) is not None:
            found.append((f"REF{number}", pattern.place(dict(bound))))
    return found


@given(SPOTS, KEYS)
def test_a_key_is_whose_patterns_match_it(patterns, key):
    claimed = claims_of(patterns).of(key)
    assert [(c.agreement, c.place) for c in claimed.claims] == asked_alone(patterns, key)
    assert bool(claimed.claims) != bool(claimed.why)


@given(SPOTS, KEYS, st.lists(KEYS, max_size=8))
def test_what_is_said_of_a_key_holds_as_far_as_it_reaches(patterns, key, others):
    claims = claims_of(patterns)
    claimed = claims.of(key)
    if claimed.reach is None:
        return
    assert key.startswith(claimed.reach)
    for other in others:
        near = claimed.reach + other
        said = claims.of(near)
        assert said.claims == claimed.claims
        assert (said.why, said.folder) == (claimed.why, claimed.folder)


@given(SPOTS, KEYS)
def test_a_group_of_an_inventory_is_whose_any_of_its_keys_is(patterns, key):
    claims = claims_of(patterns)
    folder = "".join(f"{part}/" for part in key.split("/")[:-1][: claims.depth])
    assert claims.of(f"{folder}-").claims == claims.of(key).claims


@given(SPOTS, KEYS)
def test_what_nobody_claims_is_told_by_a_declared_place_and_a_digest(patterns, key):
    claimed = claims_of(patterns).of(key)
    if claimed.claims:
        return
    declared = {Pattern.parse(p).static_place for p in patterns} | {"s3://records/"}
    assert claimed.under in declared
    assert f"s3://records/{key}".startswith(claimed.under)
    assert len(claimed.folder) == 16
    assert int(claimed.folder, 16) >= 0


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("a/943-476-5919/x", NAMES_SOMEBODY),  # the number of the NHS's own examples
        ("other/x", UNCLAIMED),
        (f"a/{'é' * 120}/x", TOO_LONG),
    ],
)
def test_what_may_not_be_a_dataset_says_why(key, why):
    claims = claims_of(["s3://records/a/{x}/"])
    assert (claims.of(key).claims, claims.of(key).why) == ((), why)


ROWS = st.lists(
    st.tuples(
        KEYS.filter(bool),
        st.sampled_from(list(Kind)[:2]),
        st.integers(0, 3),
        st.integers(0, 5),
        st.integers(0, 10**6),
    ),
    max_size=40,
    unique_by=lambda row: (row[0], row[2]),
)
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


def version(row):
    key, kind, number, size, seconds = row
    size = size if kind is Kind.DATA else 0
    etag = f"{seconds:032x}" if kind is Kind.DATA else ""
    at = EPOCH + timedelta(seconds=seconds)
    stored = "STANDARD" if kind is Kind.DATA else ""
    return ObjectVersion(key, kind, f"v{number}", size, etag, modified_at=at, storage_class=stored)


@given(SPOTS, ROWS, st.integers(1, 9))
def test_rows_counted_by_the_page_come_to_what_they_come_to_one_by_one(patterns, rows, page_rows):
    there = sorted(version(row) for row in rows)
    there.sort(key=lambda v: v.key)
    tally = Tally("records", claims_of(patterns), lambda *_: None)
    for first in range(0, len(there), page_rows):
        tally.add(paged(there[first : first + page_rows]))
    counted = {(p.agreement, p.place): p.totals for p in tally.parts()}
    expected = {}
    strays = 0
    for each in there:
        whose = asked_alone(patterns, each.key)
        strays += not whose
        for name in whose:
            expected.setdefault(name, []).append(each)
    assert set(counted) == set(expected)
    for name, versions in expected.items():
        assert counted[name] == summed(versions)
    assert sum(s.totals.rows for s in tally.strays()) == strays
    assert tally.rows == len(there)


def summed(versions):
    """Add up versions one by one."""
    data = [v for v in versions if v.kind is Kind.DATA]
    etags = sorted({v.etag for v in data if v.size_bytes})[:SKETCH_MAX]
    traits = Traits(classes=Counter(STANDARD=len(data)) if data else Counter())
    traits.sketch = frozenset(etag[:DIGITS] for etag in etags)
    return Totals(
        len(data),
        len(versions) - len(data),
        0,
        sum(v.size_bytes for v in data),
        min(v.modified_at for v in versions),
        max(v.modified_at for v in versions),
        traits,
    )


def etag(number):
    return hashlib.md5(b"%d" % number).hexdigest()


ETAGS = st.lists(st.integers(0, 10**9).map(etag), max_size=120)


@given(ETAGS, ETAGS)
def test_sketches_of_parts_make_the_sketch_of_the_whole(one, other):
    together = Traits(sketch=chosen(one))
    together.add(Traits(sketch=chosen(other)))
    assert together.sketch == chosen([*one, *other])


@given(st.sets(st.integers(0, 10**9), min_size=3, max_size=200), st.integers(1, 60))
def test_a_copy_is_known_by_its_content_and_others_are_not(numbers, more):
    content = [etag(each) for each in numbers]
    other = [etag(each + 10**10) for each in numbers]
    assert are_copies(chosen(content), chosen(content))
    assert not are_copies(chosen(content), chosen(other))
    assert not are_copies(chosen(content), frozenset())
    grown = content + [etag(each + 10**11) for each in range(more)]
    if more * 4 < len(content):
        assert are_copies(chosen(content), chosen(grown))
        assert are_copies(chosen(grown), chosen(content))


def test_a_few_contents_in_common_are_no_copy():
    mine = [etag(n) for n in range(20)]
    theirs = [*mine[:2], *(etag(n) for n in range(500, 520))]
    assert not are_copies(chosen(mine), chosen(theirs))
