"""What may be reviewed, and why the rest may not: nothing here changes anything."""

import json
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from retention import wiring
from retention.cli.common import as_at, as_json, asked_on, lines, policies_option, table_lines
from retention.cli.progress import Bars
from retention.domain.words import long_day
from retention.ports.progress import Progress
from retention.steps.classify import Dated, assess_all
from retention.steps.due import LISTED_MAX, DueList, due_list
from retention.views.assessed import assessed_record, stands_at
from retention.views.figures import size
from retention.views.refusals import lock_words
from retention.views.surveyed import inventories, inventory_note

TELL_EVERY = 5_000


@click.command()
@as_json
@as_at
@policies_option
def due(*, as_json: bool, as_at: datetime | None, policies: Path | None) -> None:
    """List what may be reviewed, and why the rest may not.

    With --json, every dataset is there with all its days, reasons and working.
    """
    work = wiring.asking(policies)
    on = asked_on(work, as_at)
    terms = work.library.terms(on)
    found = assess_all(terms, catalogue=work.catalogue, ledger=work.ledger, on=on)
    if as_json:
        _stream(_due_record(each) for each in found)
        return
    bars = Bars(sys.stderr)
    summed = due_list(_watched(found, bars), on)
    bars.clear()
    if not summed.datasets:
        known = next(iter(work.catalogue.holdings()), None) is not None
        click.echo(
            "No dataset is known under an agreement that is in force on that day."
            if known
            else "No dataset is known: run `retention survey` first."
        )
    else:
        lines(_due_page(summed, len(terms)))


def _watched(found: Iterable[Dated], progress: Progress) -> Iterable[Dated]:
    for number, each in enumerate(found, start=1):
        if number % TELL_EVERY == 0:
            progress.at("looked at", number)
        yield each


def _due_record(each: Dated) -> dict[str, Any]:
    record = assessed_record(each.assessment, each.agreement, each.kind, each.state)
    made = inventories(each.holdings)
    return {
        **record,
        "size_bytes": sum(holding.size_bytes for holding in each.holdings),
        "locked_until": None if each.locked_until is None else each.locked_until.isoformat(),
        "inventories": {store: day.isoformat() for store, day in made.items()},
    }


def _due_page(summed: DueList, agreements: int) -> Iterable[str]:
    yield (
        f"On {long_day(summed.on)}: {summed.datasets:,} datasets under {agreements:,} agreements."
    )
    yield ""
    yield click.style(
        f"May be reviewed: {summed.eligible:,} ({size(summed.eligible_bytes)})", bold=True
    )
    if len(summed.most) < summed.eligible:
        yield f"The {LISTED_MAX} most urgent of them; the rest: `retention due --json`."
    yield from table_lines([_due_row(each) for each in summed.most])
    if summed.looked_at:
        yield ""
        yield click.style(f"Somebody must look: {summed.raised:,}", bold=True)
        rows = [
            {"datasets": f"{count:,}", "class": where, "why": why}
            for (where, why), count in summed.looked_at.most_common(LISTED_MAX)
        ]
        yield from table_lines(rows)
        if len(summed.looked_at) > LISTED_MAX:
            more = len(summed.looked_at) - LISTED_MAX
            yield f"  and {more:,} more reasons: `retention due --json`"
    if summed.rest:
        yield ""
        told = (
            f"{name.replace('_', ' ')} {count:,}" for name, count in sorted(summed.rest.items())
        )
        yield f"Nothing to do for the rest: {', '.join(told)}."
    yield from (inventory_note(store, day) for store, day in summed.inventories.items())
    yield ""
    yield "Why one of them stands where it does: `retention explain DATASET`."


def _due_row(each: Dated) -> dict[str, str]:
    days = each.assessment.days
    assert days is not None
    return {
        "dataset": str(each.assessment.dataset),
        "stands at": stands_at(each.assessment, each.state).replace("_", " ") + _locked(each),
        "may go from": "once approved" if days.due_on is None else days.due_on.isoformat(),
        "gone by": ("-" if days.destroy_by is None else days.destroy_by.isoformat())
        + (" OVERDUE" if each.assessment.overdue else ""),
        "size": size(sum(holding.size_bytes for holding in each.holdings)),
    }


def _locked(each: Dated) -> str:
    return "" if each.locked_until is None else f", {lock_words(each.locked_until)}"


def _stream(records: Iterable[Mapping[str, Any]]) -> None:
    """Print a JSON array as its elements come, so that a million of them fit in memory."""
    before = "[\n"
    for record in records:
        click.echo(before + json.dumps(record, ensure_ascii=False), nl=False)
        before = ",\n"
    click.echo("[]" if before == "[\n" else "\n]")
