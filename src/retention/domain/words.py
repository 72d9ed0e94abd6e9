"""Days, periods and names as people read them, the same on every screen and paper."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from retention.domain.clock import Period

_NUMBERS = (
    "no one two three four five six",
    "seven eight nine ten eleven twelve",
)
_YEARS: Mapping[tuple[tuple[int, int], ...], str] = MappingProxyType(
    {
        ((3, 31),): "the financial year",
        ((4, 5),): "the tax year",
        ((12, 31),): "the calendar year",
        ((3, 31), (6, 30), (9, 30), (12, 31)): "the quarter",
        tuple((month, 31) for month in range(1, 13)): "the month",
    }
)


def long_day(day: date) -> str:
    """Return a day such as ``30 June 2020``."""
    return f"{day.day} {day:%B} {day.year}"


def period_words(period: Period) -> str:
    """Return a period such as ``six years and six months``."""
    parts = [
        _several(number, unit)
        for number, unit in (
            (period.years, "year"),
            (period.months, "month"),
            (period.days, "day"),
        )
        if number
    ]
    if not parts:
        return "no time"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def year_words(ends: tuple[tuple[int, int], ...]) -> str:
    """Return what ends on a cut-off, such as ``the financial year``."""
    return _YEARS.get(ends, "the configured year")


def event_words(name: str) -> str:
    """Return the name of an event as the beginning of a sentence."""
    return name.replace("-", " ").capitalize()


def _several(number: int, unit: str) -> str:
    words = " ".join(_NUMBERS).split()
    word = words[number] if number < len(words) else str(number)
    return f"{word} {unit}" if number == 1 else f"{word} {unit}s"
