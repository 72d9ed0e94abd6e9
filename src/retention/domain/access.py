"""Who may reach a bucket while a disposal cools off, as the ledger tells it.

Each bucket has a stream of its own: several proposals may close parts of one bucket at a time, and
one change to its rules is made after another.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from retention.domain.calendar import instant
from retention.domain.canonical import sha256
from retention.domain.entry import Entry, Record
from retention.domain.pattern import key_prefix


class AccessAct(StrEnum):
    """What is done to the rules of a bucket."""

    WITHDRAW = "withdraw"
    RESTORE = "restore"


def bucket_of(place: str) -> str:
    """Return the bucket in which a place lies, such as ``s3://records/``."""
    scheme, bucket, _ = key_prefix(place)
    return f"{scheme}://{bucket}/"


def by_bucket(places: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return *places*, sorted and each once, by the bucket in which they lie."""
    found: dict[str, set[str]] = {}
    for place in places:
        found.setdefault(bucket_of(place), set()).add(place)
    return {root: tuple(sorted(found[root])) for root in sorted(found)}


def bucket_digest(root: str) -> str:
    """Return what the ledger calls a bucket."""
    return sha256(root.encode())


def access_stream(root: str) -> str:
    """Return the name of the stream of one bucket."""
    return f"access:{bucket_digest(root).removeprefix('sha256:')}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one proposal stands with one bucket.

    *withdrawn* is the newest change of its own that was not undone, announced at least; *announced*
    is what it announced last and has not finished.  *other* is what another proposal is about to
    do.  *length* is that of the stream, for compare-and-set.
    """

    length: int
    withdrawn: Record | None = None
    announced: Record | None = None
    other: Record | None = None

    @classmethod
    def of(cls, records: Iterable[Record], proposal: str) -> Self:
        """Fold the stream of one bucket."""
        records, withdrawn, announced = list(records), None, None
        for record in records:
            if record.text("proposal") != proposal:
                continue
            announced = record if record.kind is Entry.ACCESS_ANNOUNCED else None
            if record.kind is Entry.ACCESS_RESTORED:
                withdrawn = None
            elif announced is None or announced.text("act") == AccessAct.WITHDRAW:
                withdrawn = record
        last = records[-1] if records else None
        is_other = last is not None and last.text("proposal") != proposal
        open_ = last if is_other and last and last.kind is Entry.ACCESS_ANNOUNCED else None
        return cls(len(records), withdrawn, announced, open_)

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was seen that access is withdrawn, and it was not given back."""
        return self.withdrawn is not None and self.withdrawn.kind is Entry.ACCESS_WITHDRAWN

    def must_wait(self, now: datetime) -> bool:
        """Tell whether another proposal is at work on the bucket, and has not run out of time."""
        return self.other is not None and instant(self.other.text("until")) > now
