"""Until when a request must be answered: what the law gives, on the calendar of the United Kingdom.

Receipt here is taken as day one, though the clock is the controller's: earlier is safe.
Source: UK GDPR, article 12(3), as the ICO reads it ("A guide to subject access": the corresponding
day of the next month, or its last day; on a weekend or public holiday, the next working day);
Freedom of Information Act 2000, s. 10(1) and (6).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import holidays

from retention.domain.clock import Period
from retention.domain.hold import Ground, Hold
from retention.domain.words import long_day

_PARTS: Final = ("ENG", "WLS", "SCT", "NIR")  # as the calendar calls them
_PART_OF: Mapping[str, str] = MappingProxyType(
    {"england": "ENG", "wales": "WLS", "scotland": "SCT", "northern-ireland": "NIR"}
)
_NEXT = timedelta(days=1)
_SATURDAY = 5  # the first weekday that is none


@dataclass(frozen=True, slots=True)
class Allowance:
    """How long the law gives, in words, and where it says so."""

    words: str
    law: str


_MONTH = Allowance("one month from receipt", "UK GDPR, article 12(3)")
ALLOWED: Mapping[str, Allowance] = MappingProxyType(
    {
        Ground.SUBJECT_REQUEST.value: _MONTH,
        Ground.RESTRICTION.value: _MONTH,
        Ground.FOI.value: Allowance(
            "twenty working days after receipt", "Freedom of Information Act 2000, s. 10"
        ),
    }
)


def answer_by(ground: str, received_on: date, nation: str = "") -> date | None:
    """Return the last day on which a request of this *ground* may be answered, or None.

    *nation* says whose public holidays move the end of a month; where it is not known, only a day
    that is a holiday in every part of the country does.
    """
    if ground not in ALLOWED:
        return None
    if ground == Ground.FOI:
        return _working_days_after(received_on, 20)
    part = _PART_OF.get(nation)
    day = Period(0, 1, 0).after(received_on)
    while _is_weekend(day) or _is_holiday_in_all(day, _PARTS if part is None else (part,)):
        day += _NEXT
    return day


def clock_of(hold: Hold) -> date | None:
    """Return until when the request behind *hold* must be answered; None if none is behind it."""
    if hold.received_on is None:
        return None
    return answer_by(hold.ground, hold.received_on, hold.nation)


def clock_words(ground: str, by: date, today: date) -> str:
    """Return a statutory clock as a sentence, with how much of it is left on the day *today*."""
    allowed = ALLOWED[ground]
    left = (by - today).days
    said = f"{left} days from today" if left > 1 else "tomorrow" if left else "today"
    if left < 0:
        said = f"{-left} days ago: it is late"
    return f"to be answered by {long_day(by)}, {said} ({allowed.words}: {allowed.law})"


def is_working_day(day: date) -> bool:
    """Tell whether *day* is a working day for freedom of information.

    Neither Saturday nor Sunday, nor a bank holiday in any part of the United Kingdom.
    Source: Freedom of Information Act 2000, s. 10(6).
    """
    return not _is_weekend(day) and not any(day in _holidays(p, day.year) for p in _PARTS)


def _working_days_after(day: date, number: int) -> date:
    while number:
        day += _NEXT
        number -= is_working_day(day)
    return day


def _is_weekend(day: date) -> bool:
    return day.weekday() >= _SATURDAY


def _is_holiday_in_all(day: date, parts: Iterable[str]) -> bool:
    return all(day in _holidays(part, day.year) for part in parts)


@lru_cache(maxsize=1000)
def _holidays(part: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv=part, years=year))
