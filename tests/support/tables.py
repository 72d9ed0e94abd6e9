"""Tables of events as a spreadsheet writes them, and what is found wrong in them."""

import csv
import io

from retention.errors import RefusedError
from retention.steps.record.importing import plan_import
from retention.steps.record.table import FaultyTableError, header_line, read_table

REASON = "from the minutes of each round"
ROUNDS = [str(year) for year in range(2010, 2022)]
FILES = {"minutes.txt": b"minutes", "more/other.pdf": b"%PDF", "empty.txt": b" \n"}


def files(name):
    if name not in FILES:
        raise RefusedError("there is no such file", hint="put it beside the table")
    return FILES[name]


def written(rows, newline="\r\n"):
    out = io.StringIO()
    csv.writer(out, lineterminator=newline).writerows(rows)
    return out.getvalue()


HEADER = header_line().split(",")
REAL = written(
    [
        HEADER,
        *(
            ["INV", "round-published", each, f"{int(each) + 1}-06-30", "minutes.txt", ""]
            for each in ROUNDS
        ),
        [
            "INV",
            "ended-not-renewed",
            "",
            "2026-10-01",
            "more/other.pdf",
            'He said: "it ended",\nhe did',
        ],
    ]
).encode()


def plan(world, content, by="both-01", reason=REASON):
    lines, faults = read_table(content)
    person = next(p for p in world.library.people() if p.id == by)
    person = type(person)(person.id, person.name, (*person.roles, "audit-lead"), None)
    return plan_import(lines, faults, by=person, reason=reason, files=files, ports=world.recording)


def error_of(look, *arguments, **named):
    """Return the FaultyTableError that *look* raises, or None."""
    try:
        look(*arguments, **named)
    except FaultyTableError as error:
        return error
    return None


def faults(world, content, **who):
    """Return what is wrong, each as (row, column); a table that stands has none."""
    size = world.ledger.size()
    error = error_of(plan, world, content, **who)
    assert world.ledger.size() == size, "a plan writes nothing"
    if error is None:
        return []
    assert error.exit_code == 10
    assert error.faults
    assert all(fault.what and fault.hint for fault in error.faults)
    return [(fault.row, fault.column) for fault in error.faults]


def table(*rows, header=HEADER):
    return written([header, *rows]).encode()


def row(agreement="INV", event="round-published", value="2019", on="2020-06-30", evidence="minutes.txt", reason=""):  # fmt: skip
    return [agreement, event, value, on, evidence, reason]
