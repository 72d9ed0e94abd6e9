"""Files that are there whole or not at all, whatever crashes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

BEING_WRITTEN = "being-written"  # what a crash leaves lies here, under no digest


class Folder:
    """A folder of our own: for us alone (0700), and its files too (0600)."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def new_file(self) -> Iterator[IO[bytes]]:
        """Give an empty file without a place; unless it is settled, it is gone afterwards."""
        aside = self.path / BEING_WRITTEN
        _make(aside)
        with NamedTemporaryFile(dir=aside, delete=False) as file:  # made with mode 0600
            try:
                yield file
            finally:
                Path(file.name).unlink(missing_ok=True)

    def settle(self, file: IO[bytes], path: Path) -> None:
        """Give *file* its place, once its content is on the disk."""
        file.flush()
        os.fsync(file.fileno())
        _make(path.parent)
        Path(file.name).replace(path)
        _sync(path.parent)

    def remove(self, path: Path) -> None:
        """Take a file away, and its name off the disk; one that is not there is no fault."""
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            _sync(path.parent)


def _make(folder: Path) -> None:
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Put the names in *folder* on the disk, too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
