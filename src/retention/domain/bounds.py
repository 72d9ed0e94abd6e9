"""Minimums and maximums of one dataset, gathered duty by duty, and what moves them afterwards.

The longest minimum and the shortest maximum hold; an extension moves what its party owns; copies
that age out by themselves are left their time.
Source: ``clock.md``, rulings 5, 7, 9 and 13.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial

from retention.domain.agreement import Covers, RetentionClass
from retention.domain.clock import Period
from retention.domain.events import TriggerEvent
from retention.domain.instruction import Instruction
from retention.domain.within import Firmness, Within
from retention.domain.words import long_day, period_words

_NEXT = timedelta(days=1)
_CALENDAR_DAYS = 4 * 365 + 1  # after which leap years come round, and what depends on them


@dataclass(frozen=True, slots=True)
class Maximum:
    """The last day on which a clause lets it exist, how that may be read, and whose clause it is.

    *gap* answers how much later the clause lets it exist than it demands, and is None where it
    demands nothing; *room* is the time that an exact period leaves to dispose of it.
    """

    gone_by: date
    firmness: Firmness
    owner: str  # "" is the owner of the class's own rule
    gap: Callable[[], timedelta] | None = None  # asked for only if an extension moves it
    room: Period | None = None

    def moved_to(self, until: date) -> date:
        """Return its last day after an extension *until* a day: moved by as many days, or not.

        An exact period has its own time to dispose from there; a licence simply ends later.
        """
        if self.room is not None:
            moved = self.room.after(until)
        else:
            moved = until if self.gap is None else until + self.gap()
        return max(moved, self.gone_by)


@dataclass(slots=True)
class Bounds:
    """What has been gathered so far; *through* has the last day of each minimum that is known.

    *clauses* has the owner of each duty, and whether it sets a minimum.
    """

    clauses: list[tuple[str, bool]] = field(default_factory=list)
    through: list[date] = field(default_factory=list)
    maximums: list[Maximum] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    minimum_known: bool = True
    maximum_known: bool = True
    started: bool = True
    begins: dict[str, date] = field(default_factory=dict)  # of each minimum, by the event
    working: list[str] = field(default_factory=list)
    trigger: TriggerEvent | None = None
    cut_off_on: date | None = None

    def limit(
        self,
        start: Within,
        ends: Callable[[date], tuple[date, str]],
        *,
        owner: str,
        kept: Callable[[date], date] | None = None,
        room: Period | None = None,
    ) -> None:
        """Add the maximum that *ends*, with its sentence, as counted from the *start*.

        *kept* returns the last day that the same clause demands, counted from the same day.  Where
        the maximum's day only warns, a later one may be certain: that is added, too.
        """
        if start.maximum_from is None:
            self.maximum_known = False
            return
        counts = [(start.maximum_from, start.firmness)]
        if start.firmness is Firmness.WARNING and start.by is not None:
            counts.append((start.by, Firmness.AT_THE_LATEST))
        for day, firmness in counts:
            gone_by, told = ends(day)
            gap = None if kept is None else partial(_gap, day, firmness, ends, kept)
            self.maximums.append(Maximum(gone_by, firmness, owner, gap, room))
            self.working.append(told)

    def shortest(self, through: date | None) -> tuple[date | None, Firmness, date | None]:
        """Return the shortest maximum, how it may be read, and the last day that is certain.

        A day that only warns counts if it is the earliest, and if the minimum, *through* a day,
        leaves room for it.
        """
        some = self.maximums
        warned = min((m.gone_by for m in some if m.firmness is Firmness.WARNING), default=None)
        firm = min((m.gone_by for m in some if m.firmness is not Firmness.WARNING), default=None)
        leaves_room = warned is not None and (through is None or warned > through)
        if warned is not None and leaves_room and (firm is None or warned < firm):
            return warned, Firmness.WARNING, firm
        is_open = not self.maximum_known or any(m.firmness is not Firmness.FIRM for m in some)
        return firm, Firmness.AT_THE_LATEST if firm and is_open else Firmness.FIRM, firm


def _gap(
    start: date,
    firmness: Firmness,
    ends: Callable[[date], tuple[date, str]],
    kept: Callable[[date], date],
) -> timedelta:
    """Return how much later a maximum ends than the minimum of its clause, from one *start*.

    Where the start may turn out to be earlier it is the widest there can be, so that what is
    certain now stays true.
    """
    starts = range(_CALENDAR_DAYS if firmness is Firmness.AT_THE_LATEST else 1)
    return max(ends(day)[0] - kept(day) for day in (start - n * _NEXT for n in starts))


def extend(
    bounds: Bounds, extensions: Sequence[Instruction], owners: Sequence[str], kind: RetentionClass
) -> tuple[tuple[date, date], ...]:
    """Apply *extensions* in their order; return the days that were overdue before the late ones.

    *owners* may move the maximum of the class's own rule, and who owns a duty that of the duty.
    Source: ``clock.md``, ruling 9.
    """
    overdue: list[tuple[date, date]] = []
    for each in extensions:
        assert each.until is not None
        owned = [m for m in bounds.maximums if each.moves_maximum and _owns(each, m.owner, owners)]
        # A licence that is prolonged allows more; it does not demand that anything be kept.
        minimums = [has for owner, has in bounds.clauses if _owns(each, owner, owners)]
        is_licence = each.moves_maximum and bool(minimums) and not any(minimums)
        if bounds.minimum_known and not is_licence:
            bounds.through = [max([each.until, *bounds.through])]
        bounds.working.append(
            f"extended through {long_day(each.until)} (signed by {each.controller} on "
            f"{long_day(each.signed_on)}, {each.id})"
        )
        for maximum in owned:
            overdue += _move(bounds, maximum, each, live_by(kind, maximum.gone_by)[0])
    return tuple(sorted(set(overdue)))


def _owns(each: Instruction, owner: str, owners: Sequence[str]) -> bool:
    return each.controller in (owners if not owner else (owner,))


def _move(
    bounds: Bounds, maximum: Maximum, each: Instruction, last: date
) -> list[tuple[date, date]]:
    """Move one maximum; return the days after its *last* that were overdue by the signature."""
    assert each.until is not None
    moved = maximum.moved_to(each.until)
    is_late = each.signed_on > last
    if moved == maximum.gone_by or (is_late and moved < each.signed_on):
        return []  # no extension, or one that would be over before it was signed
    bounds.maximums[bounds.maximums.index(maximum)] = replace(maximum, gone_by=moved)
    bounds.working.append(
        f"which moves the maximum from {long_day(maximum.gone_by)} to {long_day(moved)}, as it says"
    )
    if not is_late or maximum.firmness is Firmness.WARNING:
        return []
    first = last + _NEXT
    bounds.working.append(
        f"signed too late: over-retained from {long_day(first)} to {long_day(each.signed_on)}"
    )
    return [(first, each.signed_on)]


def live_by(kind: RetentionClass, gone_by: date) -> tuple[date, Period | None]:
    """Return the last day of the live copies if all must be gone by a day, and what has to age out.

    Source: ``clock.md``, ruling 13.
    """
    waits = [c.gone_within for c in kind.copies if c.gone_within is not None]
    if kind.destroy_by_covers is not Covers.ALL_COPIES or not waits:
        return gone_by, None
    return min(((_before(wait, gone_by), wait) for wait in waits), key=lambda each: each[0])


def _before(wait: Period, day: date) -> date:
    """Return the last day from which *wait* is over on *day*: months and days do not commute."""
    found = wait.after(day, sign=-1)
    while wait.after(found) > day:
        found -= _NEXT
    return found


def leave_time(bounds: Bounds, kind: RetentionClass) -> None:
    """Bring maximums forward for the live copies, so that what ages out by itself has its time."""
    for number, maximum in enumerate(bounds.maximums):
        last, wait = live_by(kind, maximum.gone_by)
        if wait is not None:
            bounds.maximums[number] = replace(maximum, gone_by=last)
            told = period_words(wait)
            bounds.working.append(
                f"live by {long_day(last)}, so that a copy can age out within {told}"
            )
