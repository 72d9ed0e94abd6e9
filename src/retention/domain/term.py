"""The life of an agreement: which version governs, when it ends, and where it was interrupted.

Source: ``clock.md``, ruling 6.  ``until`` never moves: a renewal is a new version, and what begins
on the day after continues; what begins later leaves a gap that is recorded and never repaired.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Self

from retention.domain.agreement import Agreement

_NEXT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Term:
    """What the versions of one agreement say together, seen from one day.

    *governing* is None if none is in force yet.  *ends_on* is the end of the unbroken chain of
    versions from the governing one, as far as it is signed; None if that chain has no end.
    """

    reference: str
    governing: Agreement | None
    started_on: date | None
    ends_on: date | None
    gaps: tuple[tuple[date, date], ...]  # days on which no version was in force, inclusive
    newest_from: date | None = None  # first day of the newest version, which may lie ahead

    @classmethod
    def of(cls, versions: Sequence[Agreement], on: date) -> Self:
        """Read the *versions* of one agreement on the day *on*; raise ValueError if there are none.

        Where nothing is dated yet, the newest version governs: placeholders have no days.
        """
        if not versions:
            raise ValueError("an agreement without a version is none")
        ordered = sorted(versions, key=lambda each: each.version)
        dated = [each for each in ordered if each.in_force_from is not None]
        begun = [each for each in dated if each.in_force_on(on)]
        governing = begun[-1] if begun else None
        if governing is None and not any(each.is_signed for each in ordered) and not dated:
            governing = ordered[-1]
        return cls(
            ordered[0].reference,
            governing,
            dated[0].in_force_from if dated else None,
            None if governing is None else _chain_end(governing, dated),
            tuple(_gaps(dated)),
            dated[-1].in_force_from if dated else None,
        )

    def is_over_on(self, day: date) -> bool:
        """Tell whether the chain of versions has ended before *day*."""
        return self.ends_on is not None and self.ends_on < day


def _chain_end(governing: Agreement, dated: Sequence[Agreement]) -> date | None:
    end = governing.in_force_until
    for each in dated:
        if each.version <= governing.version or each.in_force_from is None:
            continue
        if end is not None and each.in_force_from > end + _NEXT:
            break  # a later version that begins no later goes on, also where no end was set
        end = each.in_force_until
    return end


def _gaps(dated: Sequence[Agreement]) -> list[tuple[date, date]]:
    found = []
    for earlier, later in pairwise(dated):
        end, begin = earlier.in_force_until, later.in_force_from
        if end is not None and begin is not None and begin > end + _NEXT:
            found.append((end + _NEXT, begin - _NEXT))
    return found
