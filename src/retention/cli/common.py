"""What the commands share: output for people or programs, and who is asking."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import zip_longest
from pathlib import Path
from shutil import get_terminal_size
from textwrap import wrap
from typing import Any

import click

from retention import wiring
from retention.domain.agreement import Person
from retention.domain.calendar import stamp
from retention.domain.entry import Draft, Entry
from retention.errors import NotAuthorisedError
from retention.ports.identities import Check


class Day(click.DateTime):
    """A day, as people write it; a message about it says how."""

    def __init__(self) -> None:
        """Take years, months and days, and nothing else."""
        super().__init__(["%Y-%m-%d"])

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002  # click's signature
        """Return what stands in the help."""
        return "YYYY-MM-DD"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the day, at its first moment; a usage error if there is none like that."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"'{value}' is not a day: it is written 2026-05-01", param, ctx)


DAY = Day()
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
as_at = click.option(
    "--as-at",
    type=DAY,
    help="Ask for another day than today, with what is known today.",
)
policies_option = click.option(
    "--policies",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Ask under the agreements in this folder.",
)
WIDTH = 100  # of a table on a narrower terminal, or on none
SHORT = 24  # what is no wider is read at a glance, and stays on one line
PASSWORD = "RETENTION_PASSWORD"  # noqa: S105  # the name of a variable, not a password


def acting(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that says who acts; the password is then asked for, or in the environment."""
    return click.option("--as", "person", required=True, help="Your id, as in people.toml.")(
        command
    )


def authenticated(work: wiring.Composition, person: str) -> Person:
    """Return the person if the password is right; raise NotAuthorisedError otherwise."""
    password = wiring.environment().get(PASSWORD) or click.prompt(
        "Password", hide_input=True, err=True
    )
    found = next((each for each in work.library.people() if each.id == person), None)
    checked = work.identities.check(person, password, work.clock.now())
    if checked is Check.LOCKS and (until := work.identities.standing(person).locked_until):
        facts = {"person": person, "until": stamp(until)}
        work.ledger.append(Draft(f"person:{person}", Entry.LOCKED_OUT, facts))
    if checked is not Check.RIGHT or found is None:
        raise NotAuthorisedError(
            "no such person, or not this password",
            hint="`retention people list` shows who may log in, and who is locked for a while",
        )
    return found


def show(rows: Sequence[Mapping[str, Any]], *, as_json: bool, empty: str) -> None:
    """Print *rows* as a table for people or JSON for programs; *empty* if there are none."""
    if as_json:
        click.echo(json.dumps(list(rows), ensure_ascii=False, indent=1))
    elif not rows:
        click.echo(empty)
    else:
        lines(table_lines(rows, indent=""))


def lines(texts: Iterable[str]) -> None:
    """Print lines."""
    for text in texts:
        click.echo(text)


def asked_on(work: wiring.Composition, as_at: datetime | None) -> date:
    """Return the day that a question is about."""
    return as_at.date() if as_at else work.clock.today()


def table_lines(rows: Sequence[Mapping[str, Any]], indent: str = "  ") -> Iterator[str]:
    """Yield *rows* as a table for people, under the names of the columns.

    Where it is wider than a terminal, the widest columns are wrapped between words.
    """
    if not rows:
        return
    heads = [name.replace("_", " ") for name in rows[0]]
    cells = [[_cell(row.get(name)) for name in rows[0]] for row in rows]
    limit = max(WIDTH, get_terminal_size().columns) - len(indent) - 2 * (len(heads) - 1)
    widths = _widths([heads, *cells], limit)
    for line in _lines_of(heads, widths):
        yield click.style(f"{indent}{line}", bold=True)
    for row in cells:
        for line in _lines_of(row, widths):
            yield f"{indent}{line}"


def _widths(table: Sequence[Sequence[str]], limit: int) -> list[int]:
    """Return how wide each column is: together at most *limit*, as far as words allow."""
    columns = list(zip(*table, strict=True))
    widths = [max(map(len, column)) for column in columns]
    words = [max(len(word) for cell in column for word in cell.split(" ")) for column in columns]
    least = [max(word, min(width, SHORT)) for word, width in zip(words, widths, strict=True)]
    while (over := sum(widths) - limit) > 0:
        able = [n for n, width in enumerate(widths) if width > least[n]]
        if not able:
            break
        widest = max(able, key=lambda n: widths[n])
        widths[widest] = max(least[widest], widths[widest] - over)
    return widths


def _lines_of(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    folded = (
        wrap(cell, width, break_long_words=False, break_on_hyphens=False) or [""]
        for cell, width in zip(row, widths, strict=True)
    )
    for texts in zip_longest(*folded, fillvalue=""):
        padded = (text.ljust(width) for text, width in zip(texts, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return "; ".join(map(str, value))
    return str(value)
