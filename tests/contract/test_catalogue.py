"""The Laws of ``ports.catalogue``, in memory, on SQLite and on PostgreSQL."""

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone

import pytest

from retention.adapters.catalogue import SqlCatalogue, migrate
from retention.domain.totals import Traits
from retention.errors import StaleError, StoreUnavailableError
from retention.ports.catalogue import (
    INVENTORY,
    LISTING,
    MORE,
    READ_WITHIN,
    RESUMED_WITHIN,
    SILENT_AFTER,
    STRAYS_MAX,
    UPLOADS,
)
from retention.ports.store import WHOLE, Span
from tests.support.catalogues import SEEN, concluded, fill, part, stray
from tests.support.databases import MEMORY, POSTGRES, SQLITE, fresh_url, migrated_twice
from tests.support.memory_catalogue import MemoryCatalogue

LATER = SEEN + timedelta(days=1)


@pytest.fixture(params=[MEMORY, SQLITE, POSTGRES])
def empty(request, tmp_path):
    if request.param == MEMORY:
        yield MemoryCatalogue()
    else:
        with SqlCatalogue(migrated_twice(migrate, fresh_url(request, tmp_path))) as it:
            yield it


def named(catalogue, agreement=None):
    return [each.dataset for each in catalogue.holdings(agreement)]


# What stands


def test_an_empty_catalogue_holds_nothing(empty):
    assert list(empty.holdings()) == []
    assert list(empty.holdings("NACEL")) == []
    assert empty.surveys() == []
    assert list(empty.strays()) == []


def test_what_was_surveyed_is_read_back_whole(empty):
    traits = Traits(
        Counter(STANDARD=11, GLACIER=1),
        Counter(CRC64NVME=12),
        2,
        Counter({"aws:kms key-1": 1, "none": 1}),
        Counter(COMPLIANCE=1),
        SEEN,
        1,
        frozenset({"00ff", "0a"}),
    )
    odd = (("z", "first"), ("a", "Ünïcode/ \"'%"))
    fill(empty, "NACEL", [part(binding=odd, kind="replica", oldest_at=None, traits=traits)])
    (read,) = empty.holdings("NACEL")
    assert (read.binding, read.kind, read.oldest_at) == (odd, "replica", None)
    assert (read.versions, read.markers, read.uploads, read.size_bytes) == (12, 1, 0, 5 * 2**40)
    assert (read.store, read.source, read.seen_at) == ("NACEL", LISTING, SEEN)
    assert read.traits == traits


def test_an_instant_is_the_same_instant_in_any_zone(empty):
    kathmandu = SEEN.astimezone(timezone(timedelta(hours=5, minutes=45)))
    fill(empty, "nacel", [part(newest_at=kathmandu)], now=kathmandu)
    (read,) = empty.holdings()
    assert (read.seen_at, read.newest_at) == (SEEN, SEEN)


def test_a_survey_replaces_all_of_its_store_and_nothing_of_another(empty):
    fill(empty, "cvd", [part("CVD/monthly/2020"), part("NACEL/patient/wales/2018", "s3://cvd/n/")])
    fill(empty, "nacel", [part(), part("NACEL/staff/2019")])
    fill(empty, "nacel", iter([part("NACEL/patient/wales/2019")]), now=LATER)
    assert named(empty) == [
        "CVD/monthly/2020",
        "NACEL/patient/wales/2018",
        "NACEL/patient/wales/2019",
    ]
    assert named(empty, "NACEL") == ["NACEL/patient/wales/2018", "NACEL/patient/wales/2019"]
    fill(empty, "nacel", [], now=LATER)
    assert named(empty) == ["CVD/monthly/2020", "NACEL/patient/wales/2018"]
    assert [each.store for each in empty.surveys()] == ["cvd", "nacel"]


def test_holdings_are_sorted_by_dataset_and_place_in_code_points(empty):
    datasets = ["N/b", "N/B", "N/a", "N/_", "N/é", "N/10", "N/9", "N/a"]
    given = [part(name, f"s3://{n % 3}/{n}/") for n, name in enumerate(datasets)]
    fill(empty, "N", given)
    read = [(each.dataset, each.place) for each in empty.holdings()]
    assert read == sorted((each.dataset, each.place) for each in given)


def test_what_a_survey_said_of_itself_is_read_back(empty):
    said = concluded(
        "nacel", source=INVENTORY, as_of=SEEN - timedelta(days=2), digest="sha256:00",
        versions=2**40, markers=1, uploads=2, size_bytes=2**50, stray_rows=3, ended_at=LATER,
    )  # fmt: skip
    run = empty.begin("nacel", source=INVENTORY, terms="t", now=SEEN)
    empty.conclude(run, said)
    assert empty.surveys() == [said]


def test_what_was_in_another_store_can_be_dropped_with_it(empty):
    for store in ("a", "b"):
        fill(empty, store, [part(f"{store}/x", f"s3://{store}/")], [stray(store=store)])
    at_work = empty.begin("c", source=LISTING, terms="t", now=SEEN)
    empty.retire(["b"], now=SEEN)
    assert named(empty) == ["b/x"]
    assert [each.store for each in empty.surveys()] == ["b"]
    assert [each.store for each in empty.strays()] == ["b"]
    empty.keep(at_work, [WHOLE], [], [], now=SEEN)  # whoever began it may know of its store
    empty.retire(["b"], now=SEEN + RESUMED_WITHIN + SILENT_AFTER)
    with pytest.raises(StaleError):
        empty.keep(at_work, [WHOLE], [], [], now=SEEN)


# Strays


def test_a_stray_says_since_when_it_was_seen_in_a_row(empty):
    fill(empty, "nacel", [], [stray(), stray(folder="gone")])
    fill(empty, "nacel", [], [stray(versions=4), stray(folder="new")], now=LATER)
    found = {each.folder: each for each in empty.strays()}
    assert set(found) == {"9f86d081", "new"}
    assert (found["9f86d081"].surveys, found["9f86d081"].first_seen_at) == (2, SEEN)
    assert found["9f86d081"].totals.versions == 4
    assert (found["new"].surveys, found["new"].first_seen_at) == (1, LATER)


def test_a_stray_that_went_and_came_again_is_new(empty):
    for number, strays in enumerate(([stray()], [], [stray()])):
        fill(empty, "nacel", [], strays, now=SEEN + timedelta(days=number))
    assert next(empty.strays()).surveys == 1


# Surveys at work


def test_what_a_run_keeps_adds_up_and_shows_only_when_it_is_concluded(empty):
    run = empty.begin("nacel", source=LISTING, terms="t", now=SEEN)
    first = part(oldest_at=SEEN, newest_at=SEEN, traits=Traits(Counter(STANDARD=12)))
    second = part(oldest_at=LATER, newest_at=LATER, traits=Traits(Counter(STANDARD=2, GLACIER=10)))
    empty.keep(run, [Span("", "m")], [first, part("NACEL/staff/2019")], [stray()], now=SEEN)
    empty.keep(run, [Span("m")], [second], [stray(versions=1)], now=SEEN)
    empty.keep(run, [UPLOADS], [part(versions=0, markers=0, size_bytes=0, uploads=7)], [], now=SEEN)
    seen, strays = empty.seen(run)
    assert (seen.versions, seen.markers, seen.uploads) == (12 * 3, 3, 7)
    assert (strays.versions, strays.size_bytes) == (4, 60)
    assert list(empty.holdings()) == []
    empty.conclude(run, concluded("nacel"))
    read, _ = empty.holdings()
    assert (read.versions, read.markers, read.uploads) == (24, 2, 7)
    assert (read.oldest_at, read.newest_at) == (datetime(2019, 1, 1, tzinfo=UTC), LATER)
    assert read.traits.classes == Counter(STANDARD=14, GLACIER=10)
    assert next(empty.strays()).totals.versions == 4


def test_a_store_is_surveyed_by_one_at_a_time(empty):
    run = empty.begin("nacel", source=LISTING, terms="t", now=SEEN)
    assert empty.begin("nacel", source=LISTING, terms="t", now=SEEN + SILENT_AFTER / 2) is None
    assert empty.begin("cvd", source=LISTING, terms="t", now=SEEN) is not None
    empty.conclude(run, concluded("nacel"))
    assert empty.begin("nacel", source=LISTING, terms="t", now=SEEN) is not None


def test_whoever_keeps_something_is_alive(empty):
    run = empty.begin("nacel", source=LISTING, terms="t", now=SEEN)
    at = SEEN + SILENT_AFTER * 0.9
    empty.keep(run, [Span("", "m")], [part()], [], now=at)
    assert empty.begin("nacel", source=LISTING, terms="t", now=SEEN + SILENT_AFTER * 1.5) is None
    assert empty.begin("nacel", source=LISTING, terms="t", now=at + SILENT_AFTER) is not None


def test_what_is_found_every_time_says_since_when(empty):
    dark, public = ("dark", "store:nacel"), ("public", "store:nacel")
    day = SEEN.date()
    assert empty.remember({dark}, on=day) == {dark: day}
    later = day + timedelta(days=7)
    assert empty.remember({dark, public}, on=later) == {dark: day, public: later}
    assert empty.remember({public}, on=later) == {public: later}
    last = later + timedelta(days=7)
    assert empty.remember({dark, public}, on=last) == {dark: last, public: later}


def test_a_run_that_died_is_taken_up_where_it_stood(empty):
    spans = [Span("", "a/%2F é\n"), Span("a/%2F é\n", "q"), UPLOADS]
    first = empty.begin("nacel", source=LISTING, terms="t", now=SEEN)
    for each in spans:
        empty.keep(first, [each], [part()], [], now=SEEN)
    second = empty.begin("nacel", source=LISTING, terms="t", now=SEEN + SILENT_AFTER)
    assert (second.id, second.began_at, list(second.done)) == (first.id, SEEN, spans)
    for act in (
        lambda: empty.keep(first, [WHOLE], [part()], [], now=LATER),
        lambda: empty.conclude(first, concluded("nacel")),
    ):
        with pytest.raises(StaleError):
            act()
    empty.end(first, resumable=False)  # it is not its own any more
    empty.keep(second, [Span("q")], [part()], [], now=LATER)
    empty.conclude(second, concluded("nacel"))
    assert next(empty.holdings()).versions == 4 * 12


def test_a_run_that_says_it_failed_is_taken_up_at_once(empty):
    first = empty.begin("nacel", source=LISTING, terms="t", now=SEEN)
    empty.keep(first, [Span("", "m")], [part()], [], now=SEEN)
    empty.end(first, resumable=True)
    second = empty.begin("nacel", source=LISTING, terms="t", now=SEEN)
    assert (second.id, list(second.done)) == (first.id, [Span("", "m")])


@pytest.mark.parametrize(
    ("was", "source", "terms", "after"),
    [
        (LISTING, LISTING, "t", RESUMED_WITHIN + SILENT_AFTER),
        (LISTING, LISTING, "other", SILENT_AFTER),
        (LISTING, INVENTORY, "t", SILENT_AFTER),
        (INVENTORY, LISTING, "t", READ_WITHIN),
        (INVENTORY, INVENTORY, "t", READ_WITHIN),
    ],
)
def test_what_is_too_old_or_otherwise_counted_is_begun_anew(empty, was, source, terms, after):
    first = empty.begin("nacel", source=was, terms="t", now=SEEN)
    empty.keep(first, [Span("", "m")], [part()], [stray()], now=SEEN)
    at = SEEN + after
    second = empty.begin("nacel", source=source, terms=terms, now=at)
    assert (list(second.done), second.began_at) == ([], at)
    assert second.id != first.id
    empty.conclude(second, concluded("nacel"))
    assert list(empty.holdings()) == []


@pytest.mark.parametrize("ahead", [SILENT_AFTER * 2, timedelta(days=4000)])
def test_a_beat_from_the_future_is_none(empty, ahead):
    assert empty.begin("nacel", source=LISTING, terms="t", now=SEEN + ahead) is not None
    assert empty.begin("nacel", source=LISTING, terms="t", now=SEEN) is not None


def test_what_a_run_sees_less_of_than_stands_is_told(empty):
    stood = [
        part(),
        part("NACEL/staff/2019"),
        part("NACEL/a/Z", "s3://nacel/a/"),
        part("NACEL/a/_"),
    ]
    fill(empty, "nacel", stood)
    fill(empty, "other", [part("NACEL/other/2019", "s3://other/")])
    run = empty.begin("nacel", source=LISTING, terms="t", now=LATER)
    empty.keep(run, [Span("", "m")], [part(versions=5), part("NACEL/a/_")], [], now=LATER)
    empty.keep(run, [Span("m")], [part(versions=6), part("NACEL/new/1")], [], now=LATER)
    found = [(each.dataset, each.before, each.now) for each in empty.losses(run)]
    assert found == [
        ("NACEL/a/Z", 12, 0),
        ("NACEL/patient/england/2019", 12, 11),
        ("NACEL/staff/2019", 12, 0),
    ]


def test_folders_beyond_a_bound_count_as_one(empty):
    many = [stray(folder=f"{n:08}") for n in range(STRAYS_MAX + 5)]
    fill(empty, "nacel", [], [*many, stray(folder=MORE, versions=7)])
    found = list(empty.strays())
    assert len(found) == STRAYS_MAX + 1
    (rest,) = [each for each in found if each.folder == MORE]
    assert rest.totals.versions == 5 * 3 + 7


def test_a_run_that_concluded_nothing_leaves_what_stood(empty):
    fill(empty, "nacel", [part()], [stray()])
    run = empty.begin("nacel", source=LISTING, terms="t", now=LATER)
    empty.keep(run, [WHOLE], [], [], now=LATER)
    empty.end(run, resumable=False)
    assert named(empty) == [part().dataset]
    assert list(empty.begin("nacel", source=LISTING, terms="t", now=LATER).done) == []


def test_a_span_that_breaks_off_is_not_kept_in_part(empty):
    run = empty.begin("nacel", source=LISTING, terms="t", now=SEEN)

    def breaking():
        yield part()
        raise StoreUnavailableError("the listing broke off", hint="try again")

    with pytest.raises(StoreUnavailableError):
        empty.keep(run, [WHOLE], breaking(), [], now=SEEN)
    assert empty.seen(run)[0].versions == 0
    empty.end(run, resumable=True)
    assert list(empty.begin("nacel", source=LISTING, terms="t", now=SEEN).done) == []
