"""Holds: what they are about, whom a request goes to, and how two people release one."""

import dataclasses
from datetime import UTC, date, datetime

import pytest

from retention.domain.agreement import OurRole
from retention.domain.entry import Entry
from retention.domain.hold import Ground, holds_in
from retention.domain.pattern import Pattern
from retention.domain.term import Term
from retention.errors import (
    AgreementError,
    RefusedError,
    StaleError,
    TooMuchError,
)
from retention.steps.record.holds import every_hold, in_force, plan_confirmation, plan_hold
from retention.steps.record.releases import plan_release_request
from retention.steps.record.scopes import Scope, scope_words, tallies
from retention.steps.registers import HOLDS
from tests.support.recording import change_class, plan, surveyed_world, taken_as_shown

D = date.fromisoformat
NATIONS = "s3://records/p/{nation:[a-z-]+}/{round:[0-9]{4}}/"


@pytest.fixture
def world():
    """One class by nation and round: wales and england, 2019 and 2020."""
    world = surveyed_world(rounds=())
    by_nation = {"wales": ("south",), "england": ("north", "south")}
    change_class(
        world,
        datasets=(Pattern.parse(NATIONS),),
        copies=(),
        controllers_by_nation=by_nation,
        period_covered="round",
    )
    for nation in by_nation:
        for each in ("2019", "2020"):
            world.put(f"p/{nation}/{each}/a")
    world.survey()
    return world


def place(world, ground="court", by="rm-01", whole=False, even_if_none=False, **said):
    options = {n: said.pop(n) for n in ("received_on", "answer_to") if n in said}
    scope = Scope(**{"reference": "INV", **said})
    flags = {"whole": whole, "even_if_none": even_if_none}
    return plan(world, plan_hold, scope, ground, by=by, **flags, **options)


def touched(planned):
    return sorted(each.dataset.removeprefix("INV/patient/") for each in planned.preview.changes)


EVERYTHING = ["england/2019", "england/2020", "wales/2019", "wales/2020"]


@pytest.mark.parametrize(
    ("said", "held"),
    [
        ({"nation": "wales"}, ["wales/2019", "wales/2020"]),
        ({"dataset": "INV/patient/wales/2019"}, ["wales/2019"]),
        ({"reference": "", "dataset": "INV/patient/wales/2019"}, ["wales/2019"]),
        ({"controller": "north"}, ["england/2019", "england/2020"]),
        ({"covers_through": D("2019-12-31")}, ["england/2019", "wales/2019"]),
        ({"covers_from": D("2020-01-01")}, ["england/2020", "wales/2020"]),
        ({"nation": "wales", "covers_from": D("2020-06-01")}, ["wales/2020"]),
        (
            {"reference": "", "nation": "england", "covers_through": D("2019-01-01")},
            ["england/2019"],
        ),
        ({"class_name": "patient", "whole": True}, EVERYTHING),
        ({"whole": True}, EVERYTHING),
    ],
)
def test_it_holds_exactly_what_fits_all_that_is_said(world, said, held):
    planned = place(world, **said)
    assert touched(planned) == held
    changed = taken_as_shown(world, planned)
    assert sorted(changed) == [f"INV/patient/{each}" for each in held]
    (hold,) = holds_in(world.ledger.stream(HOLDS))
    assert tallies([hold], world.recording) == {hold.id: len(held)}


def test_what_cannot_be_known_is_held_and_said(world):
    change_class(world, period_covered="attested")
    planned = place(world, covers_from=D("1990-01-01"), covers_through=D("1990-12-31"), whole=True)
    assert touched(planned) == EVERYTHING
    assert "4 of 4 are held only because nobody can tell" in planned.preview.notes[0]
    with pytest.raises(TooMuchError, match="4 because nobody can tell"):
        place(world, covers_from=D("1990-01-01"), covers_through=D("1990-12-31"))


@pytest.mark.parametrize(
    ("said", "error", "says"),
    [
        ({"reference": ""}, RefusedError, "would hold everything"),
        ({}, TooMuchError, "all 4 datasets of INV"),
        ({"class_name": "patient"}, TooMuchError, "all 4 datasets of INV"),
        ({"reference": "", "controller": "south"}, TooMuchError, "all 4 datasets of INV"),
        ({"reference": "INVV"}, AgreementError, "no agreement"),
        ({"class_name": "patinet"}, AgreementError, "no class"),
        ({"dataset": "INV/patient/wales"}, AgreementError, "no id"),
        ({"dataset": "INV/patient/wales/19"}, AgreementError, "no id"),
        ({"dataset": "INV/patient/wales/2019/"}, AgreementError, "no id"),
        ({"dataset": "INV/patient/Wales/2019"}, AgreementError, "no id"),
        ({"dataset": "INV"}, AgreementError, "no class"),
        ({"dataset": "INV/patient/wales/2019", "reference": "INV", "class_name": "other"},
         AgreementError, "not of the agreement"),
        ({"controller": "nroth"}, AgreementError, "no controller"),
        ({"nation": "walse"}, AgreementError, "no nation"),
        ({"nation": "scotland"}, RefusedError, "hold nothing"),
        ({"dataset": "INV/patient/wales/2077"}, RefusedError, "hold nothing"),
        ({"covers_from": D("2020-02-01"), "covers_through": D("2020-01-01")},
         AgreementError, "first day"),
    ],
)  # fmt: skip
def test_a_scope_that_says_nothing_or_too_much_or_does_not_exist_is_refused(
    world, said, error, says
):
    before = list(world.ledger.records)
    with pytest.raises(error, match=says) as refused:
        place(world, **said)
    assert refused.value.hint
    assert world.ledger.records == before


@pytest.mark.parametrize(
    ("said", "guess"),
    [
        ({"class_name": "patinet"}, "patient"),
        ({"controller": "nroth"}, "north"),
        ({"nation": "walse"}, "wales"),
        ({"reference": "INN"}, "INV"),
    ],
)
def test_a_name_that_is_none_gets_a_guess(world, said, guess):
    with pytest.raises(AgreementError) as refused:
        place(world, **said)
    assert refused.value.hint == f"did you mean {guess}?"


def test_the_one_dataset_of_an_agreement_is_not_too_much():
    world = surveyed_world(rounds=("2019",))
    assert len(place(world).preview.changes) == 1


def test_datasets_of_two_agreements_are_too_much_until_it_is_said(world):
    other = dataclasses.replace(world.library.now, reference="OTH")
    both = [Term.of([each], D("2026-11-02")) for each in (world.library.now, other)]
    world.library.terms = lambda on: both
    kept = [dataclasses.replace(h, agreement="OTH") for h in world.catalogue.holdings()]
    there = [h for h in kept if "2019" in h.dataset]
    renamed = [dataclasses.replace(h, dataset=h.dataset.replace("INV", "OTH")) for h in there]
    world.catalogue.replace("OTH", renamed)
    said = {"reference": "", "nation": "wales", "covers_through": D("2019-12-31")}
    with pytest.raises(TooMuchError, match="2 datasets of 2 agreements"):
        place(world, **said)
    planned = place(world, whole=True, **said)
    held = sorted(each.dataset for each in planned.preview.changes)
    assert held == ["INV/patient/wales/2019", "OTH/patient/wales/2019"]
    assert set(planned.expect) == {
        "holds",
        *("agreement:INV", "survey:INV"),
        *("agreement:OTH", "survey:OTH"),
    }


def test_what_is_not_there_yet_is_held_when_it_comes(world):
    taken_as_shown(world, place(world, nation="wales", class_name="patient"))
    planned = place(world, dataset="INV/patient/wales/2077", even_if_none=True)
    assert planned.preview.changes == ()
    planned.write(world.recording)
    world.put("p/wales/2077/a")
    world.survey()
    assert tallies([h for h, _ in every_hold(world.recording)], world.recording) == {
        "H-0001": 3,
        "H-0002": 1,
    }


def test_numbers_follow_on_and_are_never_given_twice(world):
    first = place(world, nation="wales")
    assert first.result == place(world, nation="england").result == "H-0001"
    first.write(world.recording)
    world.release("H-0001")
    assert place(world, nation="england").result == "H-0002"


def test_a_hold_that_was_placed_meanwhile_voids_the_preview(world):
    first, second = place(world, nation="wales"), place(world, nation="england")
    first.write(world.recording)
    with pytest.raises(StaleError):
        second.write(world.recording)
    assert len(world.kinds(Entry.HOLD_PLACED)) == 1


# Requests


@pytest.mark.parametrize("ground", [Ground.SUBJECT_REQUEST, Ground.FOI, Ground.RESTRICTION])
def test_a_request_needs_the_day_on_which_it_was_received(world, ground):
    dataset = {"dataset": "INV/patient/wales/2019"}
    with pytest.raises(AgreementError, match="received is missing"):
        place(world, ground, **dataset)
    with pytest.raises(AgreementError, match="not come"):
        place(world, ground, received_on=D("2026-11-03"), **dataset)
    place(world, ground, received_on=D("2026-11-02"), **dataset)


@pytest.mark.parametrize(
    "ground", [g for g in Ground if g not in {"subject-request", "foi", "restriction"}]
)
def test_other_grounds_need_none(world, ground):
    assert not any(
        "must answer" in note for note in place(world, ground, nation="wales").preview.notes
    )


def test_a_request_goes_to_the_controller_of_what_it_is_about_with_its_clock(world):
    planned = place(
        world,
        "subject-request",
        dataset="INV/patient/wales/2019",
        received_on=D("2026-10-30"),
    )
    said = " ".join(planned.preview.notes)
    assert "south must answer it" in said
    assert "by 30 November 2026, 28 days from today" in said
    assert "receipt here is treated as day one, to be safe" in said
    planned.write(world.recording)
    (hold,) = holds_in(world.ledger.stream(HOLDS))
    assert (hold.answer_to, hold.received_on) == ("south", D("2026-10-30"))


def test_of_several_controllers_all_are_named_and_one_is_to_be_said(world):
    request = {"dataset": "INV/patient/england/2019", "received_on": D("2026-10-30")}
    with pytest.raises(AgreementError, match=r"2 controllers .*: north, south") as refused:
        place(world, "foi", **request)
    assert "--answer-to" in refused.value.hint
    with pytest.raises(AgreementError) as refused:
        place(world, "foi", answer_to="nort", **request)
    assert refused.value.hint == "did you mean north?"
    planned = place(world, "foi", answer_to="north", **request)
    assert any("north must answer it" in note for note in planned.preview.notes)


def test_a_request_about_one_controllers_data_is_that_controllers(world):
    planned = place(
        world, "subject-request", controller="north", received_on=D("2026-10-30"),
        covers_through=D("2019-12-31"),
    )  # fmt: skip
    assert any(note.startswith("north must answer") for note in planned.preview.notes)


def test_a_request_about_what_is_not_there_yet_goes_to_the_controller_of_its_scope(world):
    planned = place(
        world,
        "subject-request",
        class_name="patient",
        nation="wales",
        covers_from=D("2077-01-01"),
        received_on=D("2026-10-30"),
        even_if_none=True,
    )
    assert any(note.startswith("south must answer") for note in planned.preview.notes)


def test_of_a_scope_that_names_a_controller_only_that_one_answers(world):
    planned = place(
        world,
        "foi",
        controller="north",
        covers_from=D("2077-01-01"),
        received_on=D("2026-10-30"),
        even_if_none=True,
    )
    assert any(note.startswith("north must answer") for note in planned.preview.notes)


def test_where_we_are_the_controller_we_answer_ourselves(world):
    world.library.now = dataclasses.replace(world.library.now, our_role=OurRole.CONTROLLER)
    planned = place(
        world,
        "subject-request",
        dataset="INV/patient/wales/2019",
        received_on=D("2026-10-30"),
    )
    said = " ".join(planned.preview.notes)
    assert "which is us, must answer" in said
    assert "send it on" not in said


@pytest.mark.parametrize(
    ("kind", "ground", "says"),
    [
        ("pseudonymised", "subject-request", True),
        ("anonymised", "subject-request", True),
        ("pseudonymised", "restriction", True),
        ("identifiable", "subject-request", False),
        ("pseudonymised", "foi", False),
        ("pseudonymised", "court", False),
    ],
)
def test_one_persons_request_does_not_freeze_an_audit_without_saying_so(world, kind, ground, says):
    change_class(world, identifiability=kind)
    received = {} if ground == "court" else {"received_on": D("2026-10-30"), "answer_to": "south"}
    planned = place(world, ground, nation="wales", **received)
    found = [n for n in planned.preview.notes if "about one person" in n]
    assert bool(found) == says
    assert not says or "freeze 2 datasets with the data of everybody" in found[0]


def test_a_request_on_a_whole_audit_is_too_much_until_it_is_said(world):
    with pytest.raises(TooMuchError, match="all 4 datasets"):
        place(world, "subject-request", received_on=D("2026-10-30"), answer_to="south")


# Precautions


def precaution(world):
    place(world, "precaution", dataset="INV/patient/wales/2019").write(world.recording)
    return "H-0001"


def test_a_precaution_is_confirmed_by_a_controller_of_what_it_holds(world):
    hold = precaution(world)
    assert in_force(hold, world.recording).is_ours_alone
    with pytest.raises(AgreementError, match="no controller"):
        plan(world, plan_confirmation, hold, "north", D("2026-11-01"))
    with pytest.raises(AgreementError, match="not come"):
        plan(world, plan_confirmation, hold, "south", D("2026-11-03"))
    planned = plan(world, plan_confirmation, hold, "south", D("2026-11-01"))
    assert touched(planned) == ["wales/2019"]
    planned.write(world.recording)
    assert not in_force(hold, world.recording).is_ours_alone
    with pytest.raises(RefusedError) as refused:
        plan(world, plan_confirmation, hold, "south", D("2026-11-01"))
    assert refused.value.hint == "it is confirmed already"


def test_a_confirmation_takes_over_retention_off_us():
    world = surveyed_world(rounds=("2019",))
    world.record(plan_hold, Scope("INV"), "precaution")
    world.clock.moment = datetime(2027, 3, 1, tzinfo=UTC)
    changed = taken_as_shown(
        world, plan(world, plan_confirmation, "H-0001", "north", D("2027-02-01"))
    )
    assert changed["INV/patient/2019"] == {"past its maximum": ("over-retention", "held past it")}


def test_only_a_precaution_waits_for_a_confirmation(world):
    place(world, nation="wales").write(world.recording)
    with pytest.raises(RefusedError, match="no precaution"):
        plan(world, plan_confirmation, "H-0001", "south", D("2026-11-01"))


def test_scopes_are_said_as_people_read_them(world):
    hold = dataclasses.replace(
        in_force(precaution(world), world.recording),
        dataset="",
        class_name="patient",
        nation="wales",
        controller="south",
        covers=(D("2019-01-01"), None),
    )
    assert scope_words(hold) == (
        "INV/patient, controller south, nation wales, data covering from 2019-01-01"
    )


def test_a_running_statutory_clock_is_shown_when_its_hold_is_released(world):
    place(
        world, "subject-request", dataset="INV/patient/wales/2019", received_on=D("2026-10-30")
    ).write(world.recording)
    planned = plan(world, plan_release_request, "H-0001", "")
    assert any("to be answered by 30 November 2026" in n for n in planned.preview.notes)


def test_a_class_is_named_with_its_agreement(world):
    with pytest.raises(AgreementError, match="no agreement is named"):
        plan(world, plan_hold, Scope(class_name="patient"), "court")
