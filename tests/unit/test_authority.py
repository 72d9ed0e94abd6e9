"""The one place that no path to destruction goes round, asked directly with what should not pass.

Workers can write rows: here they do, and it must not help them.
"""

import dataclasses

import pytest

from retention.domain.approval import TOTP
from retention.domain.case import proposal_stream
from retention.domain.entry import Draft, Entry
from retention.errors import NotAuthorisedError
from retention.steps.cases import read_proposal
from retention.steps.dispose import approved
from tests.support import cast
from tests.support.world import World


@pytest.fixture
def world():
    world = World()
    world.fill(("2019", "2020"))
    world.publish(("2019", "2020"))
    return world


def ask(world, proposal, *, begun=False, **changes):
    approval, manifests = approved(proposal, world.ledger, world.evidence)
    approval = dataclasses.replace(approval, **changes)
    world.authority.require(approval, manifests[0], begun=begun)


def write(world, proposal, kind, like, **changes):
    """Write a row as a worker could: a copy of one that is there, with changes."""
    facts = {**like.facts, **changes}
    world.ledger.append(Draft(proposal_stream(proposal), kind, facts))


def test_what_two_people_approved_may_go_on(world):
    proposal = world.propose_all()
    world.approve(proposal)
    ask(world, proposal)


def test_a_spent_approval_may_not(world):
    proposal = world.propose_all()
    world.approve(proposal)
    facts = {"proposal": proposal, "why": "withdrawn"}
    world.ledger.append(Draft(proposal_stream(proposal), Entry.SPENT, facts))
    with pytest.raises(NotAuthorisedError, match="withdrawn"):
        ask(world, proposal)


def test_a_manifest_that_was_left_out_may_not(world):
    proposal = world.propose_all()
    world.leave_out(proposal, 1)
    world.answer(proposal, "iao-01")
    approval, _ = approved(proposal, world.ledger, world.evidence)
    left_out = read(world, world.case(proposal)).items[0].manifest
    with pytest.raises(NotAuthorisedError, match="not among those"):
        world.authority.require(approval, left_out, begun=False)


def read(world, case):
    return read_proposal(case, world.evidence)


def test_an_approval_that_names_more_than_was_approved_may_not(world):
    proposal = world.propose_all()
    world.leave_out(proposal, 1)
    world.answer(proposal, "iao-01")
    case = world.case(proposal)
    every = tuple(item.manifest.root for item in read(world, case).items)
    with pytest.raises(NotAuthorisedError, match="nobody approved this list"):
        ask(world, proposal, roots=tuple(sorted(every)))


def test_one_answer_written_twice_is_not_two_people(world):
    proposal = world.propose_all()
    world.answer(proposal, "both-01")
    first = world.case(proposal).decided[0]
    write(world, proposal, Entry.DECIDED, first, step="information-asset-owner")
    world.desk(proposal).unanswered()
    with pytest.raises(NotAuthorisedError, match="answered twice"):
        ask(world, proposal)


def test_a_decision_moved_to_another_step_carries_no_signature(world):
    proposal = world.propose_all()
    world.answer(proposal, "rm-01")
    first = world.case(proposal).decided[0]
    moved = {"step": "information-asset-owner", "person": "iao-01"}
    write(world, proposal, Entry.DECIDED, first, **moved)
    world.desk(proposal).unanswered()
    with pytest.raises(NotAuthorisedError, match="signature"):
        ask(world, proposal)


def test_an_approval_without_its_last_approver_may_not(world):
    proposal = world.propose_all()
    world.answer(proposal, "rm-01")
    first = world.case(proposal).decided[0]
    facts = {
        "proposal": proposal,
        "roots": first.text("roots"),
        "kept": 2,
        "decided_on": "2026-11-02",
        "may_begin_on": "2026-11-02",
        "lapses_after": "2026-11-16",
    }
    world.ledger.append(Draft(proposal_stream(proposal), Entry.APPROVED, facts))
    with pytest.raises(NotAuthorisedError, match="approver is missing"):
        ask(world, proposal)


def test_another_proposals_answers_are_worth_nothing_here(world):
    proposal = world.propose_all()
    world.answer(proposal, "rm-01", decision="refuse")
    world.advance()
    again = world.propose()[-1]
    world.answer(again, "rm-01")
    signed = next(iter(world.case(proposal).signed.values()))
    write(world, again, Entry.SIGNED, signed)
    decided = world.case(again).decided[0]
    forged = {
        "step": "information-asset-owner",
        "person": "iao-01",
        "signed": str(world.ledger.records[-1].index),
        "input": signed.text("input"),
    }
    write(world, again, Entry.DECIDED, decided, **forged)
    world.desk(again).unanswered()
    with pytest.raises(NotAuthorisedError, match="signature"):
        ask(world, again)


def test_a_second_answer_under_the_same_key_voids_nothing(world):
    proposal = world.propose_all()
    world.approve(proposal)
    first = next(iter(world.case(proposal).signed.values()))
    write(world, proposal, Entry.SIGNED, first, person="both-01")
    ask(world, proposal)


@pytest.mark.parametrize("without", ["rm-01", "iao-01"])
def test_where_codes_were_agreed_one_answer_without_a_code_is_too_many(world, without):
    proposal = world.propose_all()
    for person in ("rm-01", "iao-01"):
        world.answer(proposal, person, factor="" if person == without else TOTP)
    ask(world, proposal)
    world.library.now = cast.agreement(second_factor=True)
    with pytest.raises(NotAuthorisedError, match="without the one-time code"):
        ask(world, proposal)


def test_where_codes_were_agreed_and_given_it_may_go_on(world):
    world.library.now = cast.agreement(second_factor=True)
    proposal = world.propose_all()
    for person in ("rm-01", "iao-01"):
        world.answer(proposal, person, factor=TOTP)
    ask(world, proposal)
