"""When something starts by itself, in London; and when it should have started last.

Never between 01:00 and 02:00: that hour is missing on one day in the year, and comes twice on one.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Self

import pendulum

from retention.domain.calendar import LONDON, london_day

LOOK_BACK_DAYS: Final = 62  # more than two months are ever apart
ODD_HOUR: Final = 1
_FIELDS: Final = 5
_DAYS_OF_A_WEEK: Final = 7
_EVERY_MONTH_HAS: Final = 28


@dataclass(frozen=True, slots=True)
class Timed:
    """A time of every day, or of one day of every week or month."""

    minute: int
    hour: int
    day: int | None = None  # of the month
    weekday: int | None = None  # Sunday is 0

    @classmethod
    def parse(cls, cron: str) -> Self:
        """Read the five fields of *cron*; raise ValueError for what is more than a plain time."""
        fields = cron.split()
        if len(fields) != _FIELDS or fields[3] != "*":
            raise ValueError("a schedule has five fields, and is of every month")
        minute, hour, day, weekday = (
            None if text == "*" else int(text) for text in (*fields[:3], fields[4])
        )
        if minute is None or hour is None or not (0 <= minute < 60 and 0 <= hour < 24):  # noqa: PLR2004  # of a clock
            raise ValueError("a schedule names one minute of one hour")
        if hour == ODD_HOUR:
            raise ValueError("between 01:00 and 02:00 the clocks change")
        if day is not None and (weekday is not None or not 1 <= day <= _EVERY_MONTH_HAS):
            raise ValueError("a day of the month is one that every month has, of any weekday")
        if weekday is not None and not 0 <= weekday <= _DAYS_OF_A_WEEK:
            raise ValueError("a weekday is a number from 0 to 7")
        return cls(minute, hour, day, None if weekday is None else weekday % _DAYS_OF_A_WEEK)

    def is_on(self, day: date) -> bool:
        """Tell whether it starts on that day."""
        if self.day is not None and day.day != self.day:
            return False
        return self.weekday is None or day.isoweekday() % _DAYS_OF_A_WEEK == self.weekday

    def at(self, day: date) -> datetime:
        """Return the instant, in UTC, at which it starts on that day."""
        local = pendulum.datetime(day.year, day.month, day.day, self.hour, self.minute, tz=LONDON)
        return datetime.fromtimestamp(local.timestamp(), tz=pendulum.UTC)

    def last_before(self, now: datetime) -> datetime:
        """Return when it should have started last, at *now* or before it."""
        today = london_day(now)
        days = (today - timedelta(days=n) for n in range(LOOK_BACK_DAYS + 1))
        return next(self.at(day) for day in days if self.is_on(day) and self.at(day) <= now)


@dataclass(frozen=True, slots=True)
class Stale:
    """Something that should have happened and has not: a sentence, since when, what to do next."""

    what: str
    since: str  # an instant as the ledger writes it; "" if nobody can tell
    next: str

    @property
    def told(self) -> str:
        """It in one line."""
        return f"{self.what}. {self.next}"
