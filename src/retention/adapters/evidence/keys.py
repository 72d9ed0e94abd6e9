"""One key for each sealed pack, in a file of its own, so that a pack can be closed for good.

The folder belongs apart from the evidence, and apart from its backups: whoever has both reads all.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from retention.adapters.folders import Folder
from retention.errors import StoreUnavailableError

_HEX = re.compile(r"sha256:([0-9a-f]{64})")


def hex_of(digest: str) -> str | None:
    """Return the 64 digits of a digest, or None if it is none."""
    found = _HEX.fullmatch(digest)
    return None if found is None else found[1]


class KeyFolder:
    """A folder of age identities, each named by the digest of the pack that it opens.

    Where a key was destroyed by design a mark stays, so that nobody looks for it.
    """

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

    def close(self, digest: str) -> None:
        """Destroy the key of the pack *digest*; fits :class:`retention.ports.closing.ClosesPacks`.

        A mark is left in its place first, so that a crash on the way leaves no pack that looks
        damaged.  The file is unlinked: that its blocks are overwritten no file system promises.
        """
        try:
            with self._folder.new_file() as file:
                file.write(b"closed by design\n")
                self._folder.settle(file, self._mark(digest))
            self._folder.remove(self._path(digest))
        except OSError as error:
            raise StoreUnavailableError(
                "the key of a pack cannot be destroyed",
                hint="see that the folder of keys is there, and that this account may write to it",
            ) from error

    def open_packs(self) -> Iterator[str]:
        """Yield the digest of every pack whose key is there."""
        for path in sorted(self._folder.path.glob("*.age-key")):
            yield f"sha256:{path.stem}"

    def is_open(self, digest: str) -> bool:
        """Tell whether a key of the pack *digest* is there."""
        return self._path(digest).is_file()

    def is_closed(self, digest: str) -> bool:
        """Tell whether the pack *digest* was closed by design."""
        return self._mark(digest).is_file()

    def _path(self, digest: str) -> Path:
        return self._named(digest, "age-key")

    def _mark(self, digest: str) -> Path:
        return self._named(digest, "closed")

    def _named(self, digest: str, kind: str) -> Path:
        if (digits := hex_of(digest)) is None:
            raise ValueError("a key is named by a digest")
        return self._folder.path / f"{digits}.{kind}"
