"""Calendars that any calendar program reads: all-day entries, one for each line of a forecast.

An entry keeps its name while its day and its number change, so that a file that is imported again
brings the old entries to date and doubles none.
Source: RFC 5545, sections 3.1, 3.3.11, 3.6.1 and 3.8.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain

from retention.domain.canonical import digest_of
from retention.domain.forecast import Forecast, Mark, Tally
from retention.domain.standing import LISTED
from retention.views.figures import count, day, number
from retention.views.forecast_words import TITLES, comes, how_many, whose

_OCTETS_MAX = 75  # of a line, without its end
_CONTINUES = range(0x80, 0xC0)  # bytes of UTF-8 that no character begins with
_NAME_DIGITS = 32  # of the digest that names an entry
_ESCAPES = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": ""})


@dataclass(frozen=True, slots=True)
class Entry:
    """One all-day entry; *uid* is what tells it from others for ever."""

    uid: str
    on: date
    summary: str
    description: str
    category: str


def forecast_calendar(forecast: Forecast, organisation: str, *, stamped_at: datetime) -> bytes:
    """Return the calendar of a forecast of an *organisation*, in UTF-8.

    *stamped_at* is when it was written: of two entries of one name the later counts.
    """
    days = (_entry(mark, tally, organisation) for mark, tally in forecast.calendar())
    entries = chain([_made(forecast, organisation)], days)
    return calendar(entries, f"Retention: {organisation}", stamped_at)


def calendar(entries: Iterable[Entry], name: str, stamped_at: datetime) -> bytes:
    """Return a calendar of *entries* under the *name* that a calendar program shows."""
    lines = _lines(entries, name, f"{stamped_at.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    return b"".join(_folded(line.encode()) + b"\r\n" for line in lines)


def _made(forecast: Forecast, organisation: str) -> Entry:
    """Return the entry of the day itself: what waits for somebody is in every calendar."""
    waiting = [
        f"{TITLES[each]}: {number(forecast.standing[each].datasets)}"
        for each in LISTED
        if each in forecast.standing
    ]
    return Entry(
        uid=_uid(organisation, "forecast"),
        on=forecast.window.on,
        summary=f"Retention forecast made ({count(forecast.datasets, 'dataset')} known)",
        description=f"Up to {day(forecast.window.last)}. What waits for somebody: "
        f"{'; '.join(waiting) or 'nothing'}. `retention forecast` lists it.",
        category="forecast",
    )


def _entry(mark: Mark, tally: Tally, organisation: str) -> Entry:
    """Return the entry of one line; its name does not depend on its day or number.

    The first of its datasets names it: a dataset has one such day, and takes it along.
    """
    first = tally.first if mark.class_name else ""
    told = f"{whose(mark)}: {comes(mark)}"
    counted = how_many(tally)
    return Entry(
        uid=_uid(organisation, mark.agreement, mark.what.value, mark.name, first),
        on=mark.on,
        summary=f"{told} ({counted})" if tally.datasets else told,
        description=f"{day(mark.on)}: {comes(mark)}. Concerned: {counted}. "
        "A day opens a review or sets a limit; it authorises no destruction.",
        category=mark.what.value.replace("_", " "),
    )


def _uid(*named: str) -> str:
    return f"{digest_of(named).removeprefix('sha256:')[:_NAME_DIGITS]}@retention"


def _lines(entries: Iterable[Entry], name: str, stamp: str) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//retention//forecast//EN"
    yield "CALSCALE:GREGORIAN"
    yield "METHOD:PUBLISH"
    yield f"X-WR-CALNAME:{_escaped(name)}"
    for each in entries:
        yield "BEGIN:VEVENT"
        yield f"UID:{_escaped(each.uid)}"
        yield f"DTSTAMP:{stamp}"
        yield f"DTSTART;VALUE=DATE:{each.on:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{each.on + timedelta(days=1):%Y%m%d}"  # not included
        yield f"SUMMARY:{_escaped(each.summary)}"
        yield f"DESCRIPTION:{_escaped(each.description)}"
        yield f"CATEGORIES:{_escaped(each.category)}"
        yield "TRANSP:TRANSPARENT"  # nobody is busy because of it
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def _escaped(text: str) -> str:
    """Return *text* as a value; characters that no calendar may hold are left out."""
    plain = "".join(c for c in text if c in "\n\r" or c.isprintable())
    return plain.translate(_ESCAPES)


def _folded(line: bytes) -> bytes:
    """Return a line of no more than 75 octets, continued with a space; no character is split."""
    parts = []
    room = _OCTETS_MAX
    while len(line) > room:
        cut = room
        while line[cut] in _CONTINUES:
            cut -= 1
        parts.append(line[:cut])
        line, room = line[cut:], _OCTETS_MAX - 1
    return b"\r\n ".join([*parts, line])
