"""A forecast on a terminal: the months as a table, and what waits for somebody as lists."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from retention.domain.forecast import Forecast, Tally
from retention.domain.standing import LISTED, MAIN, Standing, month_of
from retention.views.figures import count, day, number, size
from retention.views.forecast_words import MEANINGS, TITLES, left_out, note
from retention.views.surveyed import inventory_note

SHOWN_MAX = 20  # rows of one list on a terminal
_HEADS = ("month", "reviews open", "disposal may begin", "must be gone")


def text(forecast: Forecast, width: int) -> Iterator[str]:
    """Yield the lines of a forecast, for people at a terminal *width* characters wide."""
    for line in _lines(forecast):
        # A table is as wide as it is; a sentence that begins a row goes on below, further in.
        if len(line) <= width or not line.startswith("  "):
            yield line
        else:
            yield from wrap(
                line,
                width=width,
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )


def _lines(forecast: Forecast) -> Iterator[str]:
    window = forecast.window
    yield (
        f"{count(forecast.datasets, 'dataset')} known on {day(window.on)}, "
        f"{size(forecast.size_bytes)}. Ahead: to {day(window.last)}."
    )
    yield from (inventory_note(store, made_on) for store, made_on in forecast.inventories.items())
    yield ""
    yield from _table(_months(forecast))
    yield "(+ n: so many more have that day, and wait for somebody first)"
    yield ""
    yield from _table([("where they stand", "datasets", "size"), *_standing(forecast)])
    for standing in (*LISTED, Standing.OPEN):
        yield ""
        yield from _list(forecast, standing)
    yield from _events(forecast)


def _months(forecast: Forecast) -> Iterator[Sequence[str]]:
    yield _HEADS
    found = [forecast.tallies(what, lambda mark: month_of(mark.on)) for what in MAIN]
    for month in forecast.window.each_month():
        yield (f"{month:%B %Y}", *(_cell(each.get(month, Tally())) for each in found))


def _cell(tally: Tally) -> str:
    clear = f"{number(tally.clear)} ({size(tally.size_bytes - tally.waiting_bytes)})"
    told = clear if tally.clear else "-"
    return f"{told} + {number(tally.waiting)}" if tally.waiting else told


def _standing(forecast: Forecast) -> Iterator[Sequence[str]]:
    for standing, title in TITLES.items():
        tally = forecast.standing.get(standing, Tally())
        yield title.lower(), number(tally.datasets), size(tally.size_bytes)
    yield "together", number(forecast.datasets), size(forecast.size_bytes)


def _list(forecast: Forecast, standing: Standing) -> Iterator[str]:
    tally = forecast.standing.get(standing, Tally())
    yield f"{TITLES[standing]}: {number(tally.datasets) if tally.datasets else 'none'}"
    if tally.datasets:
        yield f"  {MEANINGS[standing]}"
        rows = forecast.lists[standing].rows[:SHOWN_MAX]
        for row in rows:
            yield f"  {row.name}: {note(row)}"
        if said := left_out(len(rows), tally.datasets):
            yield f"  {said}"
    if more := forecast.also[standing]:
        yield f"  {number(more)} more in other lists: they are {TITLES[standing].lower()}, too."
    if standing is Standing.PLACEHOLDER:
        for each in forecast.unagreed:
            known = forecast.known.get((each.agreement, each.class_name), Tally()).datasets
            yield f"  {each.agreement}/{each.class_name}: {count(known, 'known dataset')}"
    elif standing is Standing.UNCLASSIFIED:
        yield from _surveys(forecast)
    elif standing is Standing.EXPIRED:
        for name, ended_on in forecast.expired.items():
            yield f"  {name}: ended on {day(ended_on)}"


def _surveys(forecast: Forecast) -> Iterator[str]:
    for each in forecast.surveyed:
        if each.seen_on is None:
            yield f"  {each.agreement}: no survey of it has been good"
        elif each.unclassified or each.failed:
            failed = "; the newest survey failed" if each.failed else ""
            rows = number(each.unclassified)
            yield f"  {each.agreement}: rows of no class on {day(each.seen_on)}: {rows}{failed}"


def _events(forecast: Forecast) -> Iterator[str]:
    yield ""
    events = sorted(forecast.supposed.items(), key=lambda each: each[0].expected_on)
    yield f"Events expected: {'none' if not events else ''}".rstrip()
    for supposed, tally in events[:SHOWN_MAX]:
        days = supposed.days
        then = (
            "nothing would follow yet"
            if days is None
            else (f"then the review opens on {day(days.review_opens_on)}")
        )
        if days is not None and days.destroy_by is not None:
            then += f", gone by {day(days.destroy_by)}"
        yield (
            f"  {day(supposed.expected_on)}: {supposed.event} {supposed.value} of "
            f"{supposed.agreement}, {count(tally.datasets, 'known dataset')} "
            f"of {supposed.class_name}: {then}"
        )
    if said := left_out(min(len(events), SHOWN_MAX), len(events), "events"):
        yield f"  {said}"


def _table(rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> Iterator[str]:
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        first, *rest = (
            cell.ljust(width) if not place else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((first, *rest)).rstrip()
