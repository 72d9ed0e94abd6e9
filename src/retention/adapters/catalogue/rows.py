"""Rows to values and back: instants as ISO 8601 in UTC, the rest as canonical JSON."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from retention.domain.canonical import canonical
from retention.domain.totals import Totals, Traits
from retention.ports.catalogue import MORE, STRAYS_MAX, Holding, Part, Stray, Survey

COUNTS = ("versions", "markers", "uploads", "size_bytes")


def totals_row(totals: Totals) -> dict[str, Any]:
    """Return the columns of *totals*."""
    return {
        **{name: getattr(totals, name) for name in COUNTS},
        "oldest_at": text(totals.oldest_at),
        "newest_at": text(totals.newest_at),
        "traits_text": totals.traits.text(),
    }


def totals_of(row: Any) -> Totals:
    """Read what :func:`totals_row` wrote."""
    return totals_of_row(row._asdict())


def part_row(part: Part) -> dict[str, Any]:
    """Return the columns of *part*."""
    return {
        "agreement": part.agreement,
        "dataset": part.dataset,
        "place": part.place,
        "class_name": part.class_name,
        "binding": canonical(part.binding).decode(),
        "kind": part.kind,
        **totals_row(part.totals),
    }


def stray_row(stray: Stray) -> dict[str, Any]:
    """Return the columns of what no agreement claims, but for when it was first seen."""
    names = {"under": stray.under, "folder": stray.folder, "why": stray.why}
    return {**names, **totals_row(stray.totals)}


def stray_of(row: Any) -> Stray:
    """Read a row of the table of strays."""
    return Stray(
        row.store,
        row.under,
        row.folder,
        row.why,
        totals_of(row),
        datetime.fromisoformat(row.first_seen_at),
        row.surveys,
    )


def survey_row(survey: Survey) -> dict[str, Any]:
    """Return the columns of *survey*."""
    return {
        name: text(value) if isinstance(value, datetime) else value
        for name in Survey.__dataclass_fields__
        for value in [getattr(survey, name)]
    }


def survey_of(row: Any) -> Survey:
    """Read what :func:`survey_row` wrote."""
    said = row._asdict()
    for name in ("began_at", "ended_at", "as_of"):
        said[name] = datetime.fromisoformat(said[name])
    return Survey(**said)


def merged(rows: Iterator[Any], key: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Add up the rows that agree in *key*; they come sorted by it."""
    held: dict[str, Any] = {}
    totals: Totals | None = None
    for row in rows:
        here = row._asdict()
        if held and all(held[name] == here[name] for name in key):
            totals = totals or totals_of_row(held)
            totals.add(totals_of(row))
            continue
        if held:
            yield held if totals is None else {**held, **totals_row(totals)}
        held, totals = here, None
    if held:
        yield held if totals is None else {**held, **totals_row(totals)}


def bounded(rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the first STRAYS_MAX folders, and those after them as one for each place and reason."""
    rest: dict[tuple[str, str], tuple[dict[str, Any], Totals]] = {}
    for number, row in enumerate(rows):
        if number < STRAYS_MAX and row["folder"] != MORE:
            yield row
            continue
        key = row["under"], row["why"]
        if key in rest:
            rest[key][1].add(totals_of_row(row))
        else:
            rest[key] = {**row, "folder": MORE}, totals_of_row(row)
    for row, totals in rest.values():
        yield {**row, **totals_row(totals)}


def totals_of_row(row: dict[str, Any]) -> Totals:
    """Return the totals in the columns of a row as it was read."""
    return Totals(
        **{name: row[name] for name in COUNTS},
        oldest_at=instant(row["oldest_at"]),
        newest_at=instant(row["newest_at"]),
        traits=Traits.read(row["traits_text"]),
    )


def holding_of(
    dataset: str, agreement: str, class_name: str, binding: str, kind: str, place: str,
    versions: int, markers: int, uploads: int, size_bytes: int,
    oldest_at: str | None, newest_at: str | None, seen_at: str,
    store: str, source: str, traits_text: str,
) -> Holding:  # fmt: skip
    """Read one row of the table of holdings: a million of them are read at a time."""
    return Holding(
        dataset, agreement, class_name, _binding(binding), kind, place,
        versions, markers, uploads, size_bytes,
        None if oldest_at is None else datetime.fromisoformat(oldest_at),
        None if newest_at is None else datetime.fromisoformat(newest_at),
        datetime.fromisoformat(seen_at), store, source, traits_text,
    )  # fmt: skip


@lru_cache(maxsize=4096)  # the copies of one dataset follow one another, and bindings recur
def _binding(said: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in json.loads(said))


def text(at: datetime | None) -> str | None:
    """Write an instant; raise ValueError for one without a zone."""
    if at is None:
        return None
    if at.tzinfo is None:
        raise ValueError("an instant without a zone cannot be written down")
    return at.astimezone(UTC).isoformat()


def instant(said: str | None) -> datetime | None:
    """Read what :func:`text` wrote."""
    return None if said is None else datetime.fromisoformat(said)
