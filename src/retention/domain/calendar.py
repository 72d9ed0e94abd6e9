"""Civil days in London, from instants in UTC.

Source: ``clock.md``, ruling 2: 2026-03-31T23:15Z is 1 April in London, the next financial year.
"""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Final

import pendulum

LONDON = "Europe/London"
CLOCKS_DIFFER_MAX: Final = timedelta(minutes=5)  # of hosts that keep their time as they should
YEARS = (1850, 2200)  # what can be the day of an event: births among them, and nothing mistyped
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def london_day(at: datetime) -> date:
    """Return the civil day in London of the instant *at*; raise ValueError if it has no zone."""
    if at.tzinfo is None:
        raise ValueError("an instant without a zone belongs to no day")
    local = pendulum.instance(at).in_timezone(LONDON)
    return date(local.year, local.month, local.day)


def stamp(at: datetime) -> str:
    """Return *at* in UTC to the millisecond, the one spelling on ledger and certificates."""
    if at.tzinfo is None:
        raise ValueError("an instant without a zone cannot be written down")
    return pendulum.instance(at).in_timezone("UTC").format("YYYY-MM-DD[T]HH:mm:ss.SSS[Z]")


def instant(text: str) -> datetime:
    """Return the instant that :func:`stamp` wrote."""
    return datetime.fromisoformat(text)


def in_order(now: datetime, last: datetime | None) -> datetime:
    """Return when something was written *now*, behind what was written at *last*.

    Not before it, whose clock was a little ahead: what came later is not told as earlier.  A clock
    that was ahead by more than hosts may differ is wrong, and carries nobody along.
    """
    ahead = last is not None and now < last <= now + CLOCKS_DIFFER_MAX
    return last if last is not None and ahead else now


def days_in(text: str) -> tuple[date, date]:
    """Return the first and last day of a date that may be imprecise: 2019, 2019-06, 2019-06-30.

    Raises ValueError for anything else, and for a year that no event of ours can be of.
    Source: ``clock.md``, ruling 8.
    """
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError("a date is written 2019-06-30, or 2019-06 or 2019 if no more is known")
    year, month, day = (None if part is None else int(part) for part in found.groups())
    assert year is not None
    if not YEARS[0] <= year <= YEARS[1]:
        raise ValueError(f"the year {year} is not between {YEARS[0]} and {YEARS[1]}")
    if month is None:
        return date(year, 1, 1), date(year, 12, 31)
    if day is None:
        first = date(year, month, 1)
        return first, first.replace(day=monthrange(year, month)[1])
    return date(year, month, day), date(year, month, day)
