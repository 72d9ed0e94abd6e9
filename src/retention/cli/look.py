"""Questions: nothing here changes anything."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from retention import agreements, wiring
from retention.cli.common import as_json, lines, show
from retention.domain.entry import Entry
from retention.settings import policy_files
from retention.steps.advance import next_steps
from retention.steps.cases import case_of, cases, read_proposal
from retention.steps.classify import Dated, assess_all
from retention.steps.notify import notices
from retention.steps.remind import awaiting
from retention.views.review import review_page, size, working_of

_DAY = click.DateTime(["%Y-%m-%d"])
as_at = click.option("--as-at", type=_DAY, help="Ask for another day than today.")


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
def check(path: Path | None) -> None:
    """Check every agreement in PATH (policies/), and list every fault at once.

    Each fault names file, line and column, what was found, what was expected and what to do.
    """
    folder = path or wiring.compose().settings.policies
    library = agreements.read(policy_files(folder))
    found = library.agreements(date.max)
    for warning in library.warnings:
        click.echo(f"warning: {warning}", err=True)
    classes = sum(len(each.classes) for each in found)
    click.echo(f"{len(found)} agreements with {classes} classes, and no fault.")


@click.command()
@as_json
@as_at
def due(*, as_json: bool, as_at: datetime | None) -> None:
    """List what may be reviewed, and why the rest may not."""
    work = wiring.compose()
    on = as_at.date() if as_at else work.clock.today()
    found = assess_all(
        work.library.agreements(on), catalogue=work.catalogue, ledger=work.ledger, on=on
    )
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


@click.command()
@as_json
def proposals(*, as_json: bool) -> None:
    """List what was frozen for people to decide on."""
    work = wiring.compose()
    rows = []
    for case in cases(work.ledger):
        proposal = read_proposal(case, work.evidence)
        rows.append(
            {
                "mark": proposal.mark,
                "agreement": f"{proposal.agreement} v{proposal.version}",
                "datasets": len(proposal.items),
                "versions": proposal.versions,
                "size": size(proposal.size_bytes),
                "decided": f"{len(case.decided)} of {len(proposal.approved_by)}",
                "ended": case.spent.text("why") if case.spent else sorted(case.certified),
                "digest": proposal.digest,
            }
        )
    show(rows, as_json=as_json, empty="Nothing was proposed yet.")


@click.command(name="show")
@click.argument("digest")
def show_proposal(digest: str) -> None:
    """Show one proposal by its DIGEST or mark, as approvers see it, and what became of it."""
    work = wiring.compose()
    found = [
        case
        for case in cases(work.ledger)
        if digest in {case.proposal, read_proposal(case, work.evidence).mark}
    ]
    case = found[0] if found else case_of(work.ledger, digest)
    proposal = read_proposal(case, work.evidence)
    parties = {c: work.library.party(c).name for c in proposal.controllers}
    page = review_page(
        proposal,
        proposal.items,
        proposal.approved_by[0],
        "",
        parties,
        demonstration=work.library.engine().demonstration,
    )
    click.echo(f"{page}\n\nHow each date follows:\n")
    lines(working_of(proposal))
    lines(
        f"{r.at.isoformat()}  {r.text('step')}: {r.text('decision')} by {r.text('person')}"
        for r in case.decided
    )
    lines(f"{r.at.isoformat()}  certificate {r.text('certificate')}" for r in case.sealed.values())
