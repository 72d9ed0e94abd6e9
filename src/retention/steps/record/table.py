"""A table of events in CSV, as text: its rows, or every fault by row and column.

Everything is text and nothing is coerced.  A cell that a spreadsheet would take for a formula is
text too, and never the name of anything.  A fault repeats nothing of what stands in a cell.
Source: RFC 4180; OWASP, "CSV Injection".
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from retention.errors import AgreementError
from retention.steps.record.naming import guess

COLUMNS: Mapping[str, str] = {
    "agreement": "the reference of the agreement, such as NACEL",
    "event": "the event, as the agreement declares it",
    "value": "which one, such as the round 2019; empty for the whole agreement",
    "on": "the day: 2019-06-30, or 2019-06 or 2019 if no more is known",
    "evidence": "the file that shows it, beside the table or in a folder below it",
    "reason": "why, in a sentence; empty if --reason says it for all",
}
NEEDED: Final = ("agreement", "event", "value", "on", "evidence")
ROWS_MAX: Final = 5_000
BYTES_MAX: Final = 5_000_000
CELL_LETTERS_MAX: Final = 4_000
FAULTS_MAX: Final = 200  # said one by one; the rest is counted
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one place; *row* counts from 1, the header, as a spreadsheet does."""

    row: int
    column: str  # "" is the whole row
    what: str
    hint: str

    def __str__(self) -> str:
        """Return the fault as one line."""
        where = f"row {self.row}" + (f", column {self.column}" if self.column else "")
        return f"{where}: {self.what} ({self.hint})"


class FaultyTableError(AgreementError):
    """Every fault of a table; nothing of it was recorded."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Say all *faults*, in the order of the rows."""
        self.faults = tuple(sorted(faults, key=lambda each: each.row))
        lines = [str(each) for each in self.faults[:FAULTS_MAX]]
        if len(self.faults) > FAULTS_MAX:
            lines.append(f"and {len(self.faults) - FAULTS_MAX:,} more")
        noun = "fault" if len(self.faults) == 1 else "faults"
        super().__init__(
            "\n".join([f"{len(self.faults)} {noun} in the table; nothing was recorded", *lines]),
            hint="mend all of them and import the table again: it is taken whole or not at all",
        )

    def __reduce__(self) -> tuple[type["FaultyTableError"], tuple[tuple[Fault, ...]]]:
        """Let it cross from one process to another."""
        return type(self), (self.faults,)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table, as it was written."""

    row: int
    agreement: str
    event: str
    value: str
    on: str
    evidence: str
    reason: str


def read_table(content: bytes) -> tuple[list[Line], list[Fault]]:
    """Read a table in UTF-8; return its rows, and the faults of their form.

    Raises FaultyTableError for a table that cannot be read by rows at all.
    """
    rows = list(_rows(_text(content)))
    header = rows[0][1] if rows else []
    faults = list(_header_faults(header))
    if faults:
        raise FaultyTableError(faults)
    lines: list[Line] = []
    for number, cells in rows[1:]:
        if not any(cells):
            continue  # a line that a spreadsheet left behind
        faults += _cell_faults(number, header, cells)
        if len(cells) == len(header):
            said = dict.fromkeys(COLUMNS, "") | dict(zip(header, cells, strict=True))
            lines.append(Line(number, **said))
    if not lines and not faults:
        raise _whole("it has no row", "write one row for each event below the header")
    return lines, faults


def header_line() -> str:
    """Return the header of a table that has every column."""
    return ",".join(COLUMNS)


def table_text(rows: Sequence[Mapping[str, str]]) -> str:
    """Return a table with *rows*; a cell that a spreadsheet would run is left out, with its row."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(COLUMNS), restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(
        row for row in rows if not any(cell.startswith(_FORMULA) for cell in row.values())
    )
    return out.getvalue()


def _text(content: bytes) -> str:
    if len(content) > BYTES_MAX:
        raise _whole(f"it has more than {BYTES_MAX:,} bytes", "import it in parts")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _whole("it is not UTF-8", "save it as 'CSV UTF-8'") from None


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows with their numbers; a cell may hold line breaks, and counts as one row."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if number > ROWS_MAX + 1:
                raise _whole(f"it has more than {ROWS_MAX:,} rows", "import it in parts")
            yield number, cells
    except csv.Error:
        fault = Fault(
            number + 1, "", "its quotes do not pair, or a cell is too long", "look at the quotes"
        )
        raise FaultyTableError([fault]) from None


def _header_faults(header: Sequence[str]) -> Iterator[Fault]:
    if not header:
        yield Fault(1, "", "there is no header", f"begin with: {header_line()}")
        return
    for number, name in enumerate(header, start=1):
        if name not in COLUMNS:
            hint = guess(name, COLUMNS, "")
            yield Fault(1, "", f"the name of column {number} is none of ours", hint)
    for name in COLUMNS:
        times = header.count(name)
        if times > 1:
            yield Fault(1, name, f"it is there {times} times", "keep one of them")
        if not times and name in NEEDED:
            yield Fault(1, name, "it is missing", f"the columns are {', '.join(COLUMNS)}")


def _cell_faults(row: int, header: Sequence[str], cells: Sequence[str]) -> Iterator[Fault]:
    if len(cells) != len(header):
        what = f"it has {len(cells)} cells, and the header has {len(header)}"
        yield Fault(row, "", what, "quote a cell that holds a comma")
        return
    for name, cell in zip(header, cells, strict=True):
        if len(cell) > CELL_LETTERS_MAX:
            yield Fault(row, name, "it is too long", f"at most {CELL_LETTERS_MAX:,} letters")
        elif name == "reason":
            continue
        elif cell != cell.strip():
            yield Fault(row, name, "it begins or ends with a space", "take the space away")
        elif cell.startswith(_FORMULA):
            yield Fault(row, name, "it begins like a formula", "write a name, a day or a file")
        elif not cell.isprintable():
            yield Fault(row, name, "it has a sign that cannot be seen", "write it anew")
        elif not cell and name in NEEDED and name != "value":
            yield Fault(row, name, "it is empty", COLUMNS[name])


def _whole(what: str, hint: str) -> FaultyTableError:
    return FaultyTableError([Fault(1, "", what, hint)])
