"""Periods against one another, on the worst day that a trigger can fall on.

Source: ``clock.md``, rulings 4, 5 and 14: never resolved by code.  What would be a conflict for
some trigger is a fault of the rule; what leaves little room stands, and is said with its days.
Most rules have room on any day: that is told from how short or long their periods can be at all,
and only the others are worked out day by day.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

from retention.agreements.models import DisposalTable
from retention.agreements.reading import Findings
from retention.agreements.text import Document, Path
from retention.domain.age import Age
from retention.domain.agreement import Covers, RetentionClass, Rule
from retention.domain.clock import Conflict, Days, Period, cut_off
from retention.domain.timeline import certain
from retention.domain.words import long_day

ROOM_DAYS = 31  # less than this from due to gone is worth a warning: reviews take weeks
_FIRST = date(2021, 4, 1)
_NEAR_DAYS = 4 * 365 + 1  # every day of the calendar, 29 February included
_FAR_DAYS = 80 * 366  # past 2100, which has no 29 February
_YEAR_DAYS = 366
_BIRTHDAY_DAYS = 1  # a birthday on 29 February is kept a day longer than its anniversary
_DAY = timedelta(days=1)
_MONTH_DAYS = 30.436875  # of the Gregorian calendar, over 400 years


@dataclass(frozen=True, slots=True)
class Bounded:
    """Duties that count from the same trigger, with how long a copy takes to age out."""

    rules: tuple[Rule, ...]
    waits: tuple[Period, ...]

    @property
    def has_both(self) -> bool:
        """Whether there is a minimum and a maximum, so that the two can be in conflict."""
        return any(map(_has_minimum, self.rules)) and any(map(_has_maximum, self.rules))


def check_dates(doc: Document, path: Path, kind: RetentionClass, findings: Findings) -> None:
    """Check the duties of one class that count from the same event, minimum against maximum."""
    for places, group in _groups(kind):
        if not group.has_both or not (day := worst(group)):
            continue
        alone = _alone(kind, group)
        found = certain(alone, day)
        days = found.days if isinstance(found, Conflict) else found
        assert days.due_on is not None
        assert days.destroy_by is not None
        room = (days.destroy_by - days.due_on).days + 1
        at = (*path, *_deciding(places, group, day))
        told = _told(day, days)
        if room < 1:
            hint = "People decide which of the two gives way; no code does."
            findings.fault(doc, at, f"a conflict ({told})", "room for disposal", hint)
        elif room < ROOM_DAYS:
            few = "one day" if room == 1 else f"{room} days"
            findings.warn(doc, at, f"class {kind.name} leaves little room: {told}: {few}")


def _told(trigger: date, days: Days) -> str:
    assert days.due_on is not None
    assert days.destroy_by is not None
    return (
        f"from {long_day(trigger)}: kept through {long_day(days.retained_through or trigger)}, "
        f"due {long_day(days.due_on)}, gone by {long_day(days.destroy_by)}"
    )


def _groups(kind: RetentionClass) -> Iterator[tuple[list[Path], Bounded]]:
    """Yield the duties of each trigger, and where each of them is written.

    Duties that count from different events are not compared: which comes first nobody can tell.
    """
    waits: list[Period] = []
    if kind.destroy_by_covers is Covers.ALL_COPIES:
        waits = [copy.gone_within for copy in kind.copies if copy.gone_within is not None]
    rules: list[tuple[Path, Rule]] = [] if kind.rule is None else [((), kind.rule)]
    rules += [(("also", n), duty.rule) for n, duty in enumerate(kind.also)]
    for trigger in dict.fromkeys(rule.trigger for _, rule in rules if rule.trigger.events):
        same = [(path, rule) for path, rule in rules if rule.trigger == trigger]
        ours = tuple(_grown(rule) for _, rule in same)
        yield [path for path, _ in same], Bounded(ours, tuple(waits))


def _grown(rule: Rule) -> Rule:
    """Return *rule* for whoever is kept longest: somebody who may have been 17 is."""
    keep = rule.keep_at_least
    if isinstance(keep, Age) and keep.one_more_if_17_at:
        return replace(rule, keep_at_least=Age(keep.years + 1))
    return rule


def _alone(kind: RetentionClass, group: Bounded) -> RetentionClass:
    """Return *kind* with the duties of *group* and no others."""
    first, *rest = group.rules
    also = tuple(replace(kind.also[0], rule=each) for each in rest) if rest else ()
    return replace(kind, rule=first, also=also)


def _deciding(places: list[Path], group: Bounded, day: date) -> Path:
    """Return where the maximum that comes first on *day* is written."""
    gone = [
        (_gone_by(rule, day), place, "destroy_by" if rule.keep_exactly is None else "keep_exactly")
        for place, rule in zip(places, group.rules, strict=True)
        if _has_maximum(rule)
    ]
    _, place, name = min(gone, key=lambda each: each[0])
    return (*place, name)


@cache
def worst(group: Bounded) -> date | None:
    """Return the first trigger day that leaves least room; None if there is enough on any day.

    The near future is looked at first; what is in conflict only later is found all the same.
    """
    if _least_room(group) >= ROOM_DAYS:
        return None
    near = min(_days(group, _NEAR_DAYS), key=lambda day: _room(group, day))
    if _room(group, near) < 1:
        return near
    far = min(_days(group, _FAR_DAYS), key=lambda day: _room(group, day))
    least = far if _room(group, far) < 1 else near
    return least if _room(group, least) < ROOM_DAYS else None


def _days(group: Bounded, span: int) -> list[date]:
    """Return the days among which the worst one is, in order.

    Between two cut-offs a minimum stays and a maximum grows: the first day is worst, or the last
    if it is the maximum that was carried there.  Without a cut-off both grow alike within a month,
    up to the day on which a shorter month would end.
    """
    last = _FIRST + timedelta(days=span)
    if any(wait.months or wait.years for wait in group.waits):  # counted back: by steps of its own
        return [_FIRST + timedelta(days=number) for number in range(span)]
    found = {_FIRST}
    for year in range(_FIRST.year, last.year + 1):
        for month, day in {end for rule in group.rules for end in rule.cut_off}:
            end = cut_off(((month, day),), date(year, month, 1))
            found |= {end, end + _DAY}
        if any(not rule.cut_off for rule in group.rules):
            firsts = (date(year, month, 1) for month in range(1, 13))
            found |= {day for first in firsts for day in (first, *_late(first))}
    return sorted(day for day in found if _FIRST <= day < last)


def _late(first: date) -> Iterator[date]:
    """Yield the days of a month that not every month has."""
    days = (first + timedelta(days=number) for number in (28, 29, 30))
    return (day for day in days if day.month == first.month)


def _room(group: Bounded, day: date) -> int:
    """Return how many days there are for disposal if the trigger falls on *day*."""
    through = max(_through(rule, day) for rule in group.rules if _has_minimum(rule))
    gone_by = min(_gone_by(rule, day) for rule in group.rules if _has_maximum(rule))
    gone_by = min((wait.after(gone_by, sign=-1) for wait in group.waits), default=gone_by)
    return (gone_by - through).days


def _has_minimum(rule: Rule) -> bool:
    return rule.keep_at_least is not None or rule.keep_exactly is not None


def _has_maximum(rule: Rule) -> bool:
    return rule.destroy_by is not None or rule.dispose_within is not None


def _through(rule: Rule, day: date) -> date:
    kept = rule.keep_at_least if rule.keep_exactly is None else rule.keep_exactly
    assert kept is not None
    return kept.after(day) if isinstance(kept, Age) else kept.after(cut_off(rule.cut_off, day))


def _gone_by(rule: Rule, day: date) -> date:
    if rule.keep_exactly is not None and rule.dispose_within is not None:
        return rule.dispose_within.after(rule.keep_exactly.after(cut_off(rule.cut_off, day)))
    assert rule.destroy_by is not None
    return rule.destroy_by.after(
        cut_off(rule.cut_off, day) if rule.destroy_by_from_cut_off else day
    )


def _least_room(group: Bounded) -> int:
    """Return a number of days that the room is never below, whatever the day."""
    only = group.rules[0]
    if len(group.rules) == 1 and only.dispose_within is not None:
        most_waited = max(map(most_days, group.waits), default=0)
        return least_days(only.dispose_within) - most_waited
    most_kept, least_gone = 0, 10**9
    for rule in group.rules:
        carried = _YEAR_DAYS if rule.cut_off else 0
        kept = rule.keep_at_least if rule.keep_exactly is None else rule.keep_exactly
        if isinstance(kept, Age):
            most_kept = max(most_kept, most_days(Period(kept.years, 0, 0)) + _BIRTHDAY_DAYS)
        elif kept is not None:
            most_kept = max(most_kept, most_days(kept) + carried)
        if rule.keep_exactly is not None and rule.dispose_within is not None:
            gone = least_days(rule.keep_exactly) + least_days(rule.dispose_within)
            least_gone = min(least_gone, gone)
        elif rule.destroy_by is not None:
            least_gone = min(least_gone, least_days(rule.destroy_by))
    return least_gone - most_kept - max(map(most_days, group.waits), default=0)


def least_days(period: Period) -> int:
    """Return a number of days that *period* is never shorter than."""
    months = period.years * 12 + period.months
    return max(0, int(months * _MONTH_DAYS) - 3) + period.days


def most_days(period: Period) -> int:
    """Return a number of days that *period* is never longer than."""
    months = period.years * 12 + period.months
    return (int(months * _MONTH_DAYS) + 4 if months else 0) + period.days


def check_waits(doc: Document, table: DisposalTable, findings: Findings) -> None:
    """Check that cooling-off ends before an approval lapses, and that the lead holds it all."""
    path: Path = ("disposal",)
    cooling_off, lapses, notice = table.cooling_off, table.approval_lapses, table.notice
    if day := too_long(cooling_off, lapses):
        hint = (
            f"Decided on {day}, the approval would lapse on {lapses.after(day)} before disposal "
            "may begin."
        )
        expected = f"less than approval_lapses ({lapses})"
        findings.fault(doc, (*path, "cooling_off"), str(cooling_off), expected, hint)
    if day := too_late(table.lead, (notice, lapses, cooling_off)):
        opens, ends = _waited(table.lead, (notice, lapses, cooling_off), day)
        hint = (
            f"For what is due on {long_day(day)} the review opens on {long_day(opens)}, and "
            f"notice, approval and cooling-off may last until {long_day(ends)}."
        )
        expected = f"at least {notice} + {lapses} + {cooling_off}"
        findings.fault(doc, (*path, "lead"), str(table.lead), expected, hint)


@cache
def too_long(cooling_off: Period, lapses: Period) -> date | None:
    """Return a day of decision from which cooling-off would not end before the lapse."""
    if most_days(cooling_off) < least_days(lapses):
        return None
    days = (date(2023, 3, 1) + timedelta(days=n) for n in range(_NEAR_DAYS))
    return next((day for day in days if cooling_off.after(day) >= lapses.after(day)), None)


@cache
def too_late(lead: Period, waits: tuple[Period, ...]) -> date | None:
    """Return a day that is due before *waits*, one after the other, end; None if there is none."""
    if sum(map(most_days, waits)) <= least_days(lead):
        return None
    days = (date(2023, 3, 1) + timedelta(days=n) for n in range(_NEAR_DAYS))
    return next((day for day in days if _waited(lead, waits, day)[1] > day), None)


def _waited(lead: Period, waits: tuple[Period, ...], due: date) -> tuple[date, date]:
    """Return when the review opens of what is due on a day, and when the last wait ends."""
    opens = end = lead.after(due, sign=-1)
    for wait in waits:
        end = wait.after(end)
    return opens, end
