"""Today, on one screen."""

import click

from retention import wiring
from retention.cli.common import as_json, show
from retention.domain.entry import Entry
from retention.steps.advance import next_steps
from retention.steps.notify import notices
from retention.steps.remind import awaiting


@click.command()
@as_json
def status(*, as_json: bool) -> None:
    """Say what awaits whom, what is held and what failed, today."""
    work = wiring.compose()
    waiting = awaiting(work.ledger, work.evidence)
    open_notices = [
        n.id
        for n in notices(work.ledger)
        if set(n.answers.values()) != {"proceed"} or not n.answers
    ]
    surveys = list(work.ledger.of_kind(Entry.SURVEYED))
    rows = [
        {"what": f"lists that await the {role}", "how_many": n, "which": ""}
        for role, n in sorted(waiting.items())
    ]
    rows.append(
        {"what": "notices without a yes", "how_many": len(open_notices), "which": open_notices}
    )
    incidents = [r.text("incident") for r in work.ledger.of_kind(Entry.INCIDENT)]
    rows.append({"what": "incidents", "how_many": len(incidents), "which": sorted(set(incidents))})
    steps = next_steps(work.ledger, work.evidence, work.clock)
    rows.append(
        {"what": "flows that may run", "how_many": len(steps), "which": [s.flow for s in steps]}
    )
    failed = sorted({r.text("agreement") for r in surveys if r.number("failed")})
    rows.append({"what": "surveys that failed", "how_many": len(failed), "which": failed})
    last = max((r.at.isoformat() for r in surveys if not r.number("failed")), default="never")
    rows.append({"what": "last good survey", "how_many": len(surveys), "which": last})
    show(rows, as_json=as_json, empty="")
