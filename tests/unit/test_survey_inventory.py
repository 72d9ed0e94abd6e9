"""Surveys by inventory: read once, as old as it is, and its age told wherever its numbers are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from retention.cli.due import _due_page
from retention.domain.forecast import Forecast, Window
from retention.domain.store import Store, about
from retention.domain.totals import Totals
from retention.errors import StoreUnavailableError
from retention.ports.catalogue import INVENTORY
from retention.ports.inventory import Group, Snapshot
from retention.ports.progress import NoProgress
from retention.steps.classify import assess_all
from retention.steps.due import due_list
from retention.steps.forecast import foresee
from retention.steps.record.holds import plan_hold
from retention.steps.record.scopes import Scope
from retention.steps.today import Asking, today
from retention.views.forecast_text import text
from retention.views.preview import preview_json, preview_lines
from tests.support.surveying import AS_OF, estate, known, surveyed


@pytest.fixture
def world():
    return estate()


class Inventory:
    """One inventory, of some folders."""

    def __init__(self, groups, place="s3://records/", digest="sha256:00", fault=None):
        self.groups_, self.place, self.digest, self.fault = groups, place, digest, fault
        self.read, self.as_of, self.depth = 0, AS_OF, 2

    def newest(self, where):
        if self.fault is not None:
            raise self.fault
        return Snapshot(self.place, self.as_of, self.digest, where)

    def groups(self, snapshot, *, depth):
        self.read += 1
        assert depth == self.depth
        for folder, versions in self.groups_:
            yield Group(folder, Totals(versions, size_bytes=10 * versions))


LISTED = replace(Store("records", "s3://records/"), inventory="s3://lists/records/daily/")
GROUPS = [("", 1), ("dark/x/", 2), ("patient/", 3), ("patient/2019/", 40), ("patient/2020/", 50)]


def test_an_inventory_is_counted_with_its_age_and_uploads_are_listed_live(world):
    found = surveyed(world, LISTED, inventories=Inventory(GROUPS))
    assert found.fault is None
    assert (found.claimed.versions, found.strays.versions) == (90, 6)
    for holding in world.catalogue.holdings():
        assert (holding.source, holding.seen_at) == (INVENTORY, AS_OF)
        assert holding.uploads == 1
    (good,) = world.catalogue.surveys()
    assert (good.as_of, good.digest, good.source) == (AS_OF, "sha256:00", INVENTORY)
    facts = world.ledger.stream(about("records"))[-1]
    assert facts.text("as_of").startswith("2026-10-30T04:00")


@pytest.mark.parametrize("hours", [-48, 0, 48])
def test_an_inventory_is_read_only_if_it_is_newer_than_what_is_known(world, hours):
    inventory = Inventory(GROUPS)
    surveyed(world, LISTED, inventories=inventory)
    inventory.as_of = AS_OF + timedelta(hours=hours)
    assert surveyed(world, LISTED, inventories=inventory).is_known is (hours <= 0)
    assert inventory.read == 1 + (hours > 0)


def test_an_inventory_that_is_known_mends_what_failed_since(world):
    inventory = Inventory(GROUPS)
    surveyed(world, LISTED, inventories=inventory)
    inventory.fault = StoreUnavailableError("no answer", hint="wait")
    surveyed(world, LISTED, inventories=inventory)
    assert world.ledger.stream(about("records"))[-1].number("failed")
    inventory.fault = None
    assert surveyed(world, LISTED, inventories=inventory).is_known
    last = world.ledger.stream(about("records"))[-1]
    assert (last.number("failed"), last.number("versions")) == (0, 96)


def test_a_part_deeper_than_any_pattern_takes_its_part_of_the_inventory(world):
    inventory = Inventory([("a/b/c/", 1), ("a/b/c/d/", 2), ("a/b/cd/", 4), ("patient/2019/", 8)])
    inventory.depth = 4
    part = replace(LISTED, place="s3://records/a/b/c/d/")
    found = surveyed(world, part, inventories=inventory)
    assert found.strays.versions == 2


def test_an_inventory_older_than_a_listing_does_not_replace_it(world):
    assert surveyed(world).fault is None
    before = known(world.catalogue)
    assert surveyed(world, LISTED, inventories=Inventory(GROUPS)).is_known
    assert known(world.catalogue) == before


@pytest.mark.parametrize(
    ("inventory", "says"),
    [
        (Inventory(GROUPS, place="s3://another/"), "another bucket"),
        (Inventory([], fault=StoreUnavailableError("no answer", hint="wait")), "no answer"),
    ],
)
def test_an_inventory_that_cannot_be_read_is_a_fault_and_concludes_nothing(world, inventory, says):
    surveyed(world)
    before = known(world.catalogue)
    inventory.as_of = AS_OF + timedelta(days=4)
    assert says in str(surveyed(world, LISTED, inventories=inventory).fault)
    assert known(world.catalogue) == before
    assert world.ledger.stream(about("records"))[-1].number("failed")


def test_an_inventory_that_breaks_off_is_read_from_its_beginning(world):
    class Breaking(Inventory):
        def groups(self, snapshot, *, depth):
            yield from list(super().groups(snapshot, depth=depth))[: 2 if self.read else None]
            if self.read == 1:
                raise StoreUnavailableError("a file broke off", hint="wait")

    inventory = Breaking(GROUPS)
    assert surveyed(world, LISTED, inventories=inventory).fault.retryable
    inventory = Inventory(GROUPS)
    found = surveyed(world, LISTED, inventories=inventory)
    assert (found.claimed.versions, found.claimed.uploads) == (90, 2)


def test_folders_of_an_inventory_are_kept_some_at_a_time(world, monkeypatch):
    monkeypatch.setattr("retention.steps.survey.KEPT_TOTALS", 2)
    found = surveyed(world, LISTED, inventories=Inventory(GROUPS))
    assert (found.claimed.versions, found.strays.versions) == (90, 6)


def test_a_part_of_a_bucket_takes_its_part_of_the_inventory(world):
    part = replace(LISTED, place="s3://records/patient/")
    found = surveyed(world, part, inventories=Inventory(GROUPS))
    assert (found.claimed.versions, found.strays.versions) == (90, 3)


# The age of an inventory shows wherever its numbers do


@pytest.fixture
def by_inventory(world):
    """A world of which one store is known by its inventory, of 30 October 2026."""
    world.publish(("2019", "2020"))
    for store in world.stores:
        if store.name == "records":
            surveyed(world, LISTED, inventories=Inventory(GROUPS))
        else:
            surveyed(world, store)
    return world


SAID = "Counts and sizes in records are those of its inventory of 30 October 2026."


def test_due_says_how_old_an_inventory_is(by_inventory):
    world, on = by_inventory, by_inventory.clock.today()
    terms = world.library.terms(on)
    found = assess_all(terms, catalogue=world.catalogue, ledger=world.ledger, on=on)
    summed = due_list(found, on)
    assert SAID in list(_due_page(summed, 1))


def test_a_preview_says_how_old_an_inventory_is(by_inventory):
    world = by_inventory
    scope = Scope("INV", dataset="INV/patient/2019")
    planned = plan_hold(
        scope, "court", why=world.why(), ports=world.recording, whole=True, even_if_none=True
    )
    assert SAID in list(preview_lines(planned.preview))
    touched = preview_json(planned.preview)["touches"]
    assert touched[0]["inventories"] == [{"store": "records", "made_on": "2026-10-30"}]


def test_a_forecast_says_how_old_an_inventory_is(by_inventory):
    world, on = by_inventory, by_inventory.clock.today()
    seen = Forecast(Window(on, 12))
    rows = foresee(
        seen, library=world.library, catalogue=world.catalogue, ledger=world.ledger,
        progress=NoProgress(),
    )  # fmt: skip
    assert list(rows)
    assert SAID in "\n".join(text(seen, 200))


def test_today_names_the_stores_that_an_inventory_knows(by_inventory):
    world = by_inventory
    ports = world.library, world.catalogue, world.ledger, world.evidence, NoProgress()
    found = {line.what: line for line in today(Asking(*ports, world.clock.today()))}
    assert found["stores known by an inventory"].which == ("records (30 October 2026)",)
