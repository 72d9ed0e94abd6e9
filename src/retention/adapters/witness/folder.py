"""Checkpoints in a folder, one file each, named by how many entries it is over.

The folder belongs on another disk than the ledger, and never into the same backup.  A disk that is
not mounted looks like a folder in which nothing was ever noted: a file elsewhere says that it was.
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

    def __init__(self, path: Path, noted: Path | None = None) -> None:
        """Keep checkpoints under *path*; *noted* is a file elsewhere that says that any were."""
        self._folder = Folder(path)
        self._noted = noted

    def note(self, checkpoint: Checkpoint) -> None:
        """Keep *checkpoint*, unless one over more entries is kept already."""
        kept = self._sizes()
        if kept and kept[-1] >= checkpoint.size:
            return
        try:
            with self._folder.new_file() as file:
                file.write(checkpoint.note.encode())
                self._folder.settle(file, self._path(checkpoint.size))
            if self._noted is not None:
                self._noted.touch(mode=0o600)
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
            names = []
        except OSError:
            raise _unreachable() from None
        sizes = sorted(int(found[1]) for name in names if (found := _NAME.fullmatch(name)))
        if not sizes and self._noted is not None and self._noted.exists():
            raise _empty(self._noted)
        return sizes

    def _path(self, size: int) -> Path:
        return self._folder.path / f"{size:015d}.note"


def _empty(noted: Path) -> StoreRefusedError:
    return StoreRefusedError(
        "checkpoints of the ledger were noted, and their folder holds none",
        hint="see that its disk is mounted; if they are truly lost, audit the ledger first, and "
        f"then remove the file {noted.name} in the home of retention",
    )


def _unreachable() -> StoreRefusedError:
    return StoreRefusedError(
        "the checkpoints of the ledger cannot be read or written",
        hint="see that their folder is there and that this account may use it: nothing is "
        "destroyed while nobody can tell whether the ledger is the newest",
    )
