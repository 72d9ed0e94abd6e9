"""What is too large, too private or too wordy for the ledger: manifests, packs, letters."""

from collections.abc import Iterable, Iterator
from typing import Protocol


class Evidence(Protocol):
    """Things kept under their own digest.

    Laws: what is kept is read back byte for byte or EvidenceError; keeping the same again is
    harmless; a crash while keeping leaves nothing under a digest.
    """

    def keep(self, content: bytes) -> str:
        """Keep *content* in the clear and return its digest."""
        ...

    def read(self, digest: str) -> bytes:
        """Return what is kept under *digest*."""
        ...

    def keep_lines(self, lines: Iterable[bytes], *, sealed: bool) -> str:
        """Keep *lines* as they come, in constant memory, and return a digest over the stored bytes.

        *sealed* encrypts them under a key of their own, which only this digest's readers are
        given while it exists; a manifest is always sealed.
        """
        ...

    def lines(self, digest: str) -> Iterator[bytes]:
        """Yield the lines kept under *digest*; EvidenceError if key or content is not whole."""
        ...
