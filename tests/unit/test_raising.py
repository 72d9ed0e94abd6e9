"""What is raised for a person without anybody asking: late, missing, ended without a word."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from retention.domain.agreement import Status
from retention.domain.disposition import State
from retention.domain.entry import FACTS, Draft, Entry
from retention.domain.events import ENDED
from retention.domain.knowledge import Ground
from retention.domain.term import Term
from retention.errors import StoreError, StoreRefusedError, StoreUnavailableError
from retention.steps.incidents import every_incident
from retention.steps.moves import state_of
from retention.steps.raising import raise_ended
from retention.steps.record.closing import plan_closing
from retention.steps.registers import Registers
from tests.support.cast import agreement
from tests.support.memory import MemoryLedger
from tests.support.memory_catalogue import MemoryCatalogue
from tests.support.recording import surveyed_world
from tests.support.world import World

DATASET = "INV/patient/2019"


@pytest.fixture
def world():
    world = World()
    world.fill(("2019",))
    world.publish(("2019",))
    world.survey()
    return world


def raised(world):
    return [(r.text("incident"), r.text("dataset")) for r in world.kinds(Entry.INCIDENT)]


def goes_on_to(world, day):
    world.clock.moment = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    world.classify()


LAST = date(2026, 12, 30)  # six years and six months from 30 June 2020


def test_the_day_after_the_maximum_is_over_retention_and_the_last_day_is_not(world):
    goes_on_to(world, LAST)
    assert raised(world) == []
    for _ in range(2):
        goes_on_to(world, date(2026, 12, 31))
    assert raised(world) == [("over-retention", DATASET)]
    assert not world.kinds(Entry.INCIDENT)[0].number("personal"), "late is no breach by itself"


@pytest.mark.parametrize(
    ("ground", "kinds"), [("court", []), ("precaution", [("over-retention", DATASET)])]
)
def test_a_hold_of_others_is_no_over_retention_and_a_precaution_of_ours_is(world, ground, kinds):
    world.hold(ground=ground)
    goes_on_to(world, date(2027, 1, 15))
    assert raised(world) == kinds


def test_what_a_survey_no_longer_sees_is_missing_and_may_be_a_breach(world):
    world.fill(("2020",))
    world.survey()
    world.classify()
    for bucket in world.buckets.values():
        bucket.held = {v for v in bucket.held if "/2019/" not in v.key}
    world.survey()
    for _ in range(2):
        world.classify()
    assert raised(world) == [("shrunk", DATASET), ("missing", DATASET)]  # the replica is first
    assert {each.number("personal") for each in world.kinds(Entry.INCIDENT)} == {1}


def test_a_store_that_looks_empty_says_nothing_of_any_dataset(world):
    world.fill(("2020",))
    world.survey()
    world.classify()
    for bucket in world.buckets.values():
        bucket.held.clear()
    before = list(world.catalogue.holdings())
    with pytest.raises(StoreError, match="looks empty"):
        world.survey()
    world.classify()
    stores = ("backup", "dr", "records")
    assert raised(world) == [("store-looks-empty", f"store:{name}") for name in stores]
    assert list(world.catalogue.holdings()) == before
    assert world.ledger.stream("survey:INV")[-1].number("failed")


def test_a_store_that_somebody_says_is_empty_counts_and_its_datasets_are_missing():
    world = surveyed_world()
    world.classify()
    for bucket in world.buckets.values():
        bucket.held.clear()
    with pytest.raises(StoreError, match="looks empty"):
        world.survey()
    world.clock.step(hours=1)
    for each in every_incident(world.ledger):
        world.record(plan_closing, each.number, ["nobody"], by="dpo-01")
    world.survey()
    assert list(world.catalogue.holdings()) == []
    world.classify()
    assert {kind for kind, _ in raised(world)} == {"store-looks-empty", "missing", "shrunk"}


def test_a_catalogue_that_was_lost_makes_nothing_missing(world):
    world.survey()
    world.classify()
    world.catalogue = MemoryCatalogue()
    world.classify()
    world.store.denied.add("dr")
    with pytest.raises(StoreRefusedError):
        world.survey()
    world.buckets["records"].held.clear()  # one store is known, and of another nothing
    with pytest.raises(StoreError):
        world.survey()
    world.classify()
    assert "missing" not in {kind for kind, _ in raised(world)}


def test_a_survey_that_failed_makes_nothing_missing(world):
    world.classify()

    def down(name):
        if name.startswith("store."):
            raise StoreUnavailableError("the store is down", hint="wait")

    with world.dying(down), pytest.raises(StoreUnavailableError):
        world.survey()
    world.classify()
    assert raised(world) == []


def test_what_was_never_classified_cannot_go_missing(world):
    world.catalogue.replace("INV", [])
    world.classify()
    assert raised(world) == []


def versions(*terms):
    made = [
        replace(agreement(), version=n, in_force_from=begin, in_force_until=end)
        for n, (begin, end) in enumerate(terms, start=1)
    ]
    return lambda on: Term.of(made, on)


@pytest.mark.parametrize(
    ("terms", "on", "kinds"),
    [
        ([(date(2020, 1, 1), date(2026, 3, 31))], date(2026, 3, 31), []),
        ([(date(2020, 1, 1), date(2026, 3, 31))], date(2026, 4, 1), ["expired-unconfirmed"]),
        (
            [(date(2020, 1, 1), date(2026, 3, 31)), (date(2026, 4, 1), None)],
            date(2026, 4, 1),
            [],
        ),
        (
            [(date(2020, 1, 1), date(2026, 3, 31)), (date(2026, 5, 1), None)],
            date(2026, 4, 10),
            ["expired-unconfirmed", "agreement-gap"],
        ),
        (
            [(date(2020, 1, 1), date(2026, 3, 31)), (date(2026, 5, 1), None)],
            date(2026, 6, 1),
            ["agreement-gap"],
        ),
    ],
)
def test_an_end_without_a_successor_and_a_gap_are_raised_for_the_agreement(terms, on, kinds):
    ledger = MemoryLedger()
    for _ in range(2):
        raise_ended(ledger, Ground(versions(*terms)(on)), on=on)
    assert [(r.text("incident"), r.text("dataset")) for r in ledger.records] == [
        (kind, "INV") for kind in kinds
    ]


def test_an_end_that_a_person_confirmed_is_not_raised():
    ledger = MemoryLedger()
    facts = dict.fromkeys(FACTS[Entry.EVENT], "x") | {
        "agreement": "INV",
        "event": ENDED,
        "value": "",
        "on": "2026-03-31",
    }
    ledger.append(Draft("agreement:INV", Entry.EVENT, facts))
    on = date(2026, 4, 2)
    term = versions((date(2020, 1, 1), date(2026, 3, 31)))(on)
    raise_ended(ledger, Registers.read(ledger).ground(term), on=on)
    assert len(ledger.records) == 1


def test_a_review_that_opened_is_closed_again_when_its_days_move(world):
    world.classify()
    assert state_of(world.ledger, DATASET) is State.DUE
    world.publish(("2019",), on=date(2024, 6, 30))  # a correction: not yet
    world.classify()
    assert state_of(world.ledger, DATASET) is State.RETAINED


def test_a_period_that_nobody_agreed_makes_nothing_late(world):
    kind = replace(world.library.now.classes[0], status=Status.PLACEHOLDER)
    world.library.now = replace(world.library.now, classes=(kind,))
    goes_on_to(world, date(2027, 1, 15))
    assert raised(world) == []
