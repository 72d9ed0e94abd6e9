"""Every row of one dataset generation, in one order, under one root.

A row is a line of canonical JSON with a salt of its own, so that a root says nothing about keys
that could be guessed.  The order is that of destruction: (copy, key, kind, version), data before
markers.  Keys stay here; elsewhere a row is "number 17 of the manifest".
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from retention.domain.dataset import Kind, ObjectVersion
from retention.domain.merkle import RootBuilder
from retention.errors import UnverifiedError

SALT_BYTES = 16
# As domain.canonical writes it: the names are sorted, and text and whole numbers are all there is.
_WRITE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_SCAN = json.JSONDecoder().raw_decode  # of a million lines, what json.loads asks first is a third
_KINDS = {kind.value: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class Place:
    """One copy that the engine enumerates: its id in the manifest, its kind and where it lies."""

    copy: str  # "primary-1", "replica-1"
    kind: str
    uri: str


@dataclass(frozen=True, order=True, slots=True)
class Row:
    """One version in one copy."""

    copy: str
    version: ObjectVersion


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says of itself; its rows are in the evidence store under *pack*."""

    dataset: str
    root: str  # "sha256:…", its name
    pack: str
    places: tuple[Place, ...]
    versions: int
    size_bytes: int
    uploads: int
    markers: int

    def place(self, copy: str) -> str:
        """Return where *copy* lies; raise UnverifiedError if the manifest has no such copy."""
        for each in self.places:
            if each.copy == copy:
                return each.uri
        raise _edited("a line of a stored manifest is of a copy that was not approved")


Salts = Callable[[int], bytes]


def salts_from(secret: bytes) -> Salts:
    """Return the salt of each number, from a *secret* that is then forgotten."""

    def salt(number: int) -> bytes:
        return hmac.digest(secret, number.to_bytes(8, "big"), hashlib.sha256)[:SALT_BYTES]

    return salt


def line_of(row: Row, salt: bytes) -> bytes:
    """Return the canonical line of *row*: what is stored, and what the tree commits to."""
    v = row.version
    return _WRITE(
        {
            "checksum": v.checksum,
            "copy": row.copy,
            "etag": v.etag,
            "key": v.key,
            "kind": v.kind.value,
            "salt": salt.hex(),
            "size_bytes": v.size_bytes,
            "version": v.version_id,
        }
    ).encode()


def row_of(line: bytes) -> Row:
    """Read a line that :func:`line_of` wrote; raise UnverifiedError for any that it cannot have."""
    try:
        d, _ = _SCAN(line.decode(), 0)
        version = ObjectVersion(
            d["key"], _KINDS[d["kind"]], d["version"], d["size_bytes"], d["etag"], d["checksum"]
        )
        return Row(d["copy"], version)
    except (ValueError, KeyError, TypeError):  # the error of the library would show the line
        raise _edited("a line of a stored manifest is not one of ours") from None


class Freezer:
    """Turns sorted rows into lines, and knows root and totals when they have passed."""

    def __init__(self, salts: Salts) -> None:
        """Take the *salts*, one for each number from 1."""
        self._salts = salts
        self._tree = RootBuilder()
        self._last: Row | None = None
        self.size_bytes = 0
        self.kinds = dict.fromkeys(Kind, 0)
        self.unversioned = (
            0  # written while the store kept no versions: the id outlives the content
        )

    def lines(self, rows: Iterable[Row]) -> Iterator[bytes]:
        """Yield the line of each row; raise UnverifiedError if they are not strictly ascending."""
        for number, row in enumerate(rows, start=1):
            if self._last is not None and not self._last < row:
                raise UnverifiedError(
                    f"number {number} is out of order",
                    hint="a listing out of order may have gaps: survey the store again",
                )
            self._last = row
            line = line_of(row, self._salts(number))
            self._tree.add(line)
            self.size_bytes += row.version.size_bytes
            self.kinds[row.version.kind] += 1
            self.unversioned += row.version.version_id == "null"
            yield line

    @property
    def root(self) -> str:
        """The Merkle root of all lines so far."""
        return "sha256:" + self._tree.root().hex()

    @property
    def versions(self) -> int:
        """How many rows have passed, markers and uploads included."""
        return self._tree.size


def rows_of(lines: Iterable[bytes], root: str) -> Iterator[Row]:
    """Yield the rows of a stored manifest; raise UnverifiedError at the end if it was edited.

    The rows are safe to act on only after :func:`require_root`: the root is known at the end.
    """
    tree = RootBuilder()
    for line in lines:
        tree.add(line)
        yield row_of(line)
    _require(tree, root)


def require_root(lines: Iterable[bytes], root: str) -> None:
    """Raise UnverifiedError unless *lines*, to their end, have the *root* that was approved."""
    tree = RootBuilder()
    for line in lines:
        tree.add(line)
    _require(tree, root)


def _require(tree: RootBuilder, root: str) -> None:
    if "sha256:" + tree.root().hex() != root:
        raise _edited("a stored manifest does not have the root that was approved")


def _edited(what: str) -> UnverifiedError:
    hint = "it was edited or damaged at rest: restore the evidence store and look"
    return UnverifiedError(what, hint=hint)
