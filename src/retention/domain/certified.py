"""One dataset on a certificate: what it was, why it went, and what became of every version.

No key stands here: a manifest is named by its root, and places hold no names of patients.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Self

from retention.domain.beyond_use import BeyondUse
from retention.domain.calendar import london_day
from retention.domain.dataset import Fate
from retention.domain.refusal import Refusal
from retention.domain.wording import Grade
from retention.errors import CertificateError

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
BY_WORD = frozenset({"provider document", "person"})  # we cannot look: somebody tells us
_GRADES = {"engine": Grade.OBSERVED, "provider document": Grade.RELIED_ON}


def require(condition: bool, what: str, hint: str) -> None:  # noqa: FBT001  # reads like assert
    """Raise CertificateError that says *what* is wrong unless *condition* holds."""
    if not condition:
        raise CertificateError(what, hint=hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetAuthority:
    """Why it could go: clause, what started the clock, and the working in sentences."""

    clause: str
    trigger: str
    trigger_on: date
    trigger_by: str  # id of the person who recorded it
    trigger_evidence: str
    due_on: date | None
    destroy_by: date | None
    destroy_by_covers: str | None
    working: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPlace:
    """A copy that we listed, destroyed and listed again."""

    copy: str  # its id in the manifest, such as "primary-1"
    kind: str
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """When it happened; *destroyed_on* is the London day of the last successful outcome.

    Source: ``clock.md``, ruling 17.
    """

    frozen_at: datetime
    listed_at: datetime  # the begin-listing
    first_intent_at: datetime | None
    last_outcome_at: datetime | None  # the last successful one
    verified_at: datetime
    destroyed_on: date | None = field(init=False)

    def __post_init__(self) -> None:
        """Derive the day; refuse a story whose instants are not in their order."""
        last = self.last_outcome_at
        object.__setattr__(self, "destroyed_on", None if last is None else london_day(last))
        told = (self.frozen_at, self.listed_at, self.first_intent_at, last, self.verified_at)
        known = [at for at in told if at is not None]
        require(
            known == sorted(known),
            "its instants are not in their order: frozen, listed, ordered, verified",
            "read them from the ledger again; if they stand there, a clock was wrong",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of each version, markers and uploads included; they must reconcile."""

    planned: int
    destroyed: int
    absent_before: int
    held_back: int
    refused: int
    failed: int
    unknown: int
    arrivals: int = 0  # seen afterwards and not in the manifest: left alone, and reported

    def __post_init__(self) -> None:
        """Raise CertificateError unless the numbers reconcile and none is unknown."""
        hint = "verify again before certifying; a number is never adjusted by hand"
        require(not self.unknown, f"{self.unknown} fates are unknown", hint)
        require(
            self.planned == sum(getattr(self, fate.value) for fate in Fate),
            "planned is not destroyed + absent before + held back + refused + failed",
            hint,
        )
        require(min(getattr(self, n) for n in self.__slots__) >= 0, "a count is below nought", hint)

    @property
    def left(self) -> int:
        """How many were to go and are still there."""
        return self.held_back + self.refused + self.failed

    @classmethod
    def total(cls, each: Iterable[Self]) -> Self:
        """Return the sum of several."""
        rows = list(each)
        return cls(**{name: sum(getattr(c, name) for c in rows) for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A person's word that a copy is gone; *evidence* is the digest of what they brought."""

    by: str  # id of the person
    gone_on: date
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEnd:
    """How a key ends, whose copies cannot be read without it.

    It is *unusable since* an instant and gone on a later day, and can be recovered in between.
    *kept_because* has the codes of ``domain.erasure`` where it is not destroyed at all: then
    nothing is claimed by it.
    """

    unusable_since: datetime | None = None
    kept_because: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a key that is kept and ends."""
        require(
            not (self.kept_because and self.unusable_since),
            "a key that is kept is said to be unusable, too",
            "read its entries on the ledger again",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualCopy:
    """A copy that nobody was ordered to destroy: it ages out, or others look after it.

    *until* is the latest day on which it may exist, None if none was agreed; *seen_gone_at* is
    when it was looked at, or attested, to be gone, and None while that is pending.  *held_by*
    names the holds that keep it, *not_covered_clause* the clause by which no certificate covers it.
    Where nobody of ours can look, *attested* says whose word it is; *key* is of a key alone.
    """

    copy: str
    kind: str
    where: str
    checked_by: str
    until: date | None
    seen_gone_at: datetime | None = None
    attested: Attestation | None = None
    beyond_use: BeyondUse | None = None
    held_by: str = ""
    not_covered_clause: str = ""
    key: KeyEnd | None = None

    def __post_init__(self) -> None:
        """Refuse a copy with two fates, and an end of which nobody gave their word."""
        followed = self.until is not None or self.seen_gone_at is not None or self.held_by
        require(
            not (self.not_covered_clause and followed),
            "a copy that is not covered is said to be looked after, too",
            "read what its agreement says of it again",
        )
        by_word = self.checked_by in BY_WORD and self.seen_gone_at is not None
        require(
            by_word == (self.attested is not None),
            "a copy counts as gone by somebody's word, and nobody gave it",
            "a person attests it, with the document that shows it",
        )

    @property
    def is_pending(self) -> bool:
        """Whether a final certificate waits for it."""
        seen = self.seen_gone_at is not None
        if self.not_covered_clause:
            return False
        return bool(self.held_by) or not (seen or self.is_kept)

    @property
    def is_kept(self) -> bool:
        """Whether it is a key that is not destroyed, so that nothing is claimed by it."""
        return self.key is not None and bool(self.key.kept_because)

    @property
    def grade(self) -> Grade:
        """Its one fate, or how we know of its end."""
        if self.not_covered_clause:
            return Grade.NOT_COVERED
        if self.held_by:
            return Grade.HELD
        if self.is_kept:
            return Grade.NOT_COVERED
        if self.seen_gone_at is not None:
            return _GRADES.get(self.checked_by, Grade.ATTESTED)
        put_there = self.beyond_use is not None and self.beyond_use.holds
        return Grade.BEYOND_USE if put_there else Grade.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedDataset:
    """One dataset; *versions* counts delete markers and unfinished uploads too."""

    id: str
    describes: str
    class_name: str
    identifiability: str
    special_category: bool
    controllers: tuple[str, ...]
    manifest_root: str
    versions: int
    markers: int
    uploads: int
    size_bytes: int
    authority: DatasetAuthority
    where: tuple[CopyPlace, ...]
    how: Timeline
    verification: Counts
    residual: tuple[ResidualCopy, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a root that is none, and counts that are not those of the manifest."""
        require(
            _DIGEST.fullmatch(self.manifest_root) is not None,
            "a manifest root is not a SHA-256 digest",
            "read it from the ledger again",
        )
        require(
            self.verification.planned == self.versions >= self.markers + self.uploads,
            "planned is not the number of lines of the manifest",
            "verify again before certifying: the numbers do not reconcile",
        )
        require(
            (self.verification.destroyed > 0) <= (self.how.last_outcome_at is not None),
            "something counts as destroyed, and no outcome was ever a success",
            "read the outcomes from the ledger again",
        )
        require(
            self.verification.refused == sum(each.versions for each in self.refusals),
            "what was refused is not what was refused for one reason or another",
            "verify again: each version that was refused is looked at",
        )
        require(bool(self.where and self.controllers), "no place or no controller", "name them")
