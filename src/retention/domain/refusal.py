"""Why a store refused to destroy, and until when.  A lock is never bypassed or shortened.

What is refused is a future proposal with a fresh approval.
Source: design.md, rule 10; Amazon S3 documentation, "Locking objects with Object Lock".
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum, auto
from typing import Final

from retention.errors import CertificateError


class Lock(StrEnum):
    """What keeps a version that was refused, as the verifier saw it."""

    COMPLIANCE = auto()  # nobody can end it before its date
    GOVERNANCE = auto()  # some could, and we never do
    LEGAL_HOLD = auto()  # of the store: until its owner lifts it
    MFA_DELETE = auto()  # the bucket wants a second factor of its owner
    DENIED = auto()  # no lock is there: a policy or a right that is missing
    UNKNOWN = auto()  # we could not ask


DATED: Final = frozenset({Lock.COMPLIANCE, Lock.GOVERNANCE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """So many *versions* of one dataset, refused for one reason.

    The days, in London, are the first and the last on which one of these locks ends; None where
    no date is known.
    """

    lock: Lock
    versions: int
    first_until: date | None
    until: date | None

    def __post_init__(self) -> None:
        """Raise CertificateError for a lock with a date that has none, or the other way round."""
        days = self.first_until, self.until
        if self.lock in DATED:
            fits = None not in days and days == tuple(sorted(d for d in days if d is not None))
        else:
            fits = days == (None, None)
        if not fits or self.versions < 1:
            raise CertificateError(
                "a refusal does not fit its lock",
                hint="verify again: what was refused is looked at anew",
            )

    @property
    def could_go_on(self) -> date | None:
        """The first whole day on which all of them could go, by a new approval."""
        return None if self.until is None else self.until + timedelta(days=1)
