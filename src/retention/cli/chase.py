"""Who owes what, since when: nothing here changes anything."""

from datetime import datetime
from pathlib import Path

import click

from retention import wiring
from retention.cli.common import as_at, as_json, asked_on, policies_option, show
from retention.steps.chase import owed
from retention.views.preview import table_json


@click.command()
@as_json
@as_at
@policies_option
def chase(*, as_json: bool, as_at: datetime | None, policies: Path | None) -> None:
    """Say who owes an answer, since when, and what was sent.

    Controllers that have not answered a notice, or never got it; approvers; parties that were
    asked to instruct; certificates that were not acknowledged, where the agreement wants that,
    until `retention certificate acknowledge` records it.
    Reminders are sent by a flow, every day; this only looks.

    \b
    Example:
      retention chase --json
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    work = wiring.asking(policies)
    on = asked_on(work, as_at)
    rows = [
        {
            "whom": each.whom,
            "owes": each.what.value,
            "of": each.name,
            "agreement": each.agreement.reference,
            "datasets": each.datasets,
            "since": each.since,
            "by": each.by,
            "reminders": each.reminded.times,
            "last_reminder": each.reminded.last_on,
            "escalated": each.reminded.escalated_on,
        }
        for each in owed(work.ledger, work.evidence, work.library, on)
    ]
    show(table_json(rows), as_json=as_json, empty="Nobody owes an answer.")
