"""Databases that are gone for a while, disks that are full: what befalls ports other than stores."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import event

from retention.adapters.evidence import FolderEvidence, KeyFolder
from retention.adapters.folders import Folder
from retention.adapters.ledger import SqlLedger
from retention.errors import StoreUnavailableError
from tests.support.signer import CheckpointKey

FULL = Path("/dev/full")  # takes nothing: every write fails as on a full disk
CALLS_MAX = 5  # of a database that is gone
DISK_OFTEN = 8  # so much more often is a disk full than a database gone: it has fewer calls
PAGES_MAX = 1_073_741_823  # of SQLite
WRITES = frozenset({"append", "append_all"})
LEDGER = ("gone", "gone", "gone_after", "locked", "full")
EVIDENCE = ("full", "full_later")


class Trouble:
    """Draws what befalls each call of ledger and evidence, and lets others move in between.

    *before* is called before each call, and after it too: lives go on meanwhile.
    """

    def __init__(self, chance, *, share, faults_max, before):
        self.chance, self.share, self.faults_max = chance, share, faults_max
        self.before, self.told, self.calls, self.gone_for = before, [], 0, 0

    def draw(self, port, verb, names):
        """Return the fault of the next call, or None."""
        self.calls += 1
        if self.gone_for and port == "ledger":
            self.gone_for -= 1
            return "gone"
        share = self.share * (DISK_OFTEN if port == "evidence" else 1)
        if self.faults_max == 0 or self.chance.random() >= share:
            return None
        self.faults_max -= 1
        name = self.chance.choice(names)
        if name == "gone":
            self.gone_for = self.chance.randrange(CALLS_MAX)
        self.told.append((self.calls, f"{port}.{verb}", name))
        return name


class ShakyLedger:
    """A ledger that is out of reach at times; *kept* is every record that it acknowledged."""

    def __init__(self, url, clock, trouble):
        self._url, self._trouble, self.kept = url, trouble, []
        self._inner = SqlLedger(url, clock=clock, signer=CheckpointKey())
        self._pages_max = PAGES_MAX
        event.listen(self._inner._database._engine, "begin", self._limit)

    def close(self):
        self._inner.close()

    def __getattr__(self, verb):
        def call(*arguments, **named):
            self._trouble.before()
            names = LEDGER if verb in WRITES else LEDGER[:2]
            with self._befalling(self._trouble.draw("ledger", verb, names)):
                found = getattr(self._inner, verb)(*arguments, **named)
                found = list(found) if isinstance(found, Iterator) else found
            if verb in WRITES:
                self.kept += [found] if verb == "append" else found
            self._trouble.before()
            return found

        return call

    @contextmanager
    def _befalling(self, name):
        if name == "gone":
            raise unreachable()
        if name == "full":
            self._pages_max = 1  # it cannot shrink: so it is full at the size that it has
        try:
            if name == "locked":
                with closing(sqlite3.connect(self._url.removeprefix("sqlite:///"))) as other:
                    other.execute("BEGIN IMMEDIATE")
                    yield
            else:
                yield
        finally:
            self._pages_max = PAGES_MAX
        if name == "gone_after":
            raise unreachable()

    def _limit(self, connection):
        connection.exec_driver_sql(f"PRAGMA max_page_count={self._pages_max}")


def unreachable():
    """Return what an adapter raises when its database does not answer."""
    return StoreUnavailableError("the database cannot be reached", hint="try again in a while")


class ShakyEvidence:
    """An evidence store in a folder, on a disk that is full at times."""

    def __init__(self, folder, trouble):
        self._trouble = trouble
        keys = KeyFolder(folder / "keys")
        self._inner = FolderEvidence(folder / "evidence", keys=keys)
        self._disk = _Disk()
        self._inner._folder = _Tight(folder / "evidence", self._disk)
        keys._folder = _Tight(folder / "keys", self._disk)

    def __getattr__(self, verb):
        def call(*arguments, **named):
            self._trouble.before()
            if verb in {"keep", "keep_lines"}:
                self._disk.full = self._trouble.draw("evidence", verb, EVIDENCE)
            try:
                return getattr(self._inner, verb)(*arguments, **named)
            finally:
                self._disk.full = None

        return call


class _Disk:
    full = None


class _Tight(Folder):
    """A folder on a disk that is full from the first byte, or once all is written."""

    def __init__(self, path, disk):
        super().__init__(path)
        self._disk = disk

    @contextmanager
    def new_file(self):
        with super().new_file() as file:
            yield _NoRoom(file) if self._disk.full == "full" else file

    def settle(self, file, path):
        if self._disk.full == "full_later":
            _write_to_full(b"the end of a file")
        super().settle(file, path)


class _NoRoom:
    def __init__(self, file):
        self._file = file

    def __getattr__(self, name):
        return getattr(self._file, name)

    def write(self, data):
        return _write_to_full(bytes(data))


def _write_to_full(data):
    with FULL.open("wb", buffering=0) as device:
        return device.write(data)
