"""The end of the keys of sealed packs: only ``steps.close_manifests`` may name this port."""

from collections.abc import Iterator
from typing import Protocol


class ClosesPacks(Protocol):
    """Destroys the one key that opens a sealed pack.

    Laws: after ``close`` the pack is closed by design, in every process and after any crash: its
    lines are a PackClosedError, which says so.  The pack itself stays, and so do all other packs
    and their keys.  A crash on the way leaves the pack open, or closed; closing again is harmless,
    and closes a pack whose key a backup brought back.
    """

    def close(self, digest: str) -> None:
        """Destroy the key of the pack *digest*; StoreUnavailableError if that cannot be done."""
        ...

    def open_packs(self) -> Iterator[str]:
        """Yield the digest of every pack whose key is there, each once."""
        ...

    def is_open(self, digest: str) -> bool:
        """Tell whether a key of the pack *digest* is there."""
        ...
