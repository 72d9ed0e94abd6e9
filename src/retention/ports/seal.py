"""Signatures: of the statement, of the document, and of the gate's records."""

from typing import Protocol


class Signs(Protocol):
    """A key that signs."""

    @property
    def key_id(self) -> str:
        """``sha256:`` over the DER SubjectPublicKeyInfo of the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature of *message*."""
        ...


class Checks(Protocol):
    """Public keys that are trusted for one purpose."""

    def holds(self, key_id: str, message: bytes, signature: bytes) -> bool:
        """Tell whether a trusted key *key_id* signed exactly *message*; unknown keys never did."""
        ...


class Seals(Protocol):
    """Seals a finished document so that any later change shows."""

    def seal(self, pdf: bytes) -> bytes:
        """Return *pdf* with a seal over all of it, added at its end (PAdES B-B, DocMDP 1)."""
        ...
