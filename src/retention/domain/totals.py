"""What a number of versions come to, in memory that does not grow with them.

Totals add up: those of two parts, added, are those of the whole, in whatever order they come.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

SKETCH_MAX: Final = 32
UNKNOWN: Final = "unknown"  # nobody was allowed to look, or nobody looked


@dataclass(slots=True)
class Traits:
    """How versions are kept; what was *looked_at* one by one, and what a listing says of all.

    *encryption* counts, among those looked at, by ``AES256``, ``aws:kms KEY``, ``none`` or UNKNOWN.
    *sketch* is the SKETCH_MAX smallest fingerprints of content: two that share many are copies.
    """

    classes: Counter[str] = field(default_factory=Counter)  # storage class → data versions
    checksums: Counter[str] = field(default_factory=Counter)  # kind → data versions
    looked_at: int = 0
    encryption: Counter[str] = field(default_factory=Counter)
    lock_modes: Counter[str] = field(default_factory=Counter)  # among those looked at
    locked_until: datetime | None = None  # the latest date of those looked at
    legal_holds: int = 0
    sketch: frozenset[str] = frozenset()

    def add(self, other: Self) -> None:
        """Add what *other* counts."""
        for name in ("classes", "checksums", "encryption", "lock_modes"):
            getattr(self, name).update(getattr(other, name))
        self.looked_at += other.looked_at
        self.legal_holds += other.legal_holds
        self.locked_until = _later(self.locked_until, other.locked_until)
        self.sketch = smallest(self.sketch | other.sketch)

    def text(self) -> str:
        """Write it as JSON, always alike, without what is empty."""
        plain: dict[str, Any] = {
            "classes": dict(self.classes),
            "checksums": dict(self.checksums),
            "looked_at": self.looked_at,
            "encryption": dict(self.encryption),
            "lock_modes": dict(self.lock_modes),
            "locked_until": self.locked_until and self.locked_until.isoformat(),
            "legal_holds": self.legal_holds,
            "sketch": sorted(self.sketch),
        }
        said = {name: value for name, value in plain.items() if value}
        return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what :meth:`text` wrote."""
        said: dict[str, Any] = json.loads(text)
        until = said.get("locked_until")
        return cls(
            Counter(said.get("classes", {})),
            Counter(said.get("checksums", {})),
            said.get("looked_at", 0),
            Counter(said.get("encryption", {})),
            Counter(said.get("lock_modes", {})),
            None if until is None else datetime.fromisoformat(until),
            said.get("legal_holds", 0),
            frozenset(said.get("sketch", ())),
        )


@dataclass(slots=True)
class Totals:
    """Counts, bytes and times of one copy of one dataset, with its traits."""

    versions: int = 0
    markers: int = 0
    uploads: int = 0
    size_bytes: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    traits: Traits = field(default_factory=Traits)

    @property
    def rows(self) -> int:
        """How many things a store could destroy there."""
        return self.versions + self.markers + self.uploads

    def add(self, other: Self) -> None:
        """Add what *other* counts."""
        self.versions += other.versions
        self.markers += other.markers
        self.uploads += other.uploads
        self.size_bytes += other.size_bytes
        self.between(other.oldest_at, other.newest_at)
        self.traits.add(other.traits)

    def between(self, oldest_at: datetime | None, newest_at: datetime | None) -> None:
        """Take in that something is as old, and something as new, as that; None says nothing."""
        if oldest_at is not None and (self.oldest_at is None or oldest_at < self.oldest_at):
            self.oldest_at = oldest_at
        self.newest_at = _later(self.newest_at, newest_at)


def smallest(fingerprints: frozenset[str]) -> frozenset[str]:
    """Return the SKETCH_MAX smallest of *fingerprints*."""
    if len(fingerprints) <= SKETCH_MAX:
        return fingerprints
    return frozenset(sorted(fingerprints)[:SKETCH_MAX])


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
