"""Ways by which data went early, or stayed for ever without a word, once: each is closed."""

import dataclasses
from datetime import UTC, date, datetime

import pytest

from retention.domain.agreement import AfterEnd, EventKind, Rule, Trigger, Which
from retention.domain.clock import Period
from retention.domain.instruction import InstructionVerb
from retention.domain.pattern import Pattern
from retention.domain.term import Term
from retention.errors import AnswerError, RefusedError, StaleError, StoreError
from retention.ports.progress import NoProgress
from retention.steps.authorise import matching_holds
from retention.steps.cases import case_of, read_proposal
from retention.steps.incidents import every_incident
from retention.steps.record.closing import plan_closing
from retention.steps.record.events import plan_event, plan_retraction
from retention.steps.record.holds import plan_confirmation, plan_hold
from retention.steps.record.instructions import Said, plan_instruction
from retention.steps.record.scopes import Scope
from retention.steps.today import Asking, today
from tests.support.recording import change_class, surveyed_world
from tests.support.world import World

P = Period.parse
OTHER = "sha256:" + "c" * 64


def at(day):
    return datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=UTC)


def renew(world, **changes):
    """Let version 2 govern, with *changes* of its one class."""
    world.library.now = dataclasses.replace(world.library.now, version=2, digest=OTHER)
    change_class(world, **changes)
    world.survey()


def holds(world):
    return {
        str(each.assessment.dataset): [hold.id for hold in each.assessment.holds]
        for each in world.classify()
    }


def opened(world):
    return [(each.kind, each.dataset) for each in every_incident(world.ledger) if each.is_open]


class TestHoldsThatTheirNamesLeave:
    """A new version renames what a hold was placed on: it holds still."""

    def test_a_class_that_goes_by_another_name_is_held(self):
        world = surveyed_world()
        world.record(plan_hold, Scope("INV", "patient"), "court", whole=True)
        renew(world, name="patients")
        assert holds(world) == {"INV/patients/2019": ["H-0001"], "INV/patients/2020": ["H-0001"]}

    def test_a_dataset_of_such_a_class_is_held_with_all_of_the_agreement(self):
        world = surveyed_world()
        world.hold("INV/patient/2019")
        renew(world, name="patients")
        assert holds(world) == {"INV/patients/2019": ["H-0001"], "INV/patients/2020": ["H-0001"]}

    def test_a_dataset_whose_id_is_written_otherwise_is_held_with_its_class(self):
        world = surveyed_world()
        world.hold("INV/patient/2019")
        world.put("patient/wales/2019/a")
        world.put("patient/wales/2020/a")
        place = "s3://records/patient/{nation:[a-z]+}/{round:[0-9]{4}}/"
        renew(world, datasets=(Pattern.parse(place),), copies=())
        assert holds(world) == {
            "INV/patient/wales/2019": ["H-0001"],
            "INV/patient/wales/2020": ["H-0001"],
        }

    def test_what_is_held_for_a_controller_is_held_for_its_successor(self):
        world = surveyed_world(("2019",))
        world.record(plan_hold, Scope("INV", controller="north"), "court")
        assert holds(world) == {"INV/patient/2019": ["H-0001"]}
        world.library.now = dataclasses.replace(world.library.now, controllers=("west", "south"))
        assert holds(world) == {"INV/patient/2019": ["H-0001"]}

    def test_a_dataset_that_keeps_its_name_is_held_alone(self):
        world = surveyed_world()
        world.hold("INV/patient/2019")
        renew(world, describes="Invented, described anew")
        assert holds(world) == {"INV/patient/2019": ["H-0001"], "INV/patient/2020": []}

    def test_a_nation_is_held_however_its_folder_is_written(self):
        world = surveyed_world()
        place = Pattern.parse("s3://records/patient/{nation:[A-Za-z]+}/{round:[0-9]{4}}/")
        change_class(world, datasets=(place,), copies=())
        for nation in ("England", "england", "Wales"):
            world.put(f"patient/{nation}/2019/a")
        world.survey()
        world.record(plan_hold, Scope("INV", nation="england"), "court")
        held = [name for name, ids in holds(world).items() if ids]
        assert held == ["INV/patient/England/2019", "INV/patient/england/2019"]

    def test_the_authority_to_destroy_asks_in_the_same_way(self):
        world = surveyed_world(("2019",))
        world.hold("INV/patient/2019")
        renew(world, name="patients")
        world.release("H-0001")
        proposal = world.propose_all()
        held = world.library.now
        old = dataclasses.replace(
            held, classes=(dataclasses.replace(held.classes[0], name="patient"),)
        )
        world.library.now = old
        world.hold("INV/patient/2019", by="iao-01")
        world.library.now = held
        case = case_of(world.ledger, proposal)
        found = read_proposal(case, world.evidence)
        since = case.proposed.index
        assert matching_holds(world.ledger, world.library, found.items, found, since=since)


class TestWhatNobodyWouldHearOfAgain:
    def test_a_class_that_the_new_version_drops_is_raised(self):
        world = surveyed_world()
        world.classify()
        place = Pattern.parse("s3://records/other/{round:[0-9]{4}}/")
        renew(world, name="other", datasets=(place,), copies=())
        world.classify()
        world.classify()
        assert opened(world) == [
            ("store-dropped", "store:backup"),
            ("store-dropped", "store:dr"),
            ("class-dropped", "INV/patient"),
        ]

    def test_a_store_that_is_empty_again_is_raised_again(self):
        world = surveyed_world()
        world.classify()
        contents = {name: set(b.held) for name, b in world.buckets.items()}
        for number in (1, 2):
            for bucket in world.buckets.values():
                bucket.held.clear()
            for _ in range(2):
                with pytest.raises(StoreError, match="looks empty"):
                    world.survey()
            stores = ("backup", "dr", "records")
            found = [("store-looks-empty", f"store:{name}") for name in stores]
            assert opened(world) == found, number
            world.clock.step(days=1)
            for name, bucket in world.buckets.items():
                bucket.held.update(contents[name])
            for each in every_incident(world.ledger)[-len(stores) :]:
                world.record(plan_closing, each.number, ["nobody"], by="dpo-01")
            world.survey()
            world.classify()
            assert not opened(world)
            world.clock.step(days=30)

    def test_each_end_without_a_word_is_raised(self):
        world = surveyed_world((), ())
        first = dataclasses.replace(world.library.now, in_force_until=date(2026, 12, 31))
        versions = [first]
        world.library.terms = lambda on: [Term.of(versions, on)]
        world.clock.moment = at("2027-01-15")
        world.classify()
        assert opened(world) == [("expired-unconfirmed", "INV")]
        world.record(plan_closing, every_incident(world.ledger)[0].number, ["north"], by="dpo-01")
        days = {"in_force_from": date(2027, 1, 1), "in_force_until": date(2027, 12, 31)}
        versions.append(dataclasses.replace(first, version=2, **days))
        world.clock.moment = at("2027-06-01")
        world.classify()
        assert not opened(world)
        world.clock.moment = at("2028-01-02")
        world.classify()
        world.classify()
        assert opened(world) == [("expired-unconfirmed", "INV")]
        assert len(every_incident(world.ledger)) == 2

    def test_a_name_too_long_for_the_ledger_stops_nobody_else_and_is_told_as_of_no_class(self):
        world = World()
        place = Pattern.parse("s3://records/patient/{round:[^/]+}/")
        change_class(world, datasets=(place,), copies=())
        world.put("patient/2019/a")
        world.put(f"patient/{'é' * 120}/a")
        world.survey()
        assert [str(each.assessment.dataset) for each in world.classify()] == ["INV/patient/2019"]
        surveyed = world.ledger.stream("survey:INV")[-1]
        assert surveyed.number("unclassified") == 1

    def test_an_agreement_whose_files_are_gone_is_told_every_day(self):
        world = surveyed_world()
        ports = (world.library, world.catalogue, world.ledger, world.evidence, NoProgress())
        asking = Asking(*ports, world.clock.today())
        assert not [line for line in today(asking) if line.what == "whose files are gone"]
        world.library.terms = lambda on: []
        told = [line for line in today(asking) if line.what == "whose files are gone"]
        assert [(line.how_many, line.which, line.urgent) for line in told] == [(1, ("INV",), True)]


class TestWhatWouldBeginTooEarly:
    def test_a_version_whose_successor_was_in_force_does_not_govern_again(self):
        world = surveyed_world()
        old = world.library.now
        renew(world, rule=Rule(Trigger.of("round-published"), (), P("P8Y")))
        world.library.now = old
        with pytest.raises(RefusedError, match="INV v2 came into force, and its file is gone"):
            world.survey()

    def test_what_was_approved_before_that_successor_is_not_destroyed(self):
        world = surveyed_world(("2019",))
        proposal = world.propose_all()
        world.approve(proposal)
        old = world.library.now
        renew(world)
        world.library.now = old
        with pytest.raises(StaleError, match="v2 came into force since it was shown"):
            world.dispose(proposal)
        assert not world.store.orders

    def test_a_short_minimum_that_was_confirmed_is_no_word_on_a_shorter_one(self):
        world = surveyed_world(("2019",))
        change_class(world, shorter_than="five years are shorter than eight")
        said = Said("INV/patient", InstructionVerb.CONFIRM_SHORTER, "north", date(2026, 1, 1))
        assert not any(each.assessment.eligible for each in world.classify())
        world.record(plan_instruction, said)
        assert all(each.assessment.eligible for each in world.classify())
        renew(world, rule=Rule(Trigger.of("round-published"), (), P("P1Y")))
        assert not any(each.assessment.eligible for each in world.classify())
        world.record(plan_instruction, said)
        assert all(each.assessment.eligible for each in world.classify())

    def test_an_end_is_contradicted_by_a_version_that_comes_afterwards(self):
        world = surveyed_world(("2019",), ())
        rule = Rule(Trigger.of("round-published"), (), P("P1M"))
        change_class(world, after_end=AfterEnd.DISPOSE, rule=rule)
        first = dataclasses.replace(world.library.now, in_force_until=date(2026, 8, 31))
        versions = [first]
        world.library.terms = lambda on: [Term.of(versions, on)]
        world.record(plan_event, "INV", "ended-not-renewed", "", "2026-09-15")
        world.clock.moment = at("2026-12-20")
        assert [each.assessment.eligible for each in world.classify()] == [True]
        days = {"in_force_from": date(2026, 9, 1), "in_force_until": date(2029, 8, 31)}
        world.library.now = dataclasses.replace(first, version=2, digest=OTHER, **days)
        versions.append(world.library.now)
        world.survey()
        assert [each.assessment.eligible for each in world.classify()] == [False]
        world.record(plan_event, "INV", "ended-not-renewed", "", "2026-12-01")
        world.survey()
        world.clock.moment = at("2027-02-01")
        assert [each.assessment.eligible for each in world.classify()] == [True]

    def test_one_approver_recorded_none_of_the_events_that_count(self):
        world = surveyed_world(("2019",), ())
        trigger = Trigger(("round-published", "closed"), Which.LATEST)
        change_class(world, rule=Rule(trigger, (), P("P5Y"), P("P6Y6M")))
        closed = EventKind("closed", "round", ("information-asset-owner",))
        events = (*world.library.now.events, closed)
        world.library.now = dataclasses.replace(world.library.now, events=events)
        world.record(plan_event, "INV", "round-published", "2019", "2020-05-30")
        world.record(plan_event, "INV", "closed", "2019", "2020-06-30", by="iao-01")
        proposal = world.propose_all()
        world.answer(proposal, "rm-01")
        with pytest.raises(AnswerError, match="every approver recorded one"):
            world.answer(proposal, "iao-01")
        world.answer(proposal, "both-01", attempt=2)


class TestWhoseWordItIs:
    @pytest.fixture
    def world(self):
        world = surveyed_world(("2019",))
        place = Pattern.parse("s3://records/patient/{nation:[a-z]+}/{round:[0-9]{4}}/")
        nations = {"england": ("north",), "wales": ("south",)}
        change_class(world, datasets=(place,), copies=(), controllers_by_nation=nations)
        world.put("patient/england/2019/a")
        world.put("patient/wales/2019/a")
        world.clock.moment = at("2027-11-02")
        world.survey()
        world.record(plan_hold, Scope("INV"), "precaution", whole=True)
        return world

    def over_retained(self, world):
        return [
            str(each.assessment.dataset)
            for each in world.classify()
            if each.assessment.over_retained
        ]

    def test_a_precaution_is_confirmed_by_each_controller_for_its_own_data(self, world):
        both = ["INV/patient/england/2019", "INV/patient/wales/2019"]
        assert self.over_retained(world) == both
        planned = world.record(plan_confirmation, "H-0001", "north", date(2027, 11, 1))
        assert "Of 1 of these it stays ours alone" in planned.preview.notes[1]
        assert self.over_retained(world) == both[1:]
        planned = world.record(plan_confirmation, "H-0001", "south", date(2027, 11, 1))
        assert len(planned.preview.notes) == 1
        assert self.over_retained(world) == []


class TestWhatIsRecordedAnewVoids:
    """Ruling 11: any changed input voids an approval, also where it moves no day."""

    def test_the_same_event_retracted_and_recorded_again_voids_the_approval(self):
        world = surveyed_world()
        proposal = world.propose_all()
        world.approve(proposal)
        world.record(plan_retraction, "INV", "round-published", "2019", by="audit-01")
        world.publish(("2019",))
        with pytest.raises(StaleError, match="recorded anew"):
            world.dispose(proposal)
        assert not world.store.orders

    def test_an_event_of_another_round_voids_nothing(self):
        world = surveyed_world()
        proposal = world.propose_all()
        world.approve(proposal)
        world.publish(("2031",), on=date(2026, 6, 30))
        world.dispose(proposal)
        assert world.store.orders
