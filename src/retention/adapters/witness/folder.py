"""Checkpoints in a folder, one file each, named by how many entries it is over.

The folder belongs on another disk than the ledger, and never into the same backup.
"""

import re
from pathlib import Path

from retention.adapters.folders import Folder
from retention.errors import StoreRefusedError
from retention.ports.ledger import Checkpoint

KEPT = 20  # checkpoints; older ones say nothing that a newer does not
_NAME = re.compile(r"([0-9]{15})\.note")


class FolderWitness:
    """Fits ``ports.witness.Witness``."""

    def __init__(self, path: Path) -> None:
        self._folder = Folder(path)

    def note(self, checkpoint: Checkpoint) -> None:
        """Keep *checkpoint*, unless one over more entries is kept already."""
        kept = self._sizes()
        if kept and kept[-1] >= checkpoint.size:
            return
        try:
            with self._folder.new_file() as file:
                file.write(checkpoint.note.encode())
                self._folder.settle(file, self._path(checkpoint.size))
            for size in kept[: -KEPT + 1]:
                self._path(size).unlink(missing_ok=True)
        except OSError:
            raise _unreachable() from None

    def newest(self) -> str | None:
        """Return the note of the one over the most entries; None if none was ever noted."""
        kept = self._sizes()
        try:
            return self._path(kept[-1]).read_text("utf-8") if kept else None
        except (OSError, UnicodeDecodeError):
            raise _unreachable() from None

    def _sizes(self) -> list[int]:
        try:
            names = [each.name for each in self._folder.path.iterdir()]
        except FileNotFoundError:
            return []
        except OSError:
            raise _unreachable() from None
        return sorted(int(found[1]) for name in names if (found := _NAME.fullmatch(name)))

    def _path(self, size: int) -> Path:
        return self._folder.path / f"{size:015d}.note"


def _unreachable() -> StoreRefusedError:
    return StoreRefusedError(
        "the checkpoints of the ledger cannot be read or written",
        hint="see that their folder is there and that this account may use it: nothing is "
        "destroyed while nobody can tell whether the ledger is the newest",
    )
