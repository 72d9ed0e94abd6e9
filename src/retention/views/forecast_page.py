"""A forecast as one HTML file: read in any browser, by a screen reader, or printed on A4.

It asks for nothing from elsewhere and runs no script.  Every bar stands beside its figure in text,
and every list that is cut says so.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from retention.domain.forecast import Forecast, Mark, Tally
from retention.domain.standing import LISTED, MAIN, Standing, What, month_of
from retention.ports.library import Engine
from retention.views.figures import count, day, listed, number, size, utc
from retention.views.forecast_lists import lists_of
from retention.views.forecast_words import MEANINGS, TITLES, comes, how_many, left_out, whose
from retention.views.surveyed import inventory_note

LINES_MAX: Final = 25  # of one month in the calendar
AGREEMENTS_MAX: Final = 60  # rows of one figure
MONTHS_WIDE: Final = 18  # columns of the timeline; further months share columns
_HEADS: Mapping[What, tuple[str, str]] = {  # of a column, and of one or several marks of it
    What.REVIEW_OPENS: ("Reviews open", "review opens"),
    What.DUE: ("May begin", "may begin"),
    What.GONE_BY: ("Must be gone", "must be gone"),
}
_FOR_ALL = {
    What.EXPECTED: "event expected",
    What.AGREEMENT_ENDS: "agreement ends",
    What.SUPPORT_ENDS: "legal support ends",
    What.NEW_VERSION: "new version",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure and its bar; widths are in per cent of the longest in its figure."""

    what: str
    clear: str
    waiting: str
    size: str
    clear_width: str
    waiting_width: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a figure."""

    name: str
    bars: tuple[Bar, ...]


def page(forecast: Forecast, engine: Engine, *, made_at: datetime) -> str:
    """Return the page of *forecast*, made by *engine* at an instant."""
    window = forecast.window
    style = _file("forecast_page.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _template().render(
        style=Markup(style),  # noqa: S704  # ours, and part of this package
        style_digest=digest,
        organisation=engine.issuer["legal_name"],
        demonstration=engine.demonstration,
        on=window.on,
        last=window.last,
        made_at=utc(made_at),
        datasets=count(forecast.datasets, "dataset"),
        size=size(forecast.size_bytes),
        notes=[inventory_note(store, day) for store, day in forecast.inventories.items()],
        heads=[(what.value, *_HEADS[what]) for what in MAIN],
        standing=_standing(forecast),
        summary=_summary(forecast),
        months=list(_months(forecast)),
        agreements=_figure(forecast, lambda mark: mark.agreement),
        actions=_figure(forecast, lambda mark: mark.action),
        timeline=_timeline(forecast),
        calendar=list(_calendar(forecast)),
        lists=lists_of(forecast),
        day=day,
    )


@cache
def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_file("forecast_page.html"))


def _file(name: str) -> str:
    return files("retention.views").joinpath(name).read_text(encoding="utf-8")


def _standing(forecast: Forecast) -> list[dict[str, Any]]:
    """Return how many datasets stand where: the numbers add up to all that are known."""
    tallies = {each: forecast.standing.get(each, Tally()) for each in TITLES}
    longest = max(tally.datasets for tally in tallies.values())
    return [
        {
            "id": each.value,
            "title": TITLES[each],
            "meaning": MEANINGS[each],
            "datasets": number(tally.datasets),
            "size": size(tally.size_bytes),
            "width": _width(tally.datasets, longest),
            "acts": each in LISTED,
            "any": bool(tally.datasets),
            "listed": each in LISTED or each in {Standing.OPEN, Standing.AHEAD},
        }
        for each, tally in tallies.items()
    ]


def _summary(forecast: Forecast) -> str:
    """Return in a sentence what needs somebody today."""
    waiting = [
        f"{number(tally.datasets)} {TITLES[each].lower()}"
        for each in LISTED
        if (tally := forecast.standing.get(each)) is not None
    ]
    if not waiting:
        return "Nothing waits for somebody."
    total = sum(forecast.standing[each].datasets for each in LISTED if each in forecast.standing)
    return f"{count(total, 'dataset')} must wait for somebody: {listed(waiting)}."


def _months(forecast: Forecast) -> Iterator[Line]:
    found = [forecast.tallies(what, lambda mark: month_of(mark.on)) for what in MAIN]
    longest = _longest(found)
    for month in forecast.window.each_month():
        yield Line(f"{month:%B %Y}", tuple(_bars(found, month, longest)))


def _figure(forecast: Forecast, key: Callable[[Mark], str]) -> dict[str, Any]:
    """Return the bars of agreements or actions, the longest first; what is cut is one row."""
    found = [forecast.tallies(what, key) for what in MAIN]
    longest = _longest(found)
    names = {name for each in found for name in each}
    total = {name: sum(t[name].datasets for t in found if name in t) for name in names}
    ordered = sorted(names, key=lambda name: (-total[name], name))
    shown = ordered[:AGREEMENTS_MAX]
    return {
        "lines": [Line(name, tuple(_bars(found, name, longest))) for name in shown],
        "left_out": left_out(len(shown), len(ordered), "rows"),
    }


def _bars(found: Iterable[Mapping[Any, Tally]], key: Any, longest: int) -> Iterator[Bar]:
    for what, tallies in zip(MAIN, found, strict=True):
        tally = tallies.get(key, Tally())
        yield Bar(
            what.value,
            number(tally.clear),
            number(tally.waiting) if tally.waiting else "",
            size(tally.size_bytes) if tally.datasets else "",
            _width(tally.clear, longest),
            _width(tally.waiting, longest),
        )


def _longest(found: Iterable[Mapping[Any, Tally]]) -> int:
    return max((tally.datasets for each in found for tally in each.values()), default=0)


def _width(value: int, longest: int) -> str:
    """Return a width in per cent, never so small that something looks like nothing."""
    return "0" if not value else f"{max(100 * value / longest, 0.5):.2f}"


def _timeline(forecast: Forecast) -> dict[str, Any]:
    """Return the agreements by month: a mark for each kind of day, with its number."""
    months = forecast.window.each_month()
    step = -(-len(months) // MONTHS_WIDE)
    columns = [months[start : start + step] for start in range(0, len(months), step)]
    column_of = {month: place for place, each in enumerate(columns) for month in each}
    cells: dict[str, dict[int, dict[What, Tally]]] = {}
    for mark, tally in forecast.calendar():
        if mark.what in MAIN or mark.what in _FOR_ALL:
            row = cells.setdefault(mark.agreement, {})
            cell = row.setdefault(column_of[month_of(mark.on)], {})
            cell.setdefault(mark.what, Tally()).add(tally)
    shown = sorted(cells)[:AGREEMENTS_MAX]
    return {
        "years": [(year, len(list(each))) for year, each in groupby(columns, lambda c: c[0].year)],
        "columns": [_column(each) for each in columns],
        "rows": [
            (name, [_marks(cells[name].get(place, {})) for place in range(len(columns))])
            for name in shown
        ],
        "left_out": left_out(len(shown), len(cells), "agreements"),
    }


def _column(months: list[date]) -> tuple[str, str]:
    """Return the head of a column, short and in full."""
    first, last = months[0], months[-1]
    if first == last:
        return f"{first:%b}", f"{first:%B %Y}"
    return f"{first:%b} to {last:%b}", f"{first:%B %Y} to {last:%B %Y}"


def _marks(cell: Mapping[What, Tally]) -> list[dict[str, Any]]:
    return [
        {
            "what": what.value if what in MAIN else "for_all",
            "number": number(cell[what].datasets) if what in MAIN else "",
            "waits": what in MAIN and cell[what].waiting == cell[what].datasets,
            "told": f"{_HEADS[what][1]}: {how_many(cell[what])}"
            if what in MAIN
            else _FOR_ALL[what],
        }
        for what in (*MAIN, *_FOR_ALL)
        if what in cell
    ]


def _calendar(forecast: Forecast) -> Iterator[dict[str, Any]]:
    """Yield month by month what comes on which day; a month that is cut says so."""
    for month, found in groupby(forecast.calendar(), lambda each: month_of(each[0].on)):
        marks = list(found)
        yield {
            "name": f"{month:%B %Y}",
            "lines": [
                {
                    "on": f"{mark.on.day} {mark.on:%b}",
                    "iso": mark.on.isoformat(),
                    "what": mark.what.value,
                    "comes": comes(mark),
                    "whose": whose(mark),
                    "action": mark.action,
                    "how_many": how_many(tally),
                }
                for mark, tally in marks[:LINES_MAX]
            ],
            "left_out": left_out(min(len(marks), LINES_MAX), len(marks), "lines of this month"),
        }
