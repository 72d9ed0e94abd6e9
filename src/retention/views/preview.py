"""What an act would touch, shown before it is taken: every dataset, before and after, and totals.

Datasets that would change in the same way are shown together, so that thousands are read as few.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Final

from retention.domain.words import long_day
from retention.views.figures import count, size
from retention.views.surveyed import inventory_note

Value = date | str | tuple[str, ...] | None
NOT_KNOWN: Final = "not known"  # while nothing starts the clock; null for programs
SHOWN_MAX: Final = 60  # datasets on a screen; what is beyond is counted, and said to be


@dataclass(frozen=True, slots=True)
class Row:
    """One thing about a dataset: as it is, and as it would be; the same twice if it only shows.

    What is *passing* changes by itself while people look at it: nobody says yes to that.
    """

    what: str
    before: Value
    after: Value
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One dataset that is touched, with all its copies."""

    dataset: str
    size_bytes: int
    objects: int
    rows: tuple[Row, ...]
    inventories: tuple[tuple[str, date], ...] = ()  # that counted it, and of which day


@dataclass(frozen=True, slots=True)
class Preview:
    """One act: what it says, in one sentence; what it lists; what to know; and what it touches."""

    act: str
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()  # the parts of an act that has many
    untouched: str = "It touches no dataset that a survey has seen."

    @property
    def size_bytes(self) -> int:
        """How many bytes there are in what is touched, each copy counted."""
        return sum(each.size_bytes for each in self.changes)

    @property
    def objects(self) -> int:
        """How many object versions there are in what is touched, each copy counted."""
        return sum(each.objects for each in self.changes)


def preview_lines(preview: Preview) -> Iterator[str]:
    """Yield the lines that people read."""
    yield preview.act
    yield from (f"  - {line}" for line in preview.lines[:SHOWN_MAX])
    if len(preview.lines) > SHOWN_MAX:
        yield f"  - and {len(preview.lines) - SHOWN_MAX:,} more, which --json lists"
    yield ""
    if preview.changes:
        yield (
            f"It touches {count(len(preview.changes), 'dataset')}, "
            f"{count(preview.objects, 'object version')}, {size(preview.size_bytes)}:"
        )
        yield from _tables(preview.changes)
        made = sorted({pair for each in preview.changes for pair in each.inventories})
        yield from (inventory_note(store, day) for store, day in made)
    else:
        yield preview.untouched
    if preview.notes:
        yield ""
        yield from (f"! {note}" for note in preview.notes)


def preview_json(preview: Preview) -> dict[str, object]:
    """Return the preview for programs: every dataset of it, never a part."""
    return {
        "act": preview.act,
        "parts": list(preview.lines),
        "datasets": len(preview.changes),
        "objects": preview.objects,
        "bytes": preview.size_bytes,
        "notes": list(preview.notes),
        "touches": [
            {
                "dataset": each.dataset,
                "objects": each.objects,
                "bytes": each.size_bytes,
                "inventories": [
                    {"store": store, "made_on": day.isoformat()} for store, day in each.inventories
                ],
                "changes": [
                    {"what": r.what, "before": _plain(r.before), "after": _plain(r.after)}
                    for r in each.rows
                ],
            }
            for each in preview.changes
        ],
    }


def standing(preview: Preview) -> Preview:
    """Return what somebody says yes to: the preview without what is passing."""
    changes = (
        replace(each, rows=tuple(row for row in each.rows if not row.passing))
        for each in preview.changes
    )
    return replace(preview, changes=tuple(changes))


def _tables(changes: Sequence[Change]) -> Iterator[str]:
    shown = 0
    for rows, group in groupby(grouped(changes), key=lambda each: each.rows):
        alike = list(group)
        if shown >= SHOWN_MAX:
            break
        yield ""
        some = alike[: SHOWN_MAX - shown]
        width = max(len(each.dataset) for each in some)
        for each in some:
            yield f"  {each.dataset:<{width}}  {size(each.size_bytes):>9}"
        if len(alike) > len(some):
            yield f"  and {len(alike) - len(some):,} more that change like these"
        shown += len(alike)
        yield from _rows(rows)
    if shown < len(changes):
        yield ""
        yield (
            f"  and {len(changes) - shown:,} more datasets, counted above: "
            "`--preview --json` lists each"
        )


def grouped(changes: Sequence[Change]) -> list[Change]:
    """Bring together what changes alike, in the order in which it is first met."""
    first: dict[tuple[Row, ...], int] = {}
    for each in changes:
        first.setdefault(each.rows, len(first))
    return sorted(changes, key=lambda each: first[each.rows])


def _rows(rows: Sequence[Row]) -> Iterator[str]:
    width = max((len(row.what) for row in rows), default=0)
    for row in rows:
        before, after = _said(row.before), _said(row.after)
        shown = before if before == after else f"{before}  ->  {after}"
        yield f"      {row.what:<{width}}  {shown}"


def _said(value: Value) -> str:
    if isinstance(value, date):
        return long_day(value)
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return value or "none"


def _plain(value: Value) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return None if value == NOT_KNOWN else value


def table_json(rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return *rows* with days as programs read them."""
    return [
        {name: value.isoformat() if isinstance(value, date) else value for name, value in r.items()}
        for r in rows
    ]
