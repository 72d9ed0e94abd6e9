"""Where a dataset stands in a forecast, and which of its days lie ahead.

A dataset stands in one place only: where its days come by themselves, or in the list of those for
whom somebody must act first.  Which one is a table, read from the top.
Source: ``clock.md``, rulings 6, 7 and 12.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from retention.domain.clock import Days, Period
from retention.domain.disposition import State
from retention.domain.eligibility import Assessment, Phase
from retention.domain.within import Firmness

MONTHS_MAX: Final = 120
UNDECIDED: Final = "not agreed"  # the action of a class that names none


class Standing(StrEnum):
    """Where a dataset stands: in the first of these that fits, and in no other."""

    GONE = "gone"  # by the ledger it was disposed of, or lost
    UNCLASSIFIED = "unclassified"
    PLACEHOLDER = "placeholder"  # its days are shown, and it is never proposed
    OVERDUE = "overdue"  # past its maximum, and nothing but ourselves keeps it
    HELD = "held"
    CONFLICTING = "conflicting"
    EXPIRED = "expired"  # its agreement ended, and nobody recorded what that means
    AWAITING = "awaiting"  # an event that nobody has recorded
    STOPPED = "stopped"  # a signed term, an instruction or a day that lies ahead stands in the way
    OPEN = "open"  # its review is open, or it is due
    AHEAD = "ahead"  # its review opens in one of the months
    LATER = "later"  # its review opens after them


CLEAR: Final = frozenset({Standing.OPEN, Standing.AHEAD, Standing.LATER})
LISTED: Final = (  # what waits for somebody, in the order in which to read it
    Standing.OVERDUE,
    Standing.HELD,
    Standing.CONFLICTING,
    Standing.EXPIRED,
    Standing.STOPPED,
    Standing.AWAITING,
    Standing.PLACEHOLDER,
    Standing.UNCLASSIFIED,
)


class What(StrEnum):
    """What a day brings."""

    REVIEW_OPENS = "review_opens"
    DUE = "due"
    GONE_BY = "gone_by"
    LATEST_BY = "latest_by"  # where that day only warns: the one that is certain
    ASK_ABOUT = "ask_about"  # an event that was expected and has not come
    REVIEW_AT_LATEST = "review_at_latest"  # if it never comes
    EXPECTED = "expected"  # an event, by the agreement
    AGREEMENT_ENDS = "agreement_ends"
    SUPPORT_ENDS = "support_ends"
    NEW_VERSION = "new_version"


MAIN: Final = (What.REVIEW_OPENS, What.DUE, What.GONE_BY)
_HAPPENS: Final = frozenset({What.REVIEW_OPENS, What.DUE})  # today's has happened already
# Where the clock stands still, the review does not open by itself, and the maximum runs on.
_DAYS: Mapping[Phase, tuple[What, ...]] = MappingProxyType(
    {
        Phase.UNCLASSIFIED: (),
        Phase.AWAITING_TRIGGER: (
            What.GONE_BY,
            What.LATEST_BY,
            What.ASK_ABOUT,
            What.REVIEW_AT_LATEST,
        ),
        Phase.CONFLICT: (What.GONE_BY, What.LATEST_BY),
        **dict.fromkeys(
            (Phase.PLACEHOLDER, Phase.RETAINED, Phase.REVIEW_OPEN, Phase.DUE),
            (*MAIN, What.LATEST_BY, What.ASK_ABOUT),
        ),
    }
)


def _latest_by(found: Assessment) -> date | None:
    line = found.timeline
    return line.latest_by if line is not None and line.firmness is Firmness.WARNING else None


_DAY: Mapping[What, Callable[[Assessment], date | None]] = MappingProxyType(
    {
        What.REVIEW_OPENS: lambda found: None if found.days is None else found.days.review_opens_on,
        What.DUE: lambda found: None if found.days is None else found.days.due_on,
        What.GONE_BY: lambda found: None if found.days is None else found.days.destroy_by,
        What.LATEST_BY: _latest_by,
        What.ASK_ABOUT: lambda found: found.ask_on,
        What.REVIEW_AT_LATEST: lambda found: found.review_at_latest,
    }
)


@dataclass(frozen=True, slots=True)
class Window:
    """The days of a forecast: from *on* through *last*, the end of the last further month.

    *months* is how many months follow the one of *on*.  Raises ValueError for none, or for more
    than anybody signs.
    """

    on: date
    months: int
    last: date = field(init=False)

    def __post_init__(self) -> None:
        """Refuse a window without a month, or beyond what anybody signed."""
        if not 1 <= self.months <= MONTHS_MAX:
            raise ValueError(f"a forecast is of 1 to {MONTHS_MAX} months")
        last = _month(self.on, self.months + 1) - timedelta(days=1)
        object.__setattr__(self, "last", last)  # asked of every day of every dataset

    def each_month(self) -> list[date]:
        """Return the first day of each month, this one first."""
        return [_month(self.on, number) for number in range(self.months + 1)]

    def has(self, day: date) -> bool:
        """Tell whether *day* lies in the window, today included."""
        return self.on <= day <= self.last


def month_of(day: date) -> date:
    """Return the first day of the month that *day* is in."""
    return day.replace(day=1)


@dataclass(frozen=True, slots=True)
class Supposed:
    """What would follow for datasets of one class if an event came on the day it is expected.

    *missing* names the events that nobody would have recorded even then.
    """

    agreement: str
    event: str
    value: str
    expected_on: date
    class_name: str
    action: str
    days: Days | None
    firmness: Firmness
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One dataset in a forecast.

    *also* are the other lists that it would stand in; *expires_on* is the day from which its
    agreement is over and nobody has confirmed it, as far as is signed today.
    """

    found: Assessment
    name: str  # the id of the dataset
    standing: Standing
    also: tuple[Standing, ...]
    version: int | None  # None: no version of its agreement is in force
    action: str
    size_bytes: int
    state: State | None = None  # where its case stands, if it is in one
    expires_on: date | None = None
    expected: tuple[Supposed, ...] = ()

    def day(self, what: What) -> date | None:
        """Return the day of one of its days, whether in the window or not."""
        found = _DAY.get(what)
        return None if found is None else found(self.found)

    def days_in(self, window: Window) -> Iterator[tuple[What, date]]:
        """Yield those of its days that lie in *window*; what happened today lies behind."""
        for what in () if self.standing is Standing.GONE else _DAYS[self.found.phase]:
            day = self.day(what)
            if day is not None and window.has(day) and (what not in _HAPPENS or day > window.on):
                yield what, day

    def waits_on(self, day: date) -> bool:
        """Tell whether on *day* it waits for somebody, as far as is known today."""
        over = self.expires_on is not None and self.expires_on <= day
        return over or self.standing not in CLEAR

    @property
    def soonest(self) -> date:
        """The day by which its list is sorted."""
        if self.standing in {Standing.AHEAD, Standing.LATER}:
            order: tuple[What, ...] = (What.REVIEW_OPENS,)
        elif self.standing is Standing.AWAITING:
            order = (What.ASK_ABOUT, What.REVIEW_AT_LATEST, What.GONE_BY)
        else:
            order = (What.GONE_BY, What.DUE)
        return next((day for each in order if (day := self.day(each)) is not None), date.max)


@dataclass(frozen=True, slots=True)
class _Look:
    """What decides where a dataset stands."""

    found: Assessment
    state: State | None
    expired: bool
    stopped: bool
    window: Window

    @property
    def is_retained(self) -> bool:
        """Whether nothing but its day is missing."""
        found = self.found
        awaiting = found.timeline is not None and bool(found.timeline.awaiting)
        return found.phase is Phase.RETAINED and (awaiting or not found.raised)

    @property
    def opens_on(self) -> date:
        return date.max if self.found.days is None else self.found.days.review_opens_on


_GONE = frozenset({State.DISPOSED, State.RESIDUAL, State.CLOSED, State.LOST})
_FITS: Mapping[Standing, Callable[[_Look], bool]] = MappingProxyType(
    {
        Standing.GONE: lambda it: it.state in _GONE,
        Standing.UNCLASSIFIED: lambda it: it.found.phase is Phase.UNCLASSIFIED,
        Standing.PLACEHOLDER: lambda it: it.found.phase is Phase.PLACEHOLDER,
        # Under a period that is not agreed nothing can be late.
        Standing.OVERDUE: lambda it: (
            it.found.over_retained and it.found.phase is not Phase.PLACEHOLDER
        ),
        Standing.HELD: lambda it: bool(it.found.holds),
        Standing.CONFLICTING: lambda it: it.found.conflict,
        Standing.EXPIRED: lambda it: it.expired,
        Standing.AWAITING: lambda it: it.found.phase is Phase.AWAITING_TRIGGER,
        Standing.STOPPED: lambda it: it.stopped,
        Standing.OPEN: lambda it: it.found.eligible and it.found.phase is not Phase.RETAINED,
        Standing.AHEAD: lambda it: it.is_retained and it.opens_on <= it.window.last,
        Standing.LATER: lambda it: it.is_retained,
    }
)


def place(
    found: Assessment, window: Window, *, state: State | None, expired: bool, stopped: bool
) -> tuple[Standing, tuple[Standing, ...]]:
    """Return where a dataset stands, and in which other lists it would.

    *expired* says that its agreement is over and nobody confirmed it; *stopped* that a signed term
    or an instruction stands in the way.  What fits nowhere is stopped: a person must look.
    """
    look = _Look(found, state, expired, stopped, window)
    fitting = [each for each, fits in _FITS.items() if fits(look)]
    first = fitting[0] if fitting else Standing.STOPPED
    if first is Standing.GONE:
        return first, ()
    return first, tuple(each for each in fitting[1:] if each in LISTED)


def _month(day: date, number: int) -> date:
    """Return the first day of the month that is *number* months after that of *day*."""
    return Period(0, number, 0).after(month_of(day))
