"""Agreements and people as their files say now: a process that lives for long reads them again."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final

from retention.agreements import ReadLibrary, read
from retention.domain.agreement import Agreement, Party, Person
from retention.domain.term import Term
from retention.errors import AgreementError
from retention.ports.library import Engine
from retention.settings import policy_files

LOOK_EVERY_S: Final = 1.0  # an authority asks many times for one batch

_Files = tuple[tuple[str, int, int, int], ...]  # name, time of change in ns, bytes, inode


class FreshLibrary:
    """Fits ``ports.library.Library``: read anew as soon as a file below *folder* has changed.

    Laws: whoever left people.toml, or an agreement that changed, counts within a second in every
    process; while the files have a fault, or are half written, every question raises
    AgreementError, so that whoever asks takes nothing for granted.
    """

    def __init__(self, folder: Path, look_every_s: float = LOOK_EVERY_S) -> None:
        """Read *folder*; raise AgreementError with every fault of every file."""
        self._folder, self._look_every_s = folder, look_every_s
        self._lock = Lock()
        self._looked_at = float("-inf")
        self._files: _Files | None = None
        self._library: ReadLibrary | None = None
        self._now()

    def agreements(self, on: date) -> Sequence[Agreement]:
        """Return for each reference the version that governs on the day *on*."""
        return self._now().agreements(on)

    def terms(self, on: date) -> Sequence[Term]:
        """Return for each reference what its versions say together on the day *on*."""
        return self._now().terms(on)

    def agreement(self, reference: str, version: int) -> Agreement:
        """Return one version; raise AgreementError if there is none."""
        return self._now().agreement(reference, version)

    def party(self, party_id: str) -> Party:
        """Return a party; raise AgreementError if there is none."""
        return self._now().party(party_id)

    def people(self) -> Sequence[Person]:
        """Return everyone who decides or records."""
        return self._now().people()

    def engine(self) -> Engine:
        """Return who we are."""
        return self._now().engine()

    @property
    def edition(self) -> object:
        """Return what tells this reading from one before: another value once a file has changed."""
        self._now()
        return self._files

    def _now(self) -> ReadLibrary:
        with self._lock:
            if self._library is None or monotonic() - self._looked_at >= self._look_every_s:
                self._look()
            assert self._library is not None
            return self._library

    def _look(self) -> None:
        files = _files_below(self._folder)
        if self._library is None or files != self._files:
            self._library = None  # a fault leaves nothing to be taken for granted
            self._library = read(policy_files(self._folder))
            self._files = files  # as they were before they were read: a change meanwhile is seen
        self._looked_at = monotonic()


def _files_below(folder: Path) -> _Files:
    try:
        found = [(path, path.stat()) for path in sorted(folder.rglob("*.toml"))]
    except OSError as error:  # somebody is replacing it at this moment
        raise AgreementError(
            f"a file below {folder.name} cannot be looked at: {error.strerror}",
            hint="wait until whoever writes it is done",
        ) from error
    return tuple((str(path), s.st_mtime_ns, s.st_size, s.st_ino) for path, s in found)
