"""Sealed packs that no proposal names: noted first, closed days later."""

import pytest

from retention.domain.entry import Draft, Entry
from retention.errors import EvidenceError
from tests.architecture.tree import modules
from tests.support.memory import DieAt, PowerCut
from tests.support.recording import surveyed_world
from tests.support.residuals import prepared


def packs(world, proposal):
    return [item.manifest.pack for item in world.proposal(proposal).items]


def cut_off():
    """Return a world whose freezing died before anything was proposed, and the pack it left."""
    world = surveyed_world(rounds=("2019",), published=("2019",))
    world.notify()
    world.controllers_answer()
    with pytest.raises(PowerCut), world.dying(DieAt(0, port="ledger.append_all")):
        world.propose()
    (pack,) = world.evidence.open_packs()
    return world, pack


def test_a_pack_that_no_proposal_names_is_noted_and_closed_days_later():
    world, stray = cut_off()
    (proposal,) = world.propose()
    for _ in range(7):
        assert world.close_strays() == []
        world.clock.step(days=1)
    assert world.evidence.is_open(stray)
    assert world.close_strays() == [stray]
    assert list(world.evidence.open_packs()) == packs(world, proposal)
    (seen,), (closed,) = world.kinds(Entry.STRAY_SEEN), world.kinds(Entry.STRAY_CLOSED)
    assert seen.text("pack") == closed.text("pack") == stray
    assert world.close_strays() == []


def test_what_is_proposed_in_the_meantime_is_no_stray_any_more():
    world, _ = prepared()
    (pack,) = world.evidence.open_packs()
    world.ledger.append(Draft("packs", Entry.STRAY_SEEN, {"pack": pack}))
    world.clock.step(days=400)
    assert world.close_strays() == []
    assert world.evidence.is_open(pack)


def test_where_a_proposal_cannot_be_read_no_pack_is_a_stray():
    world, stray = cut_off()
    (proposal,) = world.propose()
    world.close_strays()
    world.clock.step(days=8)
    world.evidence.damage(world.case(proposal).proposed.text("document"))
    with pytest.raises(EvidenceError):
        world.close_strays()
    assert world.evidence.is_open(stray)


def test_wherever_the_closing_of_strays_dies_the_next_run_ends_the_same():
    for call in range(100):
        world, stray = cut_off()
        world.close_strays()
        world.clock.step(days=7)
        try:
            with world.dying(DieAt(call)):
                world.close_strays()
        except PowerCut:
            pass
        else:
            break
        world.close_strays()
        assert not world.evidence.is_open(stray), call
        assert len(world.kinds(Entry.STRAY_CLOSED)) == 1, call
        assert world.close_strays() == []
    assert call > 6


def test_nothing_but_manifests_is_sealed_or_else_it_would_be_taken_for_a_stray():
    sealing = [m.name for m in modules("src", "flows") if "sealed=True" in m.text]
    assert sealing == ["src/retention/steps/propose.py"]
