"""The Laws of ``ports.catalogue``, in memory, on SQLite and on PostgreSQL."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.pool import NullPool

from retention.adapters.catalogue import SqlCatalogue, migrate
from retention.adapters.catalogue.tables import CatalogueTable
from retention.domain.totals import Totals, Traits
from retention.errors import StaleError, StoreRefusedError, StoreUnavailableError
from retention.ports.catalogue import (
    INVENTORY,
    LISTING,
    MORE,
    READ_WITHIN,
    RESUMED_WITHIN,
    SILENT_AFTER,
    STRAYS_MAX,
    UPLOADS,
    Stray,
)
from retention.ports.store import WHOLE, Span
from tests.support.catalogues import SEEN, concluded, fill, part
from tests.support.databases import MEMORY, POSTGRES, SQLITE, fresh_url, migrated_twice
from tests.support.memory import MemoryCatalogue

LATER = SEEN + timedelta(days=1)


@pytest.fixture(params=[MEMORY, SQLITE, POSTGRES])
def empty(request, tmp_path):
    if request.param == MEMORY:
        yield MemoryCatalogue()
    else:
        with SqlCatalogue(migrated_twice(migrate, fresh_url(request, tmp_path))) as it:
            yield it


@pytest.fixture(params=[SQLITE, POSTGRES])
def url(request, tmp_path):
    return migrated_twice(migrate, fresh_url(request, tmp_path))


def stray(under="s3://nacel/", folder="9f86d081", why="unclaimed", store="nacel", **counts):
    return Stray(store, under, folder, why, Totals(**{"versions": 3, "size_bytes": 30, **counts}))


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


# What only databases can show


def test_what_one_process_wrote_the_next_reads(url):
    with SqlCatalogue(url) as one, SqlCatalogue(url) as other:
        fill(one, "nacel", [part()])
        assert named(other) == [part().dataset]


def test_thousands_of_holdings_are_written_at_once(url):
    many = [part(f"NACEL/patient/england/{n:05}") for n in range(5000)]
    with SqlCatalogue(url) as it:
        fill(it, "nacel", many)
        assert named(it, "NACEL") == [each.dataset for each in many]


def test_a_database_that_fails_half_way_keeps_what_was_there(url):
    with SqlCatalogue(url) as it:
        fill(it, "nacel", [part()])
        run = it.begin("nacel", source=LISTING, terms="t", now=LATER)
        with pytest.raises(StoreRefusedError):
            it.keep(run, [WHOLE], [part("NACEL/x"), part(class_name=None)], [], now=LATER)
        it.keep(run, [WHOLE], [part("NACEL/x")], [], now=LATER)
        with pytest.raises(StoreRefusedError):
            it.conclude(run, replace(concluded("nacel"), digest=None))
        assert named(it) == [part().dataset]


def test_an_instant_without_a_zone_is_refused(url):
    with SqlCatalogue(url) as it, pytest.raises(ValueError, match="without a zone"):
        fill(it, "nacel", [part(newest_at=datetime(2031, 4, 1))])


def test_another_process_resumes_only_with_the_same_secret(url):
    mine, theirs = b"m" * 32, b"t" * 32
    with SqlCatalogue(url, secret=mine) as it:
        first = it.begin("nacel", source=LISTING, terms="t", now=SEEN)
        it.keep(first, [Span("", "m")], [part()], [], now=SEEN)
        it.end(first, resumable=True)
    with SqlCatalogue(url, secret=mine) as it:
        second = it.begin("nacel", source=LISTING, terms="t", now=SEEN)
        assert list(second.done) == [Span("", "m")]
        it.end(second, resumable=True)
    with SqlCatalogue(url, secret=theirs) as it:
        assert list(it.begin("nacel", source=LISTING, terms="t", now=SEEN).done) == []


def test_no_bound_is_stored_in_the_clear_and_none_after_the_end(url):
    bound = "patient/mary-example/scan.dcm"  # invented
    with SqlCatalogue(url) as it:
        run = it.begin("nacel", source=LISTING, terms="t", now=SEEN)
        it.keep(run, [Span("", bound)], [part()], [], now=SEEN)
        stored = _everything(url)
        assert "scan.dcm" not in stored
        assert run.id in stored
        it.conclude(run, concluded("nacel"))
        assert run.id not in _everything(url)


def test_what_stood_by_agreement_stands_until_its_place_is_surveyed(url):
    columns = "agreement, dataset, place, class_name, binding, kind, versions, markers, uploads"
    with sa.create_engine(url, poolclass=NullPool).begin() as connection:
        for n, place in enumerate(("s3://nacel/a/", "s3://nacel-dr/a/")):
            connection.execute(
                sa.text(
                    f"INSERT INTO holding (store, source, traits_text, {columns}, size_bytes, seen_at)"
                    f" VALUES ('', 'listing', '{{}}', 'NACEL', 'NACEL/a/{n}', '{place}', 'a', '[]',"
                    f" 'primary', 1, 0, 0, 1, '2031-01-01T00:00:00+00:00')"
                )
            )
    with SqlCatalogue(url) as it:
        assert named(it) == ["NACEL/a/0", "NACEL/a/1"]
        fill(it, "nacel", [])
        it.retire(["nacel"], now=SEEN)
        assert named(it) == ["NACEL/a/1"]


def test_the_table_is_that_of_the_model(url):
    ours = {"include_object": lambda _o, name, *_: name != "catalogue_version"}
    with sa.create_engine(url, poolclass=NullPool).connect() as connection:
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, CatalogueTable.metadata) == []


def _everything(url):
    """Return every cell of every table as text."""
    engine = sa.create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        tables = sa.inspect(engine).get_table_names()
        rows = (row for t in tables for row in connection.execute(sa.text(f"SELECT * FROM {t}")))
        return "\n".join(map(str, rows))
