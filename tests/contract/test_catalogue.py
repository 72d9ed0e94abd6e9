"""The Laws of ``ports.catalogue``, in memory, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.pool import NullPool

from retention.adapters.catalogue import SqlCatalogue, migrate
from retention.adapters.catalogue.catalogue import CatalogueTable
from retention.errors import StoreRefusedError, StoreUnavailableError
from retention.ports.catalogue import Holding
from tests.support.databases import MEMORY, POSTGRES, SQLITE, fresh_url, migrated_twice
from tests.support.memory import MemoryCatalogue

SEEN = datetime(2031, 4, 1, 9, 30, 0, 123_456, tzinfo=UTC)


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


def holding(dataset="NACEL/patient/england/2019", place="s3://nacel/2019/", **changed):
    made = Holding(
        dataset=dataset,
        agreement=dataset.split("/", maxsplit=1)[0],
        class_name="patient",
        binding=(("nation", "england"), ("round", "2019")),
        kind="primary",
        place=place,
        versions=12,
        markers=1,
        uploads=0,
        size_bytes=5 * 2**40,
        oldest_at=datetime(2019, 1, 1, tzinfo=UTC),
        newest_at=None,
        seen_at=SEEN,
    )
    return replace(made, **changed)


def test_an_empty_catalogue_holds_nothing(empty):
    assert list(empty.holdings()) == []
    assert list(empty.holdings("NACEL")) == []


def test_what_was_surveyed_is_read_back_whole(empty):
    odd = holding(binding=(("z", "first"), ("a", "Ünïcode/ \"'%")), kind="replica", oldest_at=None)
    empty.replace("NACEL", [odd])
    assert list(empty.holdings()) == [odd]
    assert list(empty.holdings("NACEL")) == [odd]


def test_an_instant_is_the_same_instant_in_any_zone(empty):
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    empty.replace("NACEL", [holding(seen_at=SEEN.astimezone(kathmandu))])
    assert next(empty.holdings()).seen_at == SEEN


def test_a_survey_replaces_all_of_its_agreement_and_nothing_of_another(empty):
    empty.replace("CVD", [holding("CVD/monthly/2020")])
    empty.replace("NACEL", [holding(), holding("NACEL/staff/2019")])
    empty.replace("NACEL", iter([holding("NACEL/patient/wales/2019")]))
    names = [each.dataset for each in empty.holdings()]
    assert names == ["CVD/monthly/2020", "NACEL/patient/wales/2019"]
    empty.replace("NACEL", [])
    assert [each.agreement for each in empty.holdings()] == ["CVD"]


def test_holdings_are_sorted_by_dataset_and_place_in_code_points(empty):
    datasets = ["N/b", "N/B", "N/a", "N/_", "N/é", "N/10", "N/9", "N/a"]
    given = [holding(name, f"s3://{n % 3}/{n}/") for n, name in enumerate(datasets)]
    empty.replace("N", given)
    read = [(each.dataset, each.place) for each in empty.holdings()]
    assert read == sorted((each.dataset, each.place) for each in given)


def test_a_survey_that_breaks_off_changes_nothing(empty):
    empty.replace("NACEL", [holding()])

    def breaking():
        yield holding("NACEL/staff/2019")
        raise StoreUnavailableError("the listing broke off", hint="try again")

    with pytest.raises(StoreUnavailableError):
        empty.replace("NACEL", breaking())
    assert list(empty.holdings()) == [holding()]


@pytest.mark.parametrize(
    "wrong", [[holding("CVD/monthly/2020")], [holding(), holding(versions=13)]]
)
def test_a_holding_of_another_agreement_or_given_twice_is_refused(empty, wrong):
    empty.replace("NACEL", [holding(versions=1)])
    with pytest.raises(ValueError, match="another agreement, or was given twice"):
        empty.replace("NACEL", wrong)
    assert list(empty.holdings()) == [holding(versions=1)]


def test_what_one_process_wrote_the_next_reads(url):
    with SqlCatalogue(url) as one, SqlCatalogue(url) as other:
        one.replace("NACEL", [holding()])
        assert list(other.holdings()) == [holding()]


def test_thousands_of_holdings_are_written_at_once(url):
    many = [holding(f"NACEL/patient/england/{n:05}") for n in range(3000)]
    with SqlCatalogue(url) as it:
        it.replace("NACEL", many)
        assert list(it.holdings("NACEL")) == many


def test_a_database_that_fails_half_way_keeps_what_was_there(url):
    with SqlCatalogue(url) as it:
        it.replace("NACEL", [holding()])
        with pytest.raises(StoreRefusedError):
            it.replace("NACEL", [holding("NACEL/staff/2019"), holding(class_name=None)])
        assert list(it.holdings()) == [holding()]


def test_an_instant_without_a_zone_is_refused(url):
    with SqlCatalogue(url) as it, pytest.raises(ValueError, match="without a zone"):
        it.replace("NACEL", [holding(seen_at=datetime(2031, 4, 1))])


def test_the_table_is_that_of_the_model(url):
    ours = {"include_object": lambda _o, name, *_: name != "catalogue_version"}
    with sa.create_engine(url, poolclass=NullPool).connect() as connection:
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, CatalogueTable.metadata) == []
