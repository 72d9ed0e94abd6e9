"""What the commands share: output for people or programs, and who is asking."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from retention import wiring
from retention.domain.agreement import Person
from retention.errors import NotAuthorisedError


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
    if not work.identities.knows(person, password) or found is None:
        raise NotAuthorisedError(
            "no such person, or not this password",
            hint="`retention people list` shows who may log in; passwd sets a new password",
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
    """Yield *rows* as a table for people, under the names of the columns."""
    if not rows:
        return
    names = list(rows[0])
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(len(n), *(len(c[i]) for c in cells)) for i, n in enumerate(names)]
    heads = (n.replace("_", " ").ljust(w) for n, w in zip(names, widths, strict=True))
    yield click.style(f"{indent}{'  '.join(heads).rstrip()}", bold=True)
    for row in cells:
        texts = (c.ljust(w) for c, w in zip(row, widths, strict=True))
        yield f"{indent}{'  '.join(texts).rstrip()}"


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
