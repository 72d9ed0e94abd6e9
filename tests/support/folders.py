"""The evidence store in a folder with hands to damage it, and a disk that dies."""

import os
from pathlib import Path

from retention.adapters import folders as files
from retention.adapters.evidence import FolderEvidence, KeyFolder
from tests.support.memory import PowerCut


class InFolder(FolderEvidence):
    """The real thing, with hands to damage it."""

    def __init__(self, root):
        self.root, self.keys = root / "evidence", root / "keys"
        self.ends = KeyFolder(self.keys)
        super().__init__(self.root, keys=self.ends)

    def close(self, digest):
        self.ends.close(digest)

    def is_open(self, digest):
        return self.ends.is_open(digest)

    def open_packs(self):
        return self.ends.open_packs()

    def bring_back_key(self, digest):
        self.key(digest).write_text(self.backup)

    def file(self, digest):
        digits = digest.removeprefix("sha256:")
        return self.root / "sha256" / digits[:2] / digits[2:]

    def key(self, digest):
        return self.keys / f"{digest.removeprefix('sha256:')}.age-key"

    def damage(self, digest):
        content = bytearray(self.file(digest).read_bytes())
        content[-1] ^= 1
        self.file(digest).write_bytes(content)

    def lose_key(self, digest):
        self.key(digest).unlink()

    def everything(self):
        return [path for path in self.root.rglob("*") if path.is_file()]


class Disk:
    """A disk that dies at one of the calls that make a file safe, and shows their order."""

    CALLS = ("fsync", "replace", "sync")

    def __init__(self, monkeypatch, die_at=None):
        self.die_at, self.calls = die_at, []
        fsync, place, sync = os.fsync, Path.replace, files._sync
        monkeypatch.setattr(files.os, "fsync", lambda fd: self._act("fsync") or fsync(fd))
        monkeypatch.setattr(
            Path, "replace", lambda a, b: self._act(f"place {b.suffix}") or place(a, b)
        )
        monkeypatch.setattr(files, "_sync", lambda path: self._act("folder") or sync(path))

    def _act(self, name):
        if len(self.calls) == self.die_at:
            raise PowerCut
        self.calls.append(name)
