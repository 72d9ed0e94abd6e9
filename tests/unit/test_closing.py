"""The keys of manifests end on their day, by one step, on the record; and nothing else does."""

from dataclasses import replace
from datetime import date

import pytest

from retention.domain.calendar import london_day
from retention.domain.clock import Period
from retention.domain.entry import Entry
from retention.domain.finding import FindingKind
from retention.domain.manifest import rows_of
from retention.errors import AgreementError, DeliveryError, EvidenceError, PackClosedError
from retention.steps.close_manifests import manifests_kept
from retention.steps.incidents import every_incident, raise_incident
from retention.steps.reconcile import disposed as disposed_step
from retention.steps.record.attesting import plan_attestation
from retention.steps.record.closing import plan_closing
from tests.support import world as organisation
from tests.support.folders import InFolder
from tests.support.memory import DieAt, PowerCut
from tests.support.recording import change_class, surveyed_world
from tests.support.residuals import (
    DATASET,
    LISTED,
    RELEASE,
    VAULT,
    disposed,
    go_on,
    prepared,
    types,
)
from tests.unit.test_reconcile import reconciled

BACK = FindingKind.LISTED_AFTER_DISPOSAL
WINDOW = Period.parse("P90D")


def packs(world, proposal):
    return [item.manifest.pack for item in world.proposal(proposal).items]


def is_open(world, proposal):
    (pack,) = packs(world, proposal)
    return world.evidence.is_open(pack)


def final(**terms):
    """Return a world whose final certificate was delivered today."""
    world, proposal = disposed(RELEASE, **terms)
    go_on(world)
    assert types(world, proposal) == ["final"]
    return world, proposal


def go_to(world, day):
    world.clock.step(days=(day - world.clock.today()).days)


def the_day_after(world):
    """Go to the day after the dispute window of what was certified last."""
    issued = max(london_day(r.at) for r in world.kinds(Entry.CERTIFIED))
    go_to(world, WINDOW.after(issued))
    world.clock.step(days=1)


def kept(world):
    return list(manifests_kept(world.ledger, world.evidence, world.library, world.clock.today()))


def test_a_manifest_is_closed_on_the_day_after_the_dispute_window_and_not_before():
    world, proposal = final()
    issued = world.clock.today()
    go_to(world, WINDOW.after(issued))
    world.advance()
    assert is_open(world, proposal), "the window is inclusive"
    world.clock.step(days=1)
    world.advance()
    assert not is_open(world, proposal)
    (pack,) = packs(world, proposal)
    with pytest.raises(PackClosedError, match="by design"):
        list(world.evidence.lines(pack))
    (item,) = world.proposal(proposal).items
    (intent,), (closed,) = world.kinds(Entry.MANIFEST_CLOSING), world.kinds(Entry.MANIFEST_CLOSED)
    assert intent.index < closed.index
    assert dict(closed.facts) == {
        "proposal": proposal,
        "root": item.manifest.root,
        "pack": pack,
        "versions": item.manifest.versions,
    }
    entries = world.ledger.size()
    world.close_manifests()
    assert world.ledger.size() == entries, "it is safe to run again"


def test_a_hold_or_an_open_incident_keeps_a_manifest_until_it_ends():
    world, proposal = final()
    raise_incident(world.ledger, "missing", DATASET, noticed_on=date(2026, 12, 1), personal=True)
    hold = world.hold(DATASET)
    the_day_after(world)
    for _ in range(2):
        world.clock.step(days=1)
        world.advance()
        assert is_open(world, proposal)
    assert kept(world) == [f"{DATASET} (held by {hold})"]
    world.release(hold)
    world.advance()
    assert is_open(world, proposal)
    (incident,) = [each for each in every_incident(world.ledger) if each.dataset == DATASET]
    assert kept(world) == [f"{DATASET} (incident {incident.number} of 1 December 2026 is open)"]
    world.record(plan_closing, incident.number, ["nobody"], by="dpo-01")
    world.advance()
    assert not is_open(world, proposal)
    assert kept(world) == []


def test_a_hold_placed_just_before_the_intent_voids_it():
    world, proposal = final()
    the_day_after(world)

    def hook(name):
        if name == "ledger.append_all":
            world.calls = lambda name: None
            world.hold(DATASET)

    world.calls = hook
    assert world.close_manifests() == []
    assert is_open(world, proposal)
    assert not world.kinds(Entry.MANIFEST_CLOSING)


def test_what_did_not_reach_every_controller_is_not_over():
    world, proposal = disposed(RELEASE)
    world.check_gone(proposal)
    world.certify(proposal)
    world.courier.dead = DeliveryError("away", hint="wait")
    the_day_after(world)
    world.close_manifests()
    assert is_open(world, proposal)
    world.courier.dead = None
    world.deliver(proposal)
    world.close_manifests()
    assert not is_open(world, proposal)


def test_an_interim_certificate_ends_nothing():
    world, proposal = disposed(VAULT)
    go_on(world)
    world.clock.step(days=400)
    world.advance()
    assert is_open(world, proposal)
    world.record(plan_attestation, f"{DATASET}/backup-r1", world.clock.today(), by="audit-01")
    go_on(world)
    assert types(world, proposal) == ["final", "interim"]
    world.clock.step(days=90)
    world.advance()
    assert is_open(world, proposal), "it counts from the final certificate"
    world.clock.step(days=1)
    world.advance()
    assert not is_open(world, proposal)


def test_after_a_partial_report_the_same_window_runs():
    world, proposal = prepared(LISTED)
    world.store.locked.add(min(world.buckets["records"].held))
    world.dispose(proposal)
    world.check_gone(proposal)
    world.certify(proposal)
    world.deliver(proposal)
    assert types(world, proposal) == ["partial"]
    the_day_after(world)
    assert is_open(world, proposal)
    world.advance()
    assert not is_open(world, proposal)
    for _ in range(3):
        world.clock.step(days=1)
        world.advance()
        assert ("check_gone", proposal) not in world.next_steps()


def test_copies_that_outlive_the_manifest_are_still_looked_for_after_a_partial_report():
    long_lived = replace(LISTED, gone_within=Period.parse("P200D"))
    world, proposal = prepared(long_lived, rounds=("2019", "2020"))
    held = sorted(world.buckets["records"].held, key=lambda version: version.key)
    assert "2020" in held[-1].key
    world.store.locked.add(held[-1])
    world.dispose(proposal)
    world.check_gone(proposal)
    world.certify(proposal)
    world.deliver(proposal)
    the_day_after(world)
    world.close_manifests()
    assert len(world.kinds(Entry.MANIFEST_CLOSED)) == 2
    world.backups_age_out()
    world.clock.step(days=150)
    assert ("check_gone", proposal) in world.next_steps()
    world.check_gone(proposal)
    (seen,) = world.kinds(Entry.RESIDUAL_SEEN)
    assert seen.text("seen") == "absent"
    assert ("check_gone", proposal) not in world.next_steps(), "nothing is left to compare"


def test_a_list_that_was_given_up_before_anything_began_has_its_window_too():
    world, proposal = prepared()
    world.clock.step(days=15)  # the approval lapses
    world.advance()
    (spent,) = world.kinds(Entry.SPENT)
    assert spent.text("proposal") == proposal
    given_up = world.clock.today()
    go_to(world, WINDOW.after(given_up))
    world.close_manifests()
    assert is_open(world, proposal)
    world.clock.step(days=1)
    world.close_manifests()
    assert not is_open(world, proposal)
    assert world.buckets["records"].held, "its data are where they were"
    world.advance()  # whatever reads a spent proposal again gets on without its manifest


def test_a_list_that_people_still_look_at_stays_open():
    world, _ = prepared()
    again = surveyed_world(rounds=("2020",), published=("2020",))
    waiting = again.propose_all()
    again.clock.step(days=2000)
    again.close_manifests()
    assert is_open(again, waiting)
    assert world.kinds(Entry.MANIFEST_CLOSED) == []


def test_what_approvers_left_out_is_closed_with_the_rest():
    world = surveyed_world(rounds=("2019", "2020"), published=("2019", "2020"))
    change_class(world, copies=())
    world.survey()
    proposal = world.propose_all()
    world.leave_out(proposal, 2)
    world.answer(proposal, "iao-01")
    world.clock.step(days=1)
    go_on(world)
    assert types(world, proposal) == ["final"]
    the_day_after(world)
    world.close_manifests()
    assert not any(world.evidence.is_open(pack) for pack in packs(world, proposal))


def test_where_the_agreement_cannot_be_read_everything_is_kept():
    world, proposal = final()
    the_day_after(world)

    def gone(reference, version):
        raise AgreementError("no such version", hint="look for its file")

    world.library.agreement = gone
    assert world.close_manifests() == []
    assert is_open(world, proposal)


def test_wherever_closing_dies_the_next_run_ends_the_same():
    for call in range(200):
        world, proposal = final()
        the_day_after(world)
        try:
            with world.dying(DieAt(call)):
                world.close_manifests()
        except PowerCut:
            pass
        else:
            break
        world.close_manifests()
        assert not is_open(world, proposal), call
        assert len(world.kinds(Entry.MANIFEST_CLOSING)) == 1, call
        assert len(world.kinds(Entry.MANIFEST_CLOSED)) == 1, call
        with pytest.raises(PackClosedError):
            list(world.evidence.lines(*packs(world, proposal)))
    assert call > 15


def test_a_key_that_a_backup_brought_back_is_destroyed_again():
    world, proposal = final()
    the_day_after(world)
    world.close_manifests()
    world.evidence.bring_back_key(*packs(world, proposal))
    assert is_open(world, proposal)
    world.clock.step(days=1)
    world.advance()
    assert not is_open(world, proposal)


def test_a_key_that_does_not_go_is_an_error_and_no_entry_says_that_it_went():
    world, proposal = final()
    the_day_after(world)
    world.evidence.close = lambda digest: None
    with pytest.raises(EvidenceError, match="can still be opened"):
        world.close_manifests()
    assert is_open(world, proposal)
    world.evidence.damage(*packs(world, proposal))  # nobody reads it, and its key is there still
    with pytest.raises(EvidenceError, match="can still be opened"):
        world.close_manifests()
    assert not world.kinds(Entry.MANIFEST_CLOSED)


def test_the_intent_stands_before_the_key_goes():
    world, _ = final()
    the_day_after(world)
    with pytest.raises(PowerCut), world.dying(DieAt(0, port="evidence.close")):
        world.close_manifests()
    assert len(world.kinds(Entry.MANIFEST_CLOSING)) == 1
    assert not world.kinds(Entry.MANIFEST_CLOSED)


def test_no_key_of_an_object_is_in_what_closing_writes():
    world, _ = final()
    the_day_after(world)
    world.close_manifests()
    said = str([r.facts for r in world.kinds(Entry.MANIFEST_CLOSED)])
    assert "patient/" not in said


def test_what_comes_back_after_the_manifest_was_closed_is_still_found():
    world, _ = final()
    the_day_after(world)
    world.close_manifests()
    world.put("patient/2019/00 é+%2F", b"first")
    world.clock.step(hours=1)
    world.survey()
    (finding,) = [each for each in reconciled(world) if each.kind is BACK]
    assert "closed on its day" in finding.detail
    assert BACK.value in [each.kind for each in every_incident(world.ledger)]


def test_a_generation_whose_manifest_is_open_is_compared_although_another_is_closed():
    world, proposal = final()
    (pack,) = packs(world, proposal)
    (version, *_) = [row.version for row in world_rows(world, proposal)]
    again = [*world.proposal(proposal).items] * 2
    there = disposed_step._Back()
    there.add(version)
    manifests = [again[0].manifest, replace(again[1].manifest, pack="sha256:closed")]
    world.evidence.closed.add("sha256:closed")
    world.evidence.kept["sha256:closed"] = b""
    lines = world.evidence.lines
    world.evidence.lines = lambda digest: lines(digest) if digest == pack else closed_lines()
    same, closed = disposed_step._alike(manifests, there, world.evidence)
    assert (same, closed) == (["the same versions"], 1)


def closed_lines():
    raise PackClosedError("closed by design", hint="nothing is damaged")
    yield


def world_rows(world, proposal):
    (item,) = world.proposal(proposal).items
    return rows_of(world.evidence.lines(item.manifest.pack), item.manifest.root)


def test_on_a_disk_no_key_is_left_and_every_other_process_is_told_why(tmp_path, monkeypatch):
    monkeypatch.setattr(organisation, "MemoryEvidence", lambda **_: InFolder(tmp_path))
    world, proposal = final()
    (pack,) = packs(world, proposal)
    assert list(world.evidence.lines(pack))
    the_day_after(world)
    world.close_manifests()
    assert list(tmp_path.rglob("*.age-key")) == []
    with pytest.raises(PackClosedError):
        list(InFolder(tmp_path).lines(pack))
