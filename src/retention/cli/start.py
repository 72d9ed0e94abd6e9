"""Start now what would start by itself later: it is safe to run any of it again."""

import click

from flows.timetable import CRONS
from retention import wiring


@click.command()
@click.argument("flow", type=click.Choice(list(CRONS)))
def start(flow: str) -> None:
    """Start FLOW now, instead of at its next time.

    If a run that was started so has not ended yet, nothing is started.
    """
    work = wiring.asking(None)
    run = work.unattended.start(flow)
    address = work.settings.api_url.removesuffix("/api")
    click.echo(f"{flow} runs: {address}/v2/runs/flow-run/{run}")
