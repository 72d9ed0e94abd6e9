"""Incidents: what the data protection officer is to assess, and closes."""

import click

from retention import wiring
from retention.cli.common import as_json, show
from retention.cli.taking import Given, an_act, take
from retention.domain.incident import TOLD_NOBODY
from retention.steps.incidents import every_incident
from retention.steps.record.closing import plan_closing
from retention.views.preview import table_json


@click.group()
def incident() -> None:
    """List what the DPO must assess, and close it.

    Nobody outside is told by itself: whether and whom to tell is for people.
    """


@incident.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Also those that were closed.")
@as_json
def incident_list(*, everything: bool, as_json: bool) -> None:
    """List the open incidents, with the number by which each is closed.

    \b
    Example:
      retention incident list --all
    """  # noqa: D301  # click's mark of a paragraph that is not to be wrapped
    rows = [
        {
            "number": each.number,
            "kind": each.kind,
            "dataset": each.dataset,
            "noticed_on": each.noticed_on,
            "possible_breach": each.is_personal,
            "what": each.words,
            "told": list(each.told) or None,
            "closed_by": each.closed_by or None,
            "closed_on": each.closed_on,
        }
        for each in every_incident(wiring.compose().ledger)
        if everything or each.is_open
    ]
    if not as_json and not everything:
        closing = {"told", "closed_by", "closed_on"}
        rows = [{name: v for name, v in row.items() if name not in closing} for row in rows]
    empty = "No incident was ever raised." if everything else "No incident is open."
    show(table_json(rows), as_json=as_json, empty=empty)


@incident.command(name="close")
@click.argument("number", type=int)
@click.option("--told", multiple=True, help="A party that was told of it; once for each.")
@click.option("--told-nobody", is_flag=True, help="Nobody outside was told.")
@an_act
def incident_close(*, number: int, told: tuple[str, ...], told_nobody: bool, given: Given) -> None:
    """Close the incident NUMBER of the list.

    The data protection officer does it.  The reason is your assessment.  Say who was told of it, or
    that nobody was.

    \b
    Example:
      retention incident close 41 --told hqip --evidence assessment.pdf \\
        --reason "One backup was late; nobody could read it" --as dpo-01
    """  # noqa: D301  # as above
    if told_nobody and told:
        raise click.UsageError("either somebody was told, or nobody was")
    whom = (TOLD_NOBODY,) if told_nobody else told
    take(
        given,
        lambda why, ports: plan_closing(number, whom, why=why, ports=ports),
        done="Closed, by {entries}.",
        on_agreements=False,
    )
