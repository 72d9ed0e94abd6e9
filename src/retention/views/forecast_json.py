"""A forecast for programs: one JSON document, written row by row.

- ``as_at``, ``through``, ``months``: the day, the last day, and how many months after this one;
- ``datasets``: every known dataset, with ``dataset agreement version class action``, its
  ``standing`` and in which lists it ``also`` belongs, ``state eligible review_opens_on due_on
  destroy_by destroy_by_is retained_through latest_by ask_on review_at_latest awaiting expected
  holds held_past_maximum reasons size_bytes``;
- ``standing``: how many ``datasets`` stand where, their ``size_bytes``, and how many ``also``
  belong there; the numbers of datasets add up to all of them;
- ``calendar``: ``on what agreement class action firmness name`` with ``datasets size_bytes`` and,
  of those, ``waiting waiting_bytes``: what waits for somebody;
- ``by_month``, ``by_agreement``, ``by_action``: the same for each ``what``, added up;
- ``expected``: events that are not recorded, and what would follow if each came on its day;
- ``inventories``: stores whose counts are of an inventory, and of which day;
- ``placeholders``, ``surveys``, ``expired``: classes without a period, what the surveys left, and
  agreements that are over and unconfirmed.

Days are in ISO 8601, and null where there is none.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from retention.domain.clock import Days
from retention.domain.forecast import Forecast, Mark, Surveyed, Tally, Unagreed
from retention.domain.standing import MAIN, Row, Standing, Supposed, What, month_of

Json = Mapping[str, Any]


def document(forecast: Forecast, rows: Iterable[Row]) -> Iterator[str]:
    """Yield the document piece by piece; *rows* are taken one by one and fill *forecast*."""
    window = forecast.window
    head = {"as_at": _day(window.on), "through": _day(window.last), "months": window.months}
    yield _text(head)[:-1] + ',"datasets":['
    for number, row in enumerate(rows):
        yield (",\n" if number else "\n") + _text(row_of(row))
    yield "\n]"
    for name, items in _tail(forecast):
        yield f',\n"{name}":' + _text(items)
    yield "}\n"


def row_of(row: Row) -> Json:
    """Return one dataset."""
    found = row.found
    days, timeline = found.days, found.timeline
    return {
        "dataset": row.name,
        "agreement": found.dataset.reference,
        "version": row.version,
        "class": found.dataset.class_name,
        "action": row.action,
        "standing": row.standing.value,
        "also": [each.value for each in row.also],
        "state": (row.state or found.phase).value,
        "eligible": found.eligible,
        **_days(days),
        "destroy_by_is": None
        if timeline is None or days is None or days.destroy_by is None
        else timeline.firmness.value,
        "latest_by": _day(row.day(What.LATEST_BY)),
        "ask_on": _day(found.ask_on),
        "review_at_latest": _day(found.review_at_latest),
        "awaiting": [] if timeline is None else list(timeline.awaiting),
        "expected": [
            {"event": e.event, "value": e.value, "expected_on": _day(e.expected_on)}
            for e in row.expected
        ],
        "holds": [
            {"hold": h.id, "ground": str(h.ground), "since": _day(h.placed_on)} for h in found.holds
        ],
        "held_past_maximum": found.held_past_maximum,
        "reasons": list(found.reasons),
        "size_bytes": row.size_bytes,
    }


def _tail(forecast: Forecast) -> Iterator[tuple[str, Any]]:
    """Yield what follows the datasets, in its order."""
    standing = sorted(forecast.standing.items())
    yield "standing", {each.value: _stood(forecast, each, tally) for each, tally in standing}
    yield "calendar", [{**_mark(mark), **_tally(tally)} for mark, tally in forecast.calendar()]
    yield "by_month", list(_sums(forecast, "month", lambda m: f"{month_of(m.on):%Y-%m}"))
    yield "by_agreement", list(_sums(forecast, "agreement", lambda m: m.agreement))
    yield "by_action", list(_sums(forecast, "action", lambda m: m.action))
    expected = sorted(forecast.supposed.items(), key=lambda e: (e[0].expected_on, e[0].event))
    yield "expected", [_supposed(supposed, tally) for supposed, tally in expected]
    yield "placeholders", [_unagreed(forecast, each) for each in forecast.unagreed]
    yield "surveys", [_surveyed(each) for each in forecast.surveyed]
    made = forecast.inventories.items()
    yield "inventories", [{"store": name, "made_on": _day(on)} for name, on in made]
    ended = forecast.expired.items()
    yield "expired", [{"agreement": name, "ended_on": _day(on)} for name, on in ended]


def _stood(forecast: Forecast, standing: Standing, tally: Tally) -> Json:
    counted = {"datasets": tally.datasets, "size_bytes": tally.size_bytes}
    return {**counted, "also": forecast.also[standing]}


def _unagreed(forecast: Forecast, unagreed: Unagreed) -> Json:
    known = forecast.known.get((unagreed.agreement, unagreed.class_name), Tally())
    return {
        "agreement": unagreed.agreement,
        "class": unagreed.class_name,
        "datasets": known.datasets,
    }


def _surveyed(surveyed: Surveyed) -> Json:
    return {
        "agreement": surveyed.agreement,
        "unclassified": surveyed.unclassified,
        "seen_on": _day(surveyed.seen_on),
        "newest_failed": surveyed.failed,
    }


def _sums(forecast: Forecast, name: str, key: Callable[[Mark], str]) -> Iterator[Json]:
    for what in (*MAIN, What.ASK_ABOUT, What.REVIEW_AT_LATEST):
        for value, tally in sorted(forecast.tallies(what, key).items()):
            yield {name: value, "what": what.value, **_tally(tally)}


def _mark(mark: Mark) -> Json:
    return {
        "on": _day(mark.on),
        "what": mark.what.value,
        "agreement": mark.agreement,
        "class": mark.class_name or None,
        "action": mark.action or None,
        "firmness": mark.firmness.value,
        "name": mark.name or None,
    }


def _tally(tally: Tally) -> Json:
    return {
        "datasets": tally.datasets,
        "size_bytes": tally.size_bytes,
        "waiting": tally.waiting,
        "waiting_bytes": tally.waiting_bytes,
    }


def _supposed(supposed: Supposed, tally: Tally) -> Json:
    return {
        "agreement": supposed.agreement,
        "event": supposed.event,
        "value": supposed.value or None,
        "expected_on": _day(supposed.expected_on),
        "class": supposed.class_name,
        "action": supposed.action,
        **_days(supposed.days),
        "destroy_by_is": supposed.firmness.value,
        "still_missing": list(supposed.missing),
        "datasets": tally.datasets,
        "size_bytes": tally.size_bytes,
    }


def _days(days: Days | None) -> Json:
    return {
        "review_opens_on": None if days is None else _day(days.review_opens_on),
        "due_on": None if days is None else _day(days.due_on),
        "destroy_by": None if days is None else _day(days.destroy_by),
        "retained_through": None if days is None else _day(days.retained_through),
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
