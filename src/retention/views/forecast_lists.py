"""The lists of a forecast page: what waits for somebody, always there, and what is open."""

from collections.abc import Iterator
from typing import Any

from retention.domain.forecast import Forecast, Tally
from retention.domain.standing import LISTED, Standing, Supposed
from retention.views.figures import count, day, number, size
from retention.views.forecast_words import MEANINGS, TITLES, ago, left_out, note

EVENTS_MAX = 200


def lists_of(forecast: Forecast) -> list[dict[str, Any]]:
    """Return every list, each with its rows, how many were left out, and what else belongs."""
    return [_list(forecast, each) for each in (*LISTED, Standing.OPEN, Standing.AHEAD)]


def _list(forecast: Forecast, standing: Standing) -> dict[str, Any]:
    tally = forecast.standing.get(standing, Tally())
    rows = forecast.lists[standing].rows if standing in forecast.lists else []
    more = forecast.also[standing]
    title = TITLES[standing].lower()
    return {
        "id": standing.value,
        "title": TITLES[standing],
        "meaning": MEANINGS[standing],
        "total": number(tally.datasets),
        "any": bool(tally.datasets),
        "acts": standing in LISTED,
        "size": size(tally.size_bytes),
        "rows": [
            {
                "name": row.name,
                "action": row.action,
                "size": size(row.size_bytes),
                "note": _sentence(note(row)),
            }
            for row in rows
        ],
        "left_out": left_out(len(rows), tally.datasets),
        "more": f"{number(more)} more in other lists: {title}, too." if more else "",
        "tables": list(_tables(forecast, standing)),
    }


def _tables(forecast: Forecast, standing: Standing) -> Iterator[dict[str, Any]]:
    """Yield what belongs to a list and is no dataset."""
    if standing is Standing.AWAITING:
        yield _events(forecast)
    elif standing is Standing.PLACEHOLDER:
        yield {
            "caption": "Classes whose period is yet to be agreed",
            "heads": ("Class", "What it is", "Known datasets"),
            "rows": [
                (
                    f"{each.agreement}/{each.class_name}",
                    each.describes,
                    number(_known(forecast, each.agreement, each.class_name)),
                )
                for each in forecast.unagreed
            ],
            "left_out": "",
        }
    elif standing is Standing.UNCLASSIFIED:
        yield {
            "caption": "Rows of no class, by the last good survey of each agreement",
            "heads": ("Agreement", "Surveyed", "Rows of no class"),
            "rows": list(_surveys(forecast)),
            "left_out": "",
        }
    elif standing is Standing.EXPIRED:
        yield {
            "caption": "Agreements that ended without a successor",
            "heads": ("Agreement", "Ended", "Known datasets"),
            "rows": [
                (name, day(ended_on), number(_known(forecast, name)))
                for name, ended_on in forecast.expired.items()
            ],
            "left_out": "",
        }


def _known(forecast: Forecast, agreement: str, class_name: str | None = None) -> int:
    return sum(
        tally.datasets
        for (reference, name), tally in forecast.known.items()
        if reference == agreement and class_name in {None, name}
    )


def _surveys(forecast: Forecast) -> Iterator[tuple[str, str, str]]:
    for each in forecast.surveyed:
        seen = "never" if each.seen_on is None else day(each.seen_on)
        failed = "; the newest survey failed" if each.failed else ""
        rows = "not known" if each.seen_on is None else number(each.unclassified)
        yield each.agreement, seen + failed, rows


def _events(forecast: Forecast) -> dict[str, Any]:
    found = sorted(
        forecast.supposed.items(),
        key=lambda each: (each[0].expected_on, each[0].agreement, each[0].class_name),
    )
    return {
        "caption": "Events expected and not recorded, and what would follow from each on its day",
        "heads": ("Event", "Expected", "What would follow"),
        "rows": [
            (
                f"{each.agreement}: {each.event} {each.value}".strip(),
                _when(forecast, each),
                _follows(each, tally),
            )
            for each, tally in found[:EVENTS_MAX]
        ],
        "left_out": left_out(min(len(found), EVENTS_MAX), len(found), "events"),
    }


def _when(forecast: Forecast, supposed: Supposed) -> str:
    on, today = supposed.expected_on, forecast.window.on
    return f"{day(on)}, {ago(on, today)} ago" if on < today else day(on)


def _follows(supposed: Supposed, tally: Tally) -> str:
    """Return what would follow for the datasets of one class, in a sentence."""
    known = count(tally.datasets, "known dataset")
    days = supposed.days
    if days is None:
        return f"{supposed.class_name}, {known}: nothing yet"
    told = [f"the review opens on {day(days.review_opens_on)}"]
    if days.due_on is not None:
        told.append(f"disposal may begin on {day(days.due_on)}")
    if days.destroy_by is not None:
        told.append(f"gone by {day(days.destroy_by)}")
    if supposed.missing:
        told.append(f"still missing: {', '.join(supposed.missing)}")
    return f"{supposed.class_name}, {known}: {'; '.join(told)}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
