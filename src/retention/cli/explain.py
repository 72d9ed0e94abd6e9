"""Why one dataset stands where it does: nothing here changes anything."""

import json
import shutil
from datetime import datetime
from pathlib import Path

import click

from retention import wiring
from retention.cli.common import as_at, as_json, asked_on, policies_option
from retention.steps.explain import explain as explain_it
from retention.steps.explain import suppose
from retention.views.act_pages import REFERENCE_ONLY
from retention.views.assessed import assessed_record, explanation

WIDTH_MAX = 100


@click.command()
@click.argument("dataset")
@click.option(
    "--given",
    multiple=True,
    metavar="EVENT=DAY",
    help="Suppose that an event happened: 2030-06-30, or 2030-06 or 2030. May be repeated.",
)
@click.option(
    "--where",
    multiple=True,
    metavar="PLACEHOLDER=VALUE",
    help="For a dataset that does not exist yet, such as nation=wales. May be repeated.",
)
@as_json
@as_at
@policies_option
def explain(
    *,
    dataset: str,
    given: tuple[str, ...],
    where: tuple[str, ...],
    as_json: bool,
    as_at: datetime | None,
    policies: Path | None,
) -> None:
    """Say when one DATASET may go, why, and how each day follows.

    One that does not exist yet is asked about by its class, with its events supposed.

    \b
    Examples:
      retention explain NACEL/patient-level/england/2019
      retention explain NACEL/patient-level --given audit-round-published=2030-06-30
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    is_class = dataset.count("/") == 1
    work = wiring.asking(policies, registers=not is_class)
    on = asked_on(work, as_at)
    supposed = _pairs(given, "EVENT=2030-06-30")
    if is_class:
        values = _pairs(where, "nation=wales")
        found = suppose(dataset, supposed, values, library=work.library, on=on)
    else:
        found = explain_it(
            dataset,
            supposed,
            library=work.library,
            catalogue=work.catalogue,
            ledger=work.ledger,
            on=on,
        )
    if as_json:
        record = assessed_record(found.found, found.term.governing, found.kind, found.state)
        click.echo(json.dumps(record, ensure_ascii=False, indent=1))
        return
    width = min(shutil.get_terminal_size().columns, WIDTH_MAX)
    page = explanation(
        found.found, found.term, found.kind, found.state, name=found.name, width=width
    )
    click.echo(page, nl=False)
    if found.by_reference:
        click.echo(f"\n{REFERENCE_ONLY}")
    if not found.was_seen:
        click.echo("\nNo good survey has seen this dataset: its name may be mistyped.")


def _pairs(given: tuple[str, ...], example: str) -> dict[str, str]:
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not (name and equals and value):
            raise click.UsageError(f"{each!r} is not written as {example}")
        found[name] = value
    return found
