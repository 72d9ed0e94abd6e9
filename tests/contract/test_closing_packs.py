"""The Laws of ``ports.closing``, in memory and in a folder."""

from contextlib import suppress
from pathlib import Path

import pyrage
import pytest

from retention.errors import EvidenceError, PackClosedError, StoreUnavailableError
from tests.support.databases import MEMORY
from tests.support.folders import Disk, InFolder
from tests.support.memory import MemoryEvidence, PowerCut

FOLDER = "folder"


@pytest.fixture(params=[MEMORY, FOLDER])
def empty(request, tmp_path):
    return MemoryEvidence() if request.param == MEMORY else InFolder(tmp_path)


@pytest.fixture
def folder(tmp_path):
    return InFolder(tmp_path)


def test_a_closed_pack_says_that_it_was_closed_by_design_and_the_others_stay_open(empty):
    gone, there = (empty.keep_lines([name], sealed=True) for name in (b"gone", b"there"))
    assert empty.is_open(gone)
    assert set(empty.open_packs()) == {gone, there}
    for _ in range(2):  # closing again is harmless
        empty.close(gone)
        assert list(empty.open_packs()) == [there]
        assert not empty.is_open(gone)
        with pytest.raises(PackClosedError, match="closed by design") as error:
            list(empty.lines(gone))
        assert error.value.hint
    assert list(empty.lines(there)) == [b"there"]
    assert empty.is_open(there)
    assert empty.read(gone)  # sealed, and still whole


def test_a_pack_that_lost_its_key_is_not_closed_by_design(empty):
    lost = empty.keep_lines([b"x"], sealed=True)
    empty.lose_key(lost)
    with pytest.raises(EvidenceError) as error:
        list(empty.lines(lost))
    assert not isinstance(error.value, PackClosedError)
    assert not empty.is_open(lost)


def test_a_key_that_a_backup_brings_back_opens_nothing_and_is_seen(empty):
    gone = empty.keep_lines([b"x"], sealed=True)
    if isinstance(empty, InFolder):
        empty.backup = empty.key(gone).read_text()
    empty.close(gone)
    empty.bring_back_key(gone)
    assert empty.is_open(gone)
    with pytest.raises(PackClosedError):
        list(empty.lines(gone))
    empty.close(gone)
    assert not empty.is_open(gone)


def test_a_closed_pack_that_was_damaged_besides_says_so(empty):
    gone = empty.keep_lines([b"x"], sealed=True)
    empty.close(gone)
    empty.damage(gone)
    with pytest.raises(EvidenceError) as error:
        list(empty.lines(gone))
    assert not isinstance(error.value, PackClosedError)


# What only a folder can show


def test_a_key_that_was_destroyed_is_nowhere_on_the_disk(folder):
    digest = folder.keep_lines([b"x"], sealed=True)
    secret = folder.key(digest).read_bytes()
    folder.close(digest)
    files_left = [path for path in folder.root.parent.rglob("*") if path.is_file()]
    assert all(secret.strip() not in path.read_bytes() for path in files_left)
    identity = pyrage.x25519.Identity.generate()
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(folder.file(digest).read_bytes(), [identity])


def test_a_crash_while_closing_leaves_a_pack_open_or_closed_by_design(tmp_path, monkeypatch):
    for call in range(100):
        it = InFolder(tmp_path / f"crash{call}")
        digest = it.keep_lines([b"x"], sealed=True)
        with monkeypatch.context() as patch:
            disk = Disk(patch, die_at=call)
            try:
                it.close(digest)
            except PowerCut:
                pass
            else:
                break
        again = InFolder(tmp_path / f"crash{call}")  # another process
        with suppress(PackClosedError):
            assert list(again.lines(digest)) == [b"x"]
        again.close(digest)
        assert not again.is_open(digest)
    assert disk.calls[-2:] == ["folder", "fsync"], "the name of the key is off the disk, too"
    assert call > 3


def test_a_folder_of_keys_that_cannot_be_written_is_worth_another_try(folder, monkeypatch):
    digest = folder.keep_lines([b"x"], sealed=True)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: (_ for _ in ()).throw(OSError("no")))
        with pytest.raises(StoreUnavailableError) as error:
            folder.close(digest)
    assert error.value.retryable
    folder.close(digest)
    assert not folder.is_open(digest)
