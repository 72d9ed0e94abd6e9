"""Every key of one installation, in one folder: made at first start, read by its owner alone."""

import fcntl
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from retention.adapters.seal.keys import (
    FileSigner,
    IssuerKeys,
    TrustedKeys,
    ed25519_signer,
    issuer_keys,
)
from retention.domain.tlog import LogKey
from retention.ports.clock import Clock

ORIGIN = "retention.invalid/ledger"  # the name of the log; its id is over the key as well
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class LedgerKey:
    """The key under the ledger's checkpoints; fits ``adapters.ledger.CheckpointSigner``."""

    signer: FileSigner
    origin: str = ORIGIN

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the Ed25519 public key."""
        return self.signer.public_raw

    @property
    def public_text(self) -> str:
        """The public key as readers are given it: ``origin+id+key`` (C2SP signed-note)."""
        return str(LogKey(self.origin, self.public_key))

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature of *message*."""
        return self.signer.sign(message)


class Keyring:
    """The keys of issuer, gate and ledger in *folder*, each in a folder of its own."""

    def __init__(self, folder: Path, *, legal_name: str, clock: Clock) -> None:
        """Make *folder* ours alone; a key is made when it is first used."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._folder = folder
        self._legal_name = legal_name
        self._clock = clock

    @cached_property
    def issuer(self) -> IssuerKeys:
        """Signs statements and seals documents."""
        return issuer_keys(self._folder / "issuer", common_name=self._legal_name, clock=self._clock)

    @cached_property
    def gate(self) -> FileSigner:
        """Signs who answered; only the gate's process should be able to read it."""
        return ed25519_signer(self._folder / "gate")

    @cached_property
    def ledger(self) -> LedgerKey:
        """Signs checkpoints."""
        return LedgerKey(ed25519_signer(self._folder / "ledger"))

    @property
    def trusted_gate(self) -> TrustedKeys:
        """The public side of the gate's key."""
        return TrustedKeys.of(self.gate.public_pem)


def service_secrets(path: Path, services: Sequence[str]) -> dict[str, str]:
    """Return the secret of each of *services* in the file *path*, made now if there is none.

    Two processes that start at once agree: the file appears whole, and once.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = {name: secrets.token_urlsafe(SECRET_BYTES) for name in services}
        new = path.with_name(f"{path.name}.{os.getpid()}")
        new.touch(mode=0o600)
        new.write_text(json.dumps(made), encoding="utf-8")
        try:
            os.link(new, path)  # fails if another was first
        except FileExistsError:
            pass
        finally:
            new.unlink()
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found if found.keys() >= set(services) else _with_more(path, services)


def _with_more(path: Path, services: Sequence[str]) -> dict[str, str]:
    """Add what *services* lack to a file that was made when there were fewer of them."""
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        found |= {n: secrets.token_urlsafe(SECRET_BYTES) for n in services if n not in found}
        new = path.with_name(f"{path.name}.{os.getpid()}")
        new.touch(mode=0o600)
        new.write_text(json.dumps(found), encoding="utf-8")
        new.replace(path)
    return found
