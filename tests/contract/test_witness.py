"""The Laws of ``ports.witness.Witness``: of all that were noted, the one over the most entries."""

import pytest

from retention.adapters.ledger import migrate
from retention.adapters.witness import FolderWitness
from retention.adapters.witness.folder import KEPT
from retention.errors import LedgerBrokenError, StoreError
from retention.ports.ledger import Checkpoint
from tests.support.appenders import open_ledger, spent
from tests.support.memory import MemoryWitness


@pytest.fixture(params=["memory", "folder"])
def witness(request, tmp_path):
    return MemoryWitness() if request.param == "memory" else FolderWitness(tmp_path / "notes")


def checkpoint(size):
    return Checkpoint(size, bytes(32), f"note over {size}\n")


def test_of_none_there_is_none(witness):
    assert witness.newest() is None


@pytest.mark.parametrize("sizes", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (9, 10, 2), (5, 5)])
def test_the_one_over_the_most_entries_is_read_in_whatever_order_they_came(witness, sizes):
    for size in sizes:
        witness.note(checkpoint(size))
    assert witness.newest() == f"note over {max(sizes)}\n"


def test_only_the_last_few_are_kept_in_a_folder(tmp_path):
    witness = FolderWitness(tmp_path)
    for size in range(1, 2 * KEPT):
        witness.note(checkpoint(size))
    assert witness.newest() == f"note over {2 * KEPT - 1}\n"
    assert len(list(tmp_path.glob("*.note"))) == KEPT


def test_another_process_reads_what_one_noted(tmp_path):
    FolderWitness(tmp_path).note(checkpoint(7))
    assert FolderWitness(tmp_path).newest() == "note over 7\n"


def test_what_else_lies_in_the_folder_is_passed_over(tmp_path):
    witness = FolderWitness(tmp_path)
    witness.note(checkpoint(7))
    for name in ("000000000000009.note.tmp", "readme.txt", "9.note", ".000000000000010.note"):
        (tmp_path / name).write_text("other")
    assert witness.newest() == "note over 7\n"


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_what_cannot_be_read_is_never_none(tmp_path, content):
    witness = FolderWitness(tmp_path)
    witness.note(checkpoint(7))
    (note,) = tmp_path.glob("*.note")
    note.unlink()
    if content is None:
        note.mkdir()
    else:
        note.write_bytes(content)
    with pytest.raises(StoreError, match="checkpoints of the ledger"):
        witness.newest()


def test_a_folder_that_is_a_file_is_no_empty_folder(tmp_path):
    (tmp_path / "notes").write_text("")
    witness = FolderWitness(tmp_path / "notes")
    with pytest.raises(StoreError):
        witness.newest()
    with pytest.raises(StoreError):
        witness.note(checkpoint(1))


def test_a_ledger_continues_what_it_signed_and_no_other_does(tmp_path):
    urls = [f"sqlite:///{tmp_path}/{name}.db" for name in ("first", "other")]
    for url in urls:
        migrate(url)
    first, other = map(open_ledger, urls)
    with first, other:
        first.append(spent("a"))
        noted = first.checkpoint().note
        for _ in range(3):
            first.append(spent("a"))
            other.append(spent("b"))
        first.require_continued(noted)
        with pytest.raises(LedgerBrokenError):
            other.require_continued(noted)
        with pytest.raises(LedgerBrokenError):
            other.require_continued(first.checkpoint().note)
        with pytest.raises(LedgerBrokenError):
            first.require_continued("not a note")
