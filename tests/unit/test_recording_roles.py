"""Who may record what: every act against every role, in the table and where it is taken."""

from datetime import date

import pytest

from retention.domain.agreement import Person
from retention.domain.entry import Entry
from retention.domain.instruction import InstructionVerb
from retention.domain.roles import ANYONE, MAY, RELEASE_NEEDS, Act, may, require
from retention.errors import NotAuthorisedError
from retention.steps.incidents import every_incident, raise_incident
from retention.steps.notify import notices
from retention.steps.record.answers import plan_answer
from retention.steps.record.attesting import plan_attestation
from retention.steps.record.closing import plan_closing
from retention.steps.record.events import plan_event, plan_retraction
from retention.steps.record.halting import Halt, plan_halt
from retention.steps.record.holds import plan_confirmation, plan_hold
from retention.steps.record.instructions import Said, plan_instruction
from retention.steps.record.planned import Why
from retention.steps.record.releases import plan_release, plan_release_request
from retention.steps.record.scopes import Scope
from tests.support.recording import surveyed_world
from tests.support.residuals import VAULT, disposed

MANAGER, OWNER, GUARDIAN = "records-manager", "information-asset-owner", "caldicott-guardian"
ROLES = (MANAGER, OWNER, GUARDIAN, "siro", "dpo", "audit-lead", "intern", "")
DATASET = "INV/patient/2019"

# Written out a second time, by hand: a change of the table is a change of both.
EXPECTED = {
    Act.RECORD_END: {MANAGER},
    Act.RECORD_USE: {MANAGER, OWNER},
    Act.PLACE_HOLD: set(ROLES),
    Act.CONFIRM_HOLD: {MANAGER, OWNER},
    Act.ASK_RELEASE: {MANAGER, OWNER, GUARDIAN, "siro", "dpo"},
    Act.RELEASE_HOLD: {MANAGER, OWNER, GUARDIAN, "siro"},
    Act.RECORD_ANSWER: {MANAGER, OWNER},
    Act.RECORD_INSTRUCTION: {MANAGER, OWNER},
    Act.CLOSE_INCIDENT: {"dpo"},
    Act.ATTEST_COPY: {MANAGER, OWNER, GUARDIAN, "siro", "audit-lead"},
    Act.HALT: {MANAGER, OWNER, GUARDIAN, "siro", "dpo"},
}


@pytest.fixture(scope="module")
def world():
    """A world in which every act is possible, for whoever may."""
    world = surveyed_world()
    world.notify()
    world.controllers_answer()
    (proposal,) = world.propose()
    world.approve(proposal)
    world.hold(DATASET, ground="precaution")
    raise_incident(world.ledger, "missing", DATASET, noticed_on=date(2026, 11, 2), personal=True)
    world.record(plan_hold, Scope("INV", dataset="INV/patient/2020"), "court")
    world.record(plan_release_request, "H-0002", "", by="rm-01")
    return world


def acts(world, why):
    """Return for each act how it is taken in *world* by the person of *why*."""
    named = {"why": why, "ports": world.recording}
    signed = date(2026, 10, 30)
    returned = Said(DATASET, InstructionVerb.RETURN, "north", signed)
    (incident,) = every_incident(world.ledger)
    (notice,) = notices(world.ledger)
    (proposed,) = world.kinds(Entry.PROPOSED)
    return {
        Act.RECORD_END: lambda: plan_event("INV", "ended-not-renewed", "", "2026-10-01", **named),
        Act.RECORD_USE: lambda: plan_event("INV", "returned-to-use", DATASET, "2026-10", **named),
        Act.PLACE_HOLD: lambda: plan_hold(Scope("INV", dataset=DATASET), "court", **named),
        Act.CONFIRM_HOLD: lambda: plan_confirmation("H-0001", "north", signed, **named),
        Act.ASK_RELEASE: lambda: plan_release_request("H-0001", "", **named),
        Act.RELEASE_HOLD: lambda: plan_release("H-0002", **named),
        Act.RECORD_ANSWER: lambda: plan_answer(notice.id, "north", "proceed", **named),
        Act.RECORD_INSTRUCTION: lambda: plan_instruction(returned, **named),
        Act.CLOSE_INCIDENT: lambda: plan_closing(incident.number, ["nobody"], **named),
        Act.ATTEST_COPY: lambda: _attest(why),
        Act.HALT: lambda: plan_halt(Halt.STOP, proposed.text("proposal"), **named),
    }


def _attest(why):
    world, _ = disposed(VAULT)
    return plan_attestation(
        f"{DATASET}/backup-r1", world.clock.today(), why=why, ports=world.recording
    )


def somebody(role):
    return Person("some-01", "Invented", (role,) if role else (), None)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("act", Act)
def test_every_role_may_do_exactly_what_the_table_says(world, act, role):
    allowed = role in EXPECTED[act]
    assert may(act, somebody(role).roles) == allowed
    take = acts(world, Why(somebody(role), "because it says so", b"a letter"))[act]
    if allowed:
        assert take().acts
        require(act, somebody(role))
        return
    with pytest.raises(NotAuthorisedError, match="some-01 may not") as refused:
        take()
    assert all(each in refused.value.hint for each in MAY[act].roles)


def test_every_act_has_its_row_and_every_row_its_reason():
    assert set(MAY) == set(Act) == set(EXPECTED)
    assert all(len(right.why) > 20 and right.roles for right in MAY.values())
    assert [act for act, right in MAY.items() if right.roles == ANYONE] == [Act.PLACE_HOLD]


def test_whoever_may_release_may_ask_and_one_of_the_two_must_keep_the_records():
    assert EXPECTED[Act.RELEASE_HOLD] < EXPECTED[Act.ASK_RELEASE]
    assert RELEASE_NEEDS in EXPECTED[Act.RELEASE_HOLD]


def test_the_data_protection_officer_decides_nothing():
    decides = [act for act in Act if may(act, ("dpo",))]
    stops = [Act.PLACE_HOLD, Act.ASK_RELEASE, Act.HALT]
    assert set(decides) == {*stops, Act.CLOSE_INCIDENT}


@pytest.mark.parametrize("role", ROLES)
def test_a_declared_event_is_recorded_by_whom_the_agreement_names_and_nobody_else(world, role):
    allowed = role in {"audit-lead", MANAGER}  # as its file says
    why = Why(somebody(role), "because it says so", b"minutes")
    named = {"why": why, "ports": world.recording}
    for take in (
        lambda: plan_event("INV", "round-published", "2020", "2021-06-30", **named),
        lambda: plan_retraction("INV", "round-published", "2019", **named),
    ):
        if allowed:
            assert take().acts
        else:
            with pytest.raises(NotAuthorisedError, match="some-01 may not record"):
                take()
