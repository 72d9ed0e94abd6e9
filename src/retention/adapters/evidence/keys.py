"""One key for each sealed pack, in a file of its own, so that a pack can be closed for good.

The folder belongs apart from the evidence, and apart from its backups: whoever has both reads all.
"""

import re
from pathlib import Path

from retention.adapters.evidence.files import Folder

_HEX = re.compile(r"sha256:([0-9a-f]{64})")


def hex_of(digest: str) -> str | None:
    """Return the 64 digits of a digest, or None if it is none."""
    found = _HEX.fullmatch(digest)
    return None if found is None else found[1]


class KeyFolder:
    """A folder of age identities, each named by the digest of the pack that it opens."""

    def __init__(self, folder: Path) -> None:
        self._folder = Folder(folder)

    def keep(self, digest: str, identity: str) -> None:
        """Keep the *identity* that opens the pack *digest*."""
        with self._folder.new_file() as file:
            file.write(f"{identity}\n".encode())
            self._folder.settle(file, self._path(digest))

    def identity(self, digest: str) -> str | None:
        """Return the identity that opens the pack *digest*, or None if there is none any more."""
        try:
            return self._path(digest).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None

    def _path(self, digest: str) -> Path:
        if (digits := hex_of(digest)) is None:
            raise ValueError("a key is named by a digest")
        return self._folder.path / f"{digits}.age-key"
