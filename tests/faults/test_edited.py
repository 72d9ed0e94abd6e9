"""What somebody writes at rest, where workers read it: an old approval, another manifest."""

import pytest

from retention.adapters.evidence import FolderEvidence, KeyFolder
from retention.domain.case import proposal_stream
from retention.domain.entry import Draft, Entry
from retention.errors import EvidenceError, RefusedError
from retention.steps import destroy as destruction
from retention.steps.answers import roots_of
from retention.steps.cases import read_proposal
from tests.faults.test_races import Steady, approved, spending_it


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(destruction, "BATCH", 3)


def replays(world, old, new):
    """Yield the rows of an old approval as somebody might write them under the new proposal."""
    rows = [
        r
        for r in world.ledger.stream(proposal_stream(old))
        if r.kind in {Entry.SIGNED, Entry.DECIDED, Entry.APPROVED}
    ]
    case = world.case(new)
    roots = read_proposal(case, world.evidence)
    fresh = roots_of(roots.items)
    shift = world.ledger.size() - rows[0].index

    def placed(changes):
        position = {str(r.index): str(world.ledger.size() + n) for n, r in enumerate(rows)}
        for r in rows:
            facts = dict(r.facts)
            if "signed" in facts:
                facts["signed"] = position[facts["signed"]]
            facts |= {name: value for name, value in changes.items() if name in facts}
            yield Draft(proposal_stream(new), r.kind, facts)

    assert shift > 0
    yield list(placed({}))
    yield list(placed({"proposal": new}))
    yield list(placed({"proposal": new, "roots": fresh}))
    yield list(placed({"roots": fresh}))


@pytest.mark.parametrize("which", range(4))
def test_an_old_approval_written_under_a_new_proposal_destroys_nothing(monkeypatch, which):
    world, old = approved(monkeypatch)
    spending_it(world, old)
    world.advance()
    world.survey()
    world.advance()
    world.controllers_answer()
    (new,) = world.propose()
    assert new != old
    drafts = list(replays(world, old, new))[which]
    world.ledger.append_all(drafts)
    held = set(world.store.held)
    for _ in range(2):
        with pytest.raises(RefusedError):
            world.dispose(new)
    with pytest.raises(RefusedError):
        world.dispose(old)
    assert world.store.held == held
    assert not world.store.orders
    assert not world.kinds(Entry.INTENT)


def edits(lines, stride):
    """Yield *lines* edited in every way that is small: a byte, a line more, less or elsewhere."""
    content = b"\n".join(lines)
    for at in range(0, len(content), stride):
        yield content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]
    for n in range(len(lines)):
        yield b"\n".join(lines[:n] + lines[n + 1 :])
        yield b"\n".join([*lines[: n + 1], *lines[n:]])
        yield b"\n".join([*lines[:n], *lines[n : n + 2][::-1], *lines[n + 2 :]])
    yield b""


def edited_at_rest(world, proposal, stride):
    (manifest,) = world.manifests(proposal)
    whole = world.evidence.sealed[manifest.pack]
    held = set(world.store.held)
    for content in edits(whole.removesuffix(b"\n").split(b"\n"), stride):
        if content == whole.removesuffix(b"\n"):
            continue
        world.evidence.sealed[manifest.pack] = content + b"\n"
        with pytest.raises(EvidenceError):
            world.dispose(proposal)
    assert world.store.held == held
    assert not world.store.orders
    assert not world.kinds(Entry.INTENT)
    assert not world.kinds(Entry.SPENT)
    world.evidence.sealed[manifest.pack] = whole
    world.dispose(proposal)  # as it was, it is what people approved
    assert world.store.orders


def test_a_manifest_that_was_edited_at_rest_orders_nothing(monkeypatch):
    edited_at_rest(*approved(monkeypatch), stride=41)


@pytest.mark.full
def test_no_byte_of_a_manifest_can_be_another(monkeypatch):
    edited_at_rest(*approved(monkeypatch), stride=1)


def test_no_byte_of_a_stored_pack_can_be_another(monkeypatch, tmp_path):
    class OnDisk(Steady):
        def __init__(self):
            super().__init__()
            keys = KeyFolder(tmp_path / "keys")
            self.evidence = FolderEvidence(tmp_path / "evidence", keys=keys)

    world, proposal = approved(monkeypatch, OnDisk)
    (manifest,) = world.manifests(proposal)
    digits = manifest.pack.removeprefix("sha256:")
    (path,) = [p for p in (tmp_path / "evidence").rglob("*") if digits.endswith(p.name[-40:])]
    whole = path.read_bytes()
    path.chmod(0o600)
    for at in range(0, len(whole), 97):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(EvidenceError):
            world.dispose(proposal)
    assert not world.store.orders
    assert not world.kinds(Entry.INTENT)
    path.write_bytes(whole)
    world.dispose(proposal)
    assert world.store.orders
