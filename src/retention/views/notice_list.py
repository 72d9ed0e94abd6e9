"""What a notice lists, as a table that a controller opens in a spreadsheet; no key stands in it."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, Final

COLUMNS: Final = (
    *("number", "dataset", "describes", "class", "clause", "due_on", "destroy_by"),
    *("object_versions", "bytes", "working"),
)
_RUNS = ("=", "+", "-", "@", "\t", "\r")  # with these a spreadsheet begins a formula


def notice_csv(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return the list of a notice as CSV: every dataset of it, counted as the last survey saw it.

    Each of *lines* is as ``views.letters.notice_letter`` takes it, with *versions* and *bytes*;
    what an older notice does not count is left empty.
    """
    out = StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for number, line in enumerate(lines, start=1):
        told = [line[name] for name in ("dataset", "describes", "class", "clause")]
        days = [line["due_on"] or "", line["destroy_by"] or ""]
        counted = [line.get("versions", ""), line.get("bytes", "")]
        cells = [number, *told, *days, *counted, "; ".join(line["working"])]
        table.writerow([_plain(each) for each in cells])
    return out.getvalue()


def _plain(cell: object) -> object:
    """Return a cell that is read as text: what people wrote is nobody's formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RUNS) else cell
