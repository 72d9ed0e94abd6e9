"""What else is under a key: looked for in every store that could use it, and never assumed."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from retention.domain.erasure import Elsewhere
from retention.domain.store import Store
from retention.domain.totals import Totals, Traits
from retention.errors import StoreRefusedError
from retention.ports.catalogue import INVENTORY, LISTING, Holding, Stray, Survey
from retention.ports.probe import Looked
from retention.steps.elsewhere import Searching, elsewhere
from tests.support.kms import arn_of
from tests.support.stores import GOOD, MemoryStore

KEY, OTHER = arn_of(1), arn_of(2)
SINCE = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATER = SINCE + timedelta(hours=1)


@dataclass
class Known:
    """As much of a catalogue as is asked about."""

    survey: Survey | None = None
    held: list = field(default_factory=list)
    left: list = field(default_factory=list)

    def surveys(self):
        return [] if self.survey is None else [self.survey]

    def holdings(self, agreement=None):
        return iter(self.held)

    def strays(self):
        return iter(self.left)


@pytest.fixture
def store():
    store = MemoryStore()
    store.bucket("records")
    return store


def search(store, catalogue=None, copies=()):
    names = [Store(name, f"s3://{name}/") for name in store.buckets]
    return elsewhere(KEY, SINCE, copies, Searching(names, store, store, catalogue or Known()))


def put(store, key, encryption, bucket="records"):
    version = store.buckets[bucket].put(key)
    store.looks[version] = Looked(encryption)
    return version


def test_an_empty_store_holds_nothing_under_any_key(store):
    assert search(store) == Elsewhere()


@pytest.mark.parametrize(
    ("encryption", "found"),
    [
        (f"aws:kms {KEY}", Elsewhere(1, 0)),
        (f"aws:kms:dsse {KEY}", Elsewhere(1, 0)),
        (f"aws:kms {OTHER}", Elsewhere()),
        ("AES256", Elsewhere()),
        ("", Elsewhere()),
        (None, Elsewhere(0, 1)),
    ],
)
def test_each_version_is_under_it_or_not_or_nobody_knows(store, encryption, found):
    put(store, "a", encryption)
    assert search(store) == found


def test_older_versions_count_and_markers_are_under_nothing(store):
    put(store, "a", f"aws:kms {KEY}")
    put(store, "a", "AES256")
    store.buckets["records"].hide("a")
    assert search(store) == Elsewhere(1, 0)


def test_copies_that_age_out_are_what_the_end_of_the_key_is_for(store):
    put(store, "backup/2019/a", f"aws:kms {KEY}")
    assert search(store, copies=["s3://records/backup/2019/"]) == Elsewhere()
    assert search(store, copies=["s3://records/backup/2020/"]) == Elsewhere(1, 0)
    assert search(store, copies=["s3://other/backup/2019/"]) == Elsewhere(1, 0)


@pytest.mark.parametrize(
    ("region", "found"),
    [("eu-west-2", 1), ("us-east-1", 0), (None, 1)],
)
def test_a_bucket_takes_keys_of_its_own_region_alone(store, region, found):
    put(store, "a", f"aws:kms {KEY}")
    store.said = replace(GOOD, region=region)
    assert search(store).under_it == found


def test_a_store_that_does_not_answer_is_an_error_and_no_answer(store):
    put(store, "a", "AES256")
    store.denied.add("records")
    with pytest.raises(StoreRefusedError):
        search(store)


def survey(source=INVENTORY, as_of=LATER, uploads=0):
    counts = {"versions": 1, "markers": 0, "size_bytes": 0, "stray_rows": 0}
    return Survey("records", "s3://records/", source, as_of, as_of, as_of, "", "", uploads=uploads,
                  **counts)  # fmt: skip


def traits(encryption="AES256", looked_at=1):
    return Traits(looked_at=looked_at, encryption=Counter({encryption: looked_at}))


def holding(**changed):
    return Holding("REF/x/1", "REF", "x", (), "primary", "s3://records/x/", 1, 0, 0, 0, None, None,
                   LATER, "records", INVENTORY, traits(**changed).text())  # fmt: skip


def stray(**changed):
    totals = Totals(versions=1, traits=traits(**changed))
    return Stray("records", "s3://records/", "ab", "unclaimed", totals)


def clears(store, catalogue):
    """Tell whether the inventory stood for a look: what a look would find is under the key."""
    put(store, "a", f"aws:kms {KEY}")
    return search(store, catalogue) == Elsewhere()


def test_an_inventory_made_afterwards_that_shows_nothing_under_keys_stands_for_a_look(store):
    assert clears(store, Known(survey(), [holding()], [stray()]))


@pytest.mark.parametrize(
    "known",
    [
        Known(survey(LISTING), [holding()]),
        Known(survey(as_of=SINCE), [holding()]),
        Known(survey(uploads=1), [holding()]),
        Known(survey(), [holding(encryption="aws:kms")]),
        Known(survey(), [holding(encryption="unknown")]),
        Known(survey(), [holding(looked_at=0)]),
        Known(survey(), [holding()], [stray(encryption="aws:kms:dsse")]),
        Known(survey(), [holding()], [stray(looked_at=0)]),
        Known(),
    ],
)
def test_any_less_does_not(store, known):
    assert not clears(store, known)
