"""Questions: nothing here changes anything."""

import click

from retention import wiring
from retention.cli.common import as_json, lines, show
from retention.steps.cases import case_named, cases, read_proposal
from retention.views import figures


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
                "size": figures.size(proposal.size_bytes),
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
    case = case_named(work.ledger, digest)
    page, _ = work.desk(case.proposal).pack()
    click.echo(page)
    lines(
        f"{r.at.isoformat()}  {r.text('step')}: {r.text('decision')} by {r.text('person')}"
        for r in case.decided
    )
    lines(f"{r.at.isoformat()}  certificate {r.text('certificate')}" for r in case.sealed.values())
