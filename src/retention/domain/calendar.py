"""Civil days in London, from instants in UTC.

Source: ``clock.md``, ruling 2: 2026-03-31T23:15Z is 1 April in London, the next financial year.
"""

from datetime import date, datetime

import pendulum

LONDON = "Europe/London"


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
