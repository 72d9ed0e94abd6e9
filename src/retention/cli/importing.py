"""Many events at once, from a table that a spreadsheet writes."""

from collections.abc import Callable
from pathlib import Path

import click

from retention import wiring
from retention.cli.taking import FILE, Given, an_act_without_file, content_of, recording, take
from retention.errors import AgreementError, RefusedError
from retention.steps.record.importing import plan_import, template
from retention.steps.record.planned import Planned, Recording, Why
from retention.steps.record.table import BYTES_MAX, read_table


def _print_template(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001, FBT001  # click's signature
    if value:
        click.echo(template(recording(wiring.compose())), nl=False)
        ctx.exit()


@click.command(name="import")
@click.argument("file", type=FILE)
@click.option(
    "--template",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_template,
    help="Print a table to fill in, with a row for each event that is waited for.",
)
@an_act_without_file
def import_file(*, file: Path, given: Given) -> None:
    """Record the events of the CSV table FILE: all of them, or none.

    \b
    Columns, in any order, in UTF-8:
      agreement  the reference, such as NACEL
      event      as the agreement declares it, or a built-in one
      value      which one, such as the round 2019; empty for the whole agreement
      on         2019-06-30, or 2019-06 or 2019 if no more is known
      evidence   a file beside the table, or in a folder below it
      reason     why, in a sentence; may be left out if --reason says it for all

    Every row follows the rules of `retention event record`.  All faults are told at once, by row
    and column; the header is row 1.

    \b
    Example:
      retention import --template > events.csv
      retention import events.csv --reason "Rounds of 2019 to 2021, from the minutes" --as audit-01
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped

    def plan(why: Why, ports: Recording) -> Planned:
        lines, faults = read_table(_table(file))
        return plan_import(
            lines, faults, by=why.by, reason=why.reason, files=_beside(file), ports=ports
        )

    take(given, plan, done="Recorded as {entries}.", brings=())


def _table(file: Path) -> bytes:
    """Return the table; one byte more than is allowed is enough to refuse it."""
    try:
        with file.open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError:
        raise AgreementError(
            "the table cannot be read", hint="look at its name, and whether you may read it"
        ) from None


def _beside(file: Path) -> Callable[[str], bytes]:
    """Return how to read the files that a table names: only what lies in its own folder."""
    folder = file.absolute().parent.resolve()

    def read(name: str) -> bytes:
        outside = RefusedError(
            "there is no such file in the folder of the table",
            hint="put it beside the table, and write its name from there",
        )
        try:
            path = (folder / name).resolve()
            if not path.is_relative_to(folder) or not path.is_file():
                raise outside
        except (OSError, ValueError):  # a name that no file can have
            raise outside from None
        return content_of(path)

    return read
