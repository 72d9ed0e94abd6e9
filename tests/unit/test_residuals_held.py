"""A hold is placed on what was destroyed already: the preview says what of it remains."""

from dataclasses import replace

import pytest

from retention.domain.entry import Entry
from retention.domain.hold import Hold
from retention.errors import RefusedError
from retention.steps.record.attesting import plan_attestation
from retention.steps.record.holds import plan_hold
from retention.steps.record.scopes import Scope
from retention.steps.remaining import matched_by, remaining
from tests.support.recording import plan
from tests.support.residuals import BOX, DATASET, RELEASE, VAULT, disposed, go_on

NAMES = [f"{DATASET}/backup-r1", f"{DATASET}/paper-r2"]


@pytest.fixture
def world():
    world, _ = disposed(VAULT, BOX, RELEASE)
    go_on(world)
    world.clock.step(hours=1)
    world.survey()
    return world


def notes(world, **scope):
    return plan(world, plan_hold, Scope("INV", **scope), "court", whole=True).preview.notes


def test_the_preview_names_the_copies_that_remain_and_are_held(world):
    said = notes(world, dataset=DATASET)[0]
    assert f"2 copies remain, held from now on: {', '.join(NAMES)}." in said
    assert "release" not in NAMES[0]
    world.record(plan_attestation, NAMES[0], world.clock.today(), by="audit-01")
    assert f"1 copy remains, held from now on: {NAMES[1]}." in notes(world, dataset=DATASET)[0]


def test_a_hold_that_finds_nothing_else_is_not_refused_for_it(world):
    assert plan(world, plan_hold, Scope("INV", dataset=DATASET), "court").acts
    for name in NAMES:
        world.record(plan_attestation, name, world.clock.today(), by="audit-01")
    with pytest.raises(RefusedError, match="would hold nothing"):
        plan(world, plan_hold, Scope("INV", dataset=DATASET), "court")


def test_what_is_held_is_what_the_scope_fits(world):
    copies = list(remaining(world.ledger, world.evidence, world.clock.today()))
    hold = world.record(plan_hold, Scope("INV", dataset=DATASET), "court").result
    assert hold == "H-0001"
    for scope, number in (
        ({"reference": "INV"}, 2),
        ({"reference": "OTHER"}, 0),
        ({"reference": "INV", "controller": "north"}, 2),
        ({"reference": "INV", "dataset": "INV/patient/2020"}, 0),
    ):
        found = matched_by(replace(Hold("H-1", "court", ""), **scope), copies, world.library)
        assert len(list(found)) == number, scope


def test_a_hold_is_placed_also_where_nobody_can_tell_what_remains(world):
    (proposed,) = world.kinds(Entry.PROPOSED)
    world.evidence.damage(proposed.text("document"))
    planned = plan(world, plan_hold, Scope("INV", dataset=DATASET), "court", even_if_none=True)
    assert "cannot be told now" in planned.preview.notes[0]
    planned.write(world.recording)
    assert world.kinds(Entry.HOLD_PLACED)
