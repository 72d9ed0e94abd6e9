"""Published retention schedules: what others advise, and how sure we are that they do.

An agreement's clause governs; a schedule is what it follows or departs from.
Source: NHS Records Management Code of Practice, appendix II; ``clock.md``, ruling 16.
"""

from dataclasses import dataclass
from enum import StrEnum

from retention.domain.age import Age
from retention.domain.clock import Period
from retention.domain.words import period_words


class Confidence(StrEnum):
    """Whether somebody of ours read the value in the text itself."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"


class PeriodKind(StrEnum):
    """What a schedule's period binds."""

    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    FIXED = "fixed"
    PERMANENT = "permanent"
    ON_INSTRUCTION = "on-instruction"  # another agreement sets the day
    BY_POLICY = "by-policy"  # the schedule leaves it to whoever holds the records


@dataclass(frozen=True, slots=True)
class ScheduleRule:
    """One entry of a schedule; *name* is ``nhs-england-2023/clinical-audit``.

    *period* is None where the entry is no plain period: then *words* say it.  *read_in* names the
    text in which a verified value was read, "" for an unverified one.
    """

    name: str
    source: str
    nation: str
    edition: str
    describes: str
    kind: PeriodKind
    period: Period | Age | None
    words: str
    starts: str
    then: str
    confidence: Confidence
    read_in: str = ""

    @property
    def mark(self) -> str:
        """How sure we are, as it stands beside the rule wherever the rule is shown."""
        return f"{self.confidence}, read in {self.read_in}" if self.read_in else self.confidence

    @property
    def lasts(self) -> str:
        """The period in words."""
        if isinstance(self.period, Period):
            return period_words(self.period)
        return self.words if self.period is None else f"through {self.period}"

    def __str__(self) -> str:
        """Return name, period and how sure we are of it."""
        return f"{self.name} {self.lasts} ({self.mark})"
