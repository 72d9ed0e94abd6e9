"""Numbers, days and instants as people read them."""

from datetime import UTC, date, datetime

from retention.domain.calendar import london_day

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_STEP = 1000
_HUNDRED = 100  # from here on, three digits need no point


def number(value: int) -> str:
    """Return *value* with commas: 1,204."""
    return f"{value:,}"


def count(value: int, one: str, many: str = "") -> str:
    """Return *value* and its noun: "1 copy", "2 copies", "no copy"."""
    noun = one if value in {0, 1} else many or one + "s"
    return f"{number(value) if value else 'no'} {noun}"


def size(value: int) -> str:
    """Return a size in decimal units: 58.1 MB."""
    scaled, unit = float(value), 0
    while scaled >= _STEP and unit + 1 < len(_UNITS):
        scaled, unit = scaled / _STEP, unit + 1
    if unit == 0:
        return f"{number(value)} bytes"
    return f"{scaled:.3g} {_UNITS[unit]}" if scaled < _HUNDRED else f"{scaled:.0f} {_UNITS[unit]}"


def day(value: date) -> str:
    """Return a civil day: 1 April 2031."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"


def utc(value: datetime) -> str:
    """Return an instant to the second: 2031-04-12 09:14:02 UTC."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def london(value: datetime) -> str:
    """Return the civil day in London of an instant."""
    return day(london_day(value))


def listed(items: list[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def halves(digest: str) -> str:
    """Return a digest broken into two lines of 32 hexadecimal digits."""
    digits = digest.removeprefix("sha256:")
    return f"{digits[:32]}\n{digits[32:]}"
