"""Today, on one screen: nothing here changes anything."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from pathlib import Path

import click

from flows.timetable import CRONS
from retention import wiring
from retention.cli.common import as_at, as_json, asked_on, lines, policies_option
from retention.cli.progress import Bars
from retention.domain.timetable import Stale
from retention.domain.words import long_day
from retention.errors import SilentError
from retention.steps.access_today import access_lines
from retention.steps.today import Asking, Line, today

WHICH_MAX = 6
SILENT = "Should have happened by itself, and has not"
_SIGNS = {True: click.style("!", fg="red", bold=True), False: " "}


@click.command()
@click.option(
    "--fail-stale",
    is_flag=True,
    help="Say only what should have happened by itself and has not; exit 45 if anything has not.",
)
@click.option("--all", "everything", is_flag=True, help="Show also what there is none of.")
@as_json
@as_at
@policies_option
def status(
    *,
    fail_stale: bool,
    everything: bool,
    as_json: bool,
    as_at: datetime | None,
    policies: Path | None,
) -> None:
    """Say what awaits whom, what is late and what failed, today.

    A line that begins with ! needs somebody to act: it is here every day until they do.
    """
    work = wiring.asking(policies)
    late = work.unattended.stale(CRONS)
    if fail_stale:
        _heartbeat(late, as_json=as_json)
        return
    on, bars = asked_on(work, as_at), Bars(sys.stderr)
    asking = Asking(work.library, work.catalogue, work.ledger, work.evidence, bars, on)
    access = access_lines(work.ledger, work.evidence, withdraws=work.has_custodian)
    found = [*_silent(late), *today(asking), *access, *_runs(work)]
    bars.clear()
    if as_json:
        click.echo(json.dumps([asdict(line) for line in found], ensure_ascii=False, indent=1))
        return
    click.echo(click.style(f"{long_day(on)}", bold=True))
    lines(_page(found, everything=everything))


def _heartbeat(late: Sequence[Stale], *, as_json: bool) -> None:
    """Print what is late; raise SilentError if anything is."""
    if as_json:
        click.echo(json.dumps([asdict(each) for each in late], ensure_ascii=False, indent=1))
    else:
        lines(f"{each.what}.\n  what to do: {each.next}." for each in late)
    if late:
        things = "1 thing" if len(late) == 1 else f"{len(late)} things"
        raise SilentError(
            f"{things} should have happened by now",
            hint="do what each line says; infra/runbooks/unattended.md says more",
        )
    if not as_json:
        click.echo("Everything that should have happened by itself has.")


def _silent(late: Sequence[Stale]) -> list[Line]:
    """Return a line for each thing that should have happened: first of all, and in red."""
    return [Line(SILENT, each.what, 1, (each.next,), urgent=True) for each in late]


def _page(found: Iterable[Line], *, everything: bool) -> Iterable[str]:
    shown = [line for line in found if everything or line.how_many or line.which]
    for section, group in groupby(shown, key=lambda line: line.section):
        yield ""
        red = "red" if section == SILENT else None
        yield click.style(section, bold=True, fg=red)
        for line in group:
            which = ", ".join(line.which[:WHICH_MAX])
            more = len(line.which) - WHICH_MAX
            which += f" and {more:,} more" if more > 0 else ""
            count = f"{line.how_many:,}" if line.how_many else "-"
            text = f"{count:>9}  {line.what}{f': {which}' if which else ''}"
            yield f"{_SIGNS[line.urgent]} {click.style(text, fg=red)}"


def _runs(work: wiring.Composition) -> list[Line]:
    """Return what Prefect runs next and what failed there, if it serves."""
    try:
        upcoming, failed = work.runs()
    except ConnectionError:
        told = ("Prefect does not answer: `retention up` serves it",)
        return [Line("Flows", "next runs", 0, told)]
    soon = tuple(f"{run.name} {run.at:%a %d %b %H:%M}" for run in upcoming)
    ended = tuple(f"{run.name} {run.at:%a %d %b %H:%M}" for run in failed)
    return [
        Line("Flows", "next runs (UTC)", len(soon), soon),
        Line("Flows", "runs that failed in the last week", len(ended), ended, urgent=bool(ended)),
    ]
