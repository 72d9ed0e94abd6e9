"""What may happen when, and why: nothing here changes anything."""

from datetime import datetime
from typing import Any

import click

from retention import wiring
from retention.cli.common import as_at, as_json, show
from retention.steps.classify import Dated, assess_all


@click.command()
@as_json
@as_at
def due(*, as_json: bool, as_at: datetime | None) -> None:
    """List what may be reviewed, and why the rest may not."""
    work = wiring.compose()
    on = as_at.date() if as_at else work.clock.today()
    found = assess_all(work.library.terms(on), catalogue=work.catalogue, ledger=work.ledger, on=on)
    rows = [_due(each) for each in found]
    rows.sort(key=lambda row: (not row["eligible"], row["dataset"]))
    show(rows, as_json=as_json, empty="No dataset is known: run `retention survey` first.")


def _due(each: Dated) -> dict[str, Any]:
    a = each.assessment
    return {
        "dataset": str(a.dataset),
        "eligible": a.eligible,
        "state": each.state.value,
        "due_on": a.days and a.days.due_on and a.days.due_on.isoformat(),
        "destroy_by": a.days and a.days.destroy_by and a.days.destroy_by.isoformat(),
        "reasons": list(a.reasons),
    }
