"""The release of holds: two people, a successor that is said, and then a review."""

import dataclasses

import pytest

from retention.domain.entry import Entry
from retention.domain.hold import holds_in
from retention.errors import AgreementError, HeldError, NotAuthorisedError, RefusedError
from retention.steps.record.holds import in_force, plan_hold
from retention.steps.record.releases import plan_release, plan_release_request
from retention.steps.record.scopes import Scope
from retention.steps.registers import HOLDS
from tests.support.recording import plan, surveyed_world, taken_as_shown


def test_it_takes_two_and_shows_what_becomes_due():
    world = surveyed_world(rounds=("2019", "2020"), published=("2019", "2020"))
    hold = world.hold("INV/patient/2019")
    asking = plan(world, plan_release_request, hold, "", by="iao-01")
    assert any("Open to review at once: 1, of which due: 1" in n for n in asking.preview.notes)
    asking.write(world.recording)
    assert in_force(hold, world.recording).release_asked_by == "iao-01"
    with pytest.raises(NotAuthorisedError, match="asked for this release"):
        plan(world, plan_release, hold, by="iao-01")
    planned = plan(world, plan_release, hold, by="rm-01")
    assert any("leads to a review" in n for n in planned.preview.notes)
    changed = taken_as_shown(world, planned)
    assert changed == {
        "INV/patient/2019": {"may be reviewed": ("no", "yes"), "held by": (("H-0001",), ())}
    }
    with pytest.raises(RefusedError, match="released already"):
        plan(world, plan_release, hold, by="both-01")
    with pytest.raises(RefusedError, match="released already"):
        plan(world, plan_release_request, hold, "", by="iao-01")


@pytest.mark.parametrize(
    ("asks", "confirms", "may"),
    [
        ("rm-01", "iao-01", True),
        ("iao-01", "rm-01", True),
        ("dpo-01", "rm-01", True),
        ("both-01", "iao-01", True),
        ("siro-01", "iao-01", False),  # neither keeps the records
        ("dpo-01", "iao-01", False),
        ("rm-01", "rm-01", False),
        ("rm-01", "dpo-01", False),  # the DPO decides none
        ("rm-01", "audit-01", False),
    ],
)
def test_one_of_the_two_keeps_the_records(asks, confirms, may):
    world = surveyed_world(rounds=("2019",))
    hold = world.hold()
    world.record(plan_release_request, hold, "", by=asks)
    if may:
        world.record(plan_release, hold, by=confirms)
        assert holds_in(world.ledger.stream(HOLDS)) == []
        return
    with pytest.raises(NotAuthorisedError):
        plan(world, plan_release, hold, by=confirms)
    assert len(holds_in(world.ledger.stream(HOLDS))) == 1


@pytest.mark.parametrize("by", ["audit-01", "nobody-01"])
def test_not_everybody_asks(by):
    world = surveyed_world(rounds=("2019",))
    hold = world.hold()
    with pytest.raises(NotAuthorisedError):
        plan(world, plan_release_request, hold, "", by=by)


def test_nobody_confirms_what_nobody_asked():
    world = surveyed_world(rounds=("2019",))
    with pytest.raises(RefusedError, match="nobody asked"):
        plan(world, plan_release, world.hold())


def test_a_successor_exists_and_is_in_force_when_asked_and_when_released():
    world = surveyed_world(rounds=("2019",))
    hold, other = world.hold(), world.hold(ground="statutory")
    for none in ("H-0009", "x"):
        with pytest.raises(AgreementError) as refused:
            plan(world, plan_release_request, hold, none)
        assert refused.value.hint == "in force: H-0001, H-0002"
    with pytest.raises(AgreementError, match="itself"):
        plan(world, plan_release_request, hold, hold)
    world.record(plan_release_request, hold, other)
    assert any(
        "H-0002 follows it." in n
        for n in plan(world, plan_release, hold, by="iao-01").preview.notes
    )
    world.release(other)
    with pytest.raises(RefusedError, match="H-0002 was released"):
        plan(world, plan_release, hold, by="iao-01")


def test_what_a_successor_does_not_hold_is_counted():
    world = surveyed_world(rounds=("2019", "2020"))
    hold, other = world.hold(), world.hold("INV/patient/2020")
    planned = plan(world, plan_release_request, hold, other)
    said = " ".join(planned.preview.notes)
    assert "H-0002 follows it; it does not hold 1 of these" in said
    assert "Held by other holds still: 1 of 2" in said


def test_without_a_letter_of_its_own_the_confirmation_stands_on_that_of_the_request():
    world = surveyed_world(rounds=("2019",))
    hold = world.hold()
    world.record(plan_release_request, hold, "")
    why = dataclasses.replace(world.why("iao-01"), content=b"")
    plan_release(hold, why=why, ports=world.recording).write(world.recording)
    asked, released = world.kinds(Entry.RELEASE_ASKED)[0], world.kinds(Entry.HOLD_RELEASED)[0]
    assert asked.text("evidence") == released.text("evidence")
    assert asked.text("reason") != released.text("reason")


def test_a_release_leads_to_review_and_never_to_destruction():
    world = surveyed_world(rounds=("2019",))
    proposal = world.propose_all()
    world.approve(proposal)
    held = plan(world, plan_hold, Scope("INV"), "court")
    assert any("the approval falls" in n for n in held.preview.notes)
    held.write(world.recording)
    world.release("H-0001")
    with pytest.raises(HeldError):
        world.dispose(proposal)
    assert not world.store.orders
    assert not world.kinds(Entry.INTENT)
    world.advance()
    assert world.case(proposal).spent.text("why") == "held"
    assert world.next_steps() == []
