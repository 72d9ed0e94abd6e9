"""When something happened, as far as anybody knows: between two days, either of which may be open.

One idea carries three rulings.  An imprecise date ("in 2019") lies within the year; an event that
nobody recorded lies anywhere; and the earliest or latest of several lies where arithmetic on such
days puts it.  A minimum counts from the latest day possible and a maximum from the earliest.
Source: ``clock.md``, rulings 6 to 8.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Firmness(StrEnum):
    """How a ``destroy_by`` may be read when not every event is known."""

    FIRM = "firm"
    AT_THE_LATEST = "at the latest"  # only an upper bound: it may already be due
    WARNING = "warning"  # only a lower bound: the day on which to ask


@dataclass(frozen=True, slots=True)
class Within:
    """The days between which it was, as each kind of bound may read them; None if nobody can tell.

    It was not before *earliest*.  A maximum counts from *by* at the latest: of an imprecise date
    that is its first day, too.  A minimum may count from *minimum_from*: the last day on which it
    can have been, and None for an end that is dated and not yet confirmed by a person.  *unknown*
    names the events that would have to be recorded for the days to meet.
    """

    earliest: date | None
    by: date | None
    minimum_from: date | None
    unknown: frozenset[str] = frozenset()

    @property
    def maximum_from(self) -> date | None:
        """The day from which a maximum counts: the earliest possible, or else the latest."""
        return self.by if self.earliest is None else self.earliest

    @property
    def firmness(self) -> Firmness:
        """How a maximum that counts from :attr:`maximum_from` may be read."""
        if self.earliest is None:
            return Firmness.AT_THE_LATEST
        return Firmness.FIRM if self.by == self.earliest else Firmness.WARNING


NEVER = Within(None, None, None)  # no day is set, and nothing is missing that somebody could record


def between(first: date, last: date) -> Within:
    """Return the days of something that happened on one of those from *first* to *last*."""
    return Within(first, first, last)


def not_recorded(name: str) -> Within:
    """Return the days of an event that nobody has recorded: it may have been, or never be."""
    return Within(None, None, None, frozenset({name}))


def dated(day: date) -> Within:
    """Return the days of an end that is dated and not confirmed.

    A maximum counts from it at once; a minimum does not begin, since it may yet be renewed.
    """
    return Within(day, day, None)


def earliest_of(parts: Sequence[Within]) -> Within:
    """Return when the first of *parts* happened; raise ValueError if there are none.

    Of an unknown event and x: no later than x, so that x is safe for a minimum and an upper bound
    for a maximum.
    """
    if not parts:
        raise ValueError("the earliest of nothing is no day")
    least = _least(part.earliest for part in parts if not part.unknown)
    by = _least(part.by for part in parts)
    begun = _least(part.minimum_from for part in parts)
    # What is unknown matters only if it can have come before all that is certain.
    early = [p for p in parts if p.unknown and (p.earliest is None or _before(p.earliest, least))]
    unknown = frozenset[str]().union(*(part.unknown for part in early))
    if any(part.earliest is None for part in early):
        return Within(None, by, begun, unknown)
    return Within(_least([least, *(part.earliest for part in early)]), by, begun, unknown)


def latest_of(parts: Sequence[Within]) -> Within:
    """Return when the last of *parts* happened; raise ValueError if there are none.

    Of an unknown event and x: no earlier than x, so that a minimum is unknown and x is the day on
    which to warn of a maximum.
    """
    if not parts:
        raise ValueError("the latest of nothing is no day")
    firsts = [part.earliest for part in parts if part.earliest is not None]
    return Within(
        max(firsts, default=None),
        _most(part.by for part in parts),
        _most(part.minimum_from for part in parts),
        frozenset[str]().union(*(part.unknown for part in parts)),
    )


def _least(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _most(days: Iterable[date | None]) -> date | None:
    """Return the last of *days*, or None if any of them is not known."""
    known: list[date] = []
    for day in days:
        if day is None:
            return None
        known.append(day)
    return max(known)


def _before(day: date, other: date | None) -> bool:
    return other is None or day < other
