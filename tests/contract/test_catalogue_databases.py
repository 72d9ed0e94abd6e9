"""What only a database can show of the catalogue: secrets, crashes, migrations."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.pool import NullPool

from retention.adapters.catalogue import SqlCatalogue, migrate
from retention.adapters.catalogue.sealing import Bounds
from retention.adapters.catalogue.tables import CatalogueTable
from retention.errors import StoreRefusedError
from retention.ports.catalogue import (
    LISTING,
)
from retention.ports.store import WHOLE, Span
from tests.support.catalogues import SEEN, concluded, fill, part, stray
from tests.support.databases import POSTGRES, SQLITE, fresh_url, migrated_twice

LATER = SEEN + timedelta(days=1)


@pytest.fixture(params=[SQLITE, POSTGRES])
def url(request, tmp_path):
    return migrated_twice(migrate, fresh_url(request, tmp_path))


def named(catalogue, agreement=None):
    return [each.dataset for each in catalogue.holdings(agreement)]


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
        third = it.begin("nacel", source=LISTING, terms="t", now=SEEN)
        assert (list(third.done), it.seen(third)[0].versions) == ([], 0)
        it.keep(third, [WHOLE], [part()], [], now=SEEN)
        it.conclude(third, concluded("nacel"))
        assert next(it.holdings()).versions == 12, "what was kept before is not counted again"


def test_the_same_bound_is_never_sealed_alike():
    bounds, span = Bounds(b"s" * 32), Span("", "patient/a")
    assert bounds.seal(span, "run") != bounds.seal(span, "run")
    assert bounds.open(bounds.seal(span, "run"), "run") == span
    assert bounds.open(bounds.seal(span, "run"), "another run") is None


def test_no_bound_is_stored_in_the_clear_and_none_after_the_end(url):
    bound = "patient/mary-example/scan.dcm"  # invented
    with SqlCatalogue(url) as it:
        run = it.begin("nacel", source=LISTING, terms="t", now=SEEN)
        it.keep(run, [Span("", bound)], [part()], [stray()], now=SEEN)
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
