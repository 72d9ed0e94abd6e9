"""Attacks on the authority for a destruction, each of which once went through.

A cancelled run that never ran, a ledger that was restored, a row that somebody wrote.
"""

from datetime import timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from retention.adapters.s3.destroys import S3Destroys
from retention.adapters.witness import FolderWitness
from retention.domain.case import run_stream
from retention.domain.clock import Period
from retention.domain.dataset import Answer, Kind, ObjectVersion
from retention.domain.entry import Draft, Entry
from retention.errors import (
    HeldError,
    LedgerBrokenError,
    NotAuthorisedError,
    StoreError,
)
from retention.steps.dispose import approved, note_run
from retention.steps.incidents import raise_incident
from retention.steps.steady import SteadyAuthority
from tests.support.attacked import DATASET, agreed, close_incident, seen, small, stop
from tests.support.memory import MemoryLedger
from tests.support.world import World


@pytest.fixture
def world(monkeypatch):
    return small(monkeypatch)


@pytest.fixture
def proposal(world):
    return agreed(world)


# What people do stops it, whatever else is wrong.


def test_a_run_that_was_cancelled_before_a_worker_took_it_stops_the_disposal(world, proposal):
    note_run(proposal, "run-1", world.ledger)  # as whoever starts it does
    cancelled = Draft(run_stream("run-1"), Entry.CANCELLED, {"run": "run-1", "person": "rm-01"})
    world.ledger.append(cancelled)
    world.advance()
    assert world.next_steps() == []
    with pytest.raises(NotAuthorisedError):
        world.dispose(proposal, "run-2")
    assert not world.store.orders


def test_another_proposal_that_was_damaged_is_not_in_the_way_of_a_stop(world, proposal):
    mark = world.mark(proposal)
    world.fill(("2020",))
    world.publish(("2020",))
    other = world.propose_all()
    world.evidence.damage(world.case(other).proposed.text("document"))
    stop(world, mark)
    with pytest.raises(NotAuthorisedError, match="stopped"):
        world.dispose(proposal)


def test_other_runs_that_come_while_it_lists_do_not_make_it_list_again(world, proposal):
    numbers = iter(range(3))

    def come(name):
        if name == "store.versions" and (number := next(numbers, None)) is not None:
            note_run(proposal, f"run-{number}", world.ledger)

    before = world.store.calls["versions"]
    with world.dying(come):
        world.dispose(proposal)
    (manifest,) = world.manifests(proposal)
    assert world.store.calls["versions"] - before == len(manifest.places)
    assert len(world.case(proposal).runs) == 2


def restored(ledger, size):
    """Do to a ledger in memory what restoring an older backup does."""
    kept, ledger.records[:] = ledger.records[:size], []
    ledger._held.clear()
    ledger._streams.clear()
    for record in kept:
        ledger.records.append(record)
        ledger._held[record.stream] += 1
        ledger._streams[record.stream].append(record)


def test_a_ledger_that_is_restored_in_mid_run_does_not_forget_a_hold(world, proposal):
    approval, (manifest,) = approved(proposal, world.ledger, world.evidence)
    steady = SteadyAuthority(world.authority, world.ledger, world.clock, world.library.edition)
    steady.require(approval, manifest, begun=True)
    size = world.ledger.size()
    steady.require(approval, manifest, begun=True)
    world.hold(DATASET)
    world.witness.note(world.ledger.checkpoint())
    with pytest.raises(HeldError):
        steady.require(approval, manifest, begun=True)
    restored(world.ledger, size)
    with pytest.raises(LedgerBrokenError):
        steady.require(approval, manifest, begun=True)


def test_a_later_day_that_somebody_wrote_over_that_of_an_approval_is_worth_nothing(world, proposal):
    """No gate signs it, and a worker can write a row."""
    (row,) = world.kinds(Entry.APPROVED)
    later = str(world.clock.today() + timedelta(days=90))
    world.ledger.append(Draft(row.stream, Entry.APPROVED, {**row.facts, "lapses_after": later}))
    world.clock.step(days=20)
    world.survey()
    with pytest.raises(NotAuthorisedError, match="days of this approval"):
        world.dispose(proposal)
    assert not world.store.orders


def test_an_earlier_day_that_somebody_wrote_over_that_of_an_approval_is_worth_nothing():
    world = World(cooling_off=Period.parse("P7D"))
    world.fill()
    world.publish()
    proposal = agreed(world)
    (row,) = world.kinds(Entry.APPROVED)
    today = str(world.clock.today())
    assert row.text("may_begin_on") > today
    world.ledger.append(Draft(row.stream, Entry.APPROVED, {**row.facts, "may_begin_on": today}))
    with pytest.raises(NotAuthorisedError, match="days of this approval"):
        world.dispose(proposal)
    assert not world.store.orders


@pytest.mark.parametrize(
    ("kind", "final"), [("listed-after-disposal", True), ("resurrection", False)]
)
def test_what_a_person_looked_at_holds_up_a_final_certificate_only_if_it_belies_the_interim(
    world, proposal, kind, final
):
    world.dispose(proposal)
    seen(world, proposal)
    on = world.clock.today()
    raise_incident(world.ledger, kind, DATASET, noticed_on=on, personal=True)
    world.clock.step(days=3)
    world.backups_age_out()
    world.check_gone(proposal)
    world.certify(proposal)
    assert "final" not in world.case(proposal).certified
    close_incident(world, kind)
    world.certify(proposal)
    assert ("final" in world.case(proposal).certified) is final


def test_a_second_loss_before_a_disposal_is_an_incident_of_its_own(world):
    on = world.clock.today()
    raise_incident(world.ledger, "absent-before-disposal", DATASET, noticed_on=on, personal=True)
    close_incident(world, "absent-before-disposal")
    world.clock.step(days=2)
    proposal = agreed(world)
    held = world.buckets["records"].held
    held.discard(max(held))
    world.dispose(proposal)
    assert len(world.kinds(Entry.INCIDENT)) == 2


class SilentClient:
    """Takes calls to abort an upload, and answers none."""

    def __init__(self):
        self.calls = 0

    def abort_multipart_upload(self, **asked):
        self.calls += 1
        raise ReadTimeoutError(endpoint_url="http://store.invalid")


def test_a_batch_of_uploads_does_not_wait_a_thousand_times_for_a_store_that_is_silent():
    client = SilentClient()
    uploads = [ObjectVersion("p/a", Kind.UPLOAD, f"upload-{n}") for n in range(1000)]
    answers = S3Destroys(client).destroy("s3://records/p/", uploads)
    assert client.calls <= 5
    assert set(answers.values()) == {Answer.UNKNOWN}
    assert set(answers) == set(uploads)


def test_a_disk_of_checkpoints_that_is_not_mounted_is_not_one_where_none_was_noted(tmp_path):
    disk, ledger = tmp_path / "disk", MemoryLedger()
    witness = FolderWitness(disk / "notes", tmp_path / "noted")
    assert witness.newest() is None
    witness.note(ledger.checkpoint())
    noted = witness.newest()
    disk.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="holds none"):
        witness.newest()
    with pytest.raises(StoreError, match="holds none"):
        witness.note(ledger.checkpoint())
    assert not disk.exists()  # nothing is noted beneath the place where it is mounted
    (tmp_path / "elsewhere").rename(disk)
    assert witness.newest() == noted
