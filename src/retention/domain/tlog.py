"""Checkpoints and proofs of the ledger as short texts that a third party checks offline.

Only the log's public key is needed.  The signature itself is checked by a callable that is passed
in, so that this module is arithmetic on text.  Whatever does not check raises LedgerBrokenError.
Source: c2sp.org/signed-note, c2sp.org/tlog-checkpoint and c2sp.org/tlog-proof@v1.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from retention.domain.merkle import Hash, included, leaf_hash
from retention.errors import LedgerBrokenError

Holds = Callable[[bytes, bytes, bytes], bool]  # (public key, message, signature), by Ed25519

PROOF_V1 = "c2sp.org/tlog-proof@v1"
TEXT_MAX = 100_000  # characters; sixteen signatures of any kind fit

_ED25519 = b"\x01"
_HASH_BYTES = 32
_ID_BYTES = 4
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[^\s+]+")
_ODD = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")  # control characters, and half characters


@dataclass(frozen=True, slots=True)
class LogKey:
    """The public key of one log: its origin, which is its name, and 32 bytes of Ed25519."""

    origin: str
    public: bytes

    def __post_init__(self) -> None:
        """Refuse a name or a key that could not stand in a note; raise ValueError."""
        if not _NAME.fullmatch(self.origin) or len(self.public) != _HASH_BYTES:
            raise ValueError("a log key is a name without space or plus, and 32 bytes")

    def __str__(self) -> str:
        """Return ``origin+id+key``, the form that other verifiers read."""
        return f"{self.origin}+{self.id.hex()}+{_base64(_ED25519 + self.public)}"

    @property
    def id(self) -> bytes:
        """Four bytes that say which key signed; no proof of anything."""
        named = self.origin.encode() + b"\n" + _ED25519 + self.public
        return hashlib.sha256(named).digest()[:_ID_BYTES]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` wrote; raise ValueError on anything else."""
        origin, _, rest = text.partition("+")
        _, _, encoded = rest.partition("+")
        raw = base64.b64decode(encoded, validate=True)
        key = cls(origin, raw.removeprefix(_ED25519))
        if str(key) != text:
            raise ValueError("this is not the public key of a log")
        return key


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a checkpoint says: under *root* lie the first *size* entries of the log *origin*."""

    origin: str
    size: int
    root: Hash

    def body(self) -> str:
        """Return the text that is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


def signed(head: TreeHead, key: LogKey, sign: Callable[[bytes], bytes]) -> str:
    """Return *head* as a signed note; *sign* is the private side of *key*."""
    body = head.body()
    return f"{body}\n\u2014 {key.origin} {_base64(key.id + sign(body.encode()))}\n"


def opened(note: str, keys: Sequence[LogKey], holds: Holds) -> TreeHead:
    """Return what the checkpoint *note* says, if one of *keys* signed it and signed it well.

    Signatures by keys that are not ours, such as a witness's, are passed over.
    """
    body, signatures = _split_note(note)
    good = 0
    for name, signature in signatures:
        for key in keys:
            if (key.origin, key.id) == (name, signature[:_ID_BYTES]):
                if not holds(key.public, body.encode(), signature[_ID_BYTES:]):
                    raise _broken("a signature of the checkpoint does not hold")
                good += 1
    head = _head(body)
    if not good or head.origin not in {key.origin for key in keys}:
        raise _broken("the checkpoint is not signed by a key that is trusted here")
    return head


def proof(index: int, path: Sequence[Hash], note: str) -> str:
    """Return the text that proves entry *index* under the checkpoint *note*."""
    hashes = "".join(f"{_base64(each)}\n" for each in path)
    return f"{PROOF_V1}\nindex {index}\n{hashes}\n{note}"


def proved(text: str, leaf: bytes, keys: Sequence[LogKey], holds: Holds) -> tuple[int, TreeHead]:
    """Return where the entry with the content *leaf* stands, and under which head.

    *text* is what :func:`proof` wrote; an ``extra`` line is passed over, for nobody signed it.
    """
    if len(text) > TEXT_MAX:
        raise _broken("this is too long for a proof")
    above, _, note = text.partition("\n\n")
    head = opened(note, keys, holds)
    first, *lines = above.split("\n")
    if lines and lines[0].startswith("extra "):
        _bytes(lines.pop(0).removeprefix("extra "))
    if first != PROOF_V1 or not lines or not lines[0].startswith("index "):
        raise _broken("this is not a proof of the form tlog-proof@v1")
    index = _number(lines[0].removeprefix("index "))
    path = [_hash(line) for line in lines[1:]]
    if not included(leaf_hash(leaf), index, head.size, path, head.root):
        raise _broken("the proof does not lead from the entry to the checkpoint")
    return index, head


def _split_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return the signed text and its (name, key id and signature)."""
    body, blank, below = note.rpartition("\n\n")
    if len(note) > TEXT_MAX or _ODD.search(note) or not blank or not below.endswith("\n"):
        raise _broken("this is not a signed note")
    signatures = []
    for line in below.removesuffix("\n").split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "\u2014" or not _NAME.fullmatch(name):
            raise _broken("a line below a signed note is no signature")
        signatures.append((name, _bytes(encoded)))
    return body + "\n", signatures


def _head(body: str) -> TreeHead:
    lines = body.split("\n")
    if len(lines) < 4 or not all(lines[:-1]):  # noqa: PLR2004  # three lines, and nothing after the last
        raise _broken("a signed note is not a checkpoint")
    return TreeHead(lines[0], _number(lines[1]), _hash(lines[2]))


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise _broken("a number in a checkpoint or proof has no plain spelling")
    return int(text)


def _hash(text: str) -> Hash:
    if len(raw := _bytes(text)) != _HASH_BYTES:
        raise _broken("a hash in a checkpoint or proof has not 32 bytes")
    return raw


def _bytes(text: str) -> bytes:
    """Decode the one base64 spelling of some bytes: a second spelling would be a changed text."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raw = b""
    if not raw or _base64(raw) != text:
        raise _broken("something in a checkpoint or proof is not base64")
    return raw


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _broken(message: str) -> LedgerBrokenError:
    return LedgerBrokenError(
        message, hint="it was altered, or belongs to another ledger: ask its issuer for it afresh"
    )
