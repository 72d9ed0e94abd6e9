"""The signature under a checkpoint: Ed25519, by a key that somebody else keeps."""

from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from retention.domain.tlog import LogKey


class CheckpointSigner(Protocol):
    """The key of one log."""

    @property
    def origin(self) -> str:
        """The name of the log, such as ``ledger.example.org/destruction``; no space, no plus."""
        ...

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the Ed25519 public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the Ed25519 signature of *message*."""
        ...


def key_of(signer: CheckpointSigner) -> LogKey:
    """Return the public side of *signer*."""
    return LogKey(signer.origin, signer.public_key)


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether *signature* is one of *message* by the key *public*; fits ``tlog.Holds``."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
