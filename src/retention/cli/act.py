"""What people start."""

import sys

import click

from retention import wiring
from retention.cli.progress import Bars


@click.command()
def survey() -> None:
    """List every store now, and bring the catalogue to date."""
    for each in wiring.compose().survey(Bars(sys.stderr)):
        click.echo(
            f"{each.agreement}: {each.datasets} datasets, {each.versions:,} rows, "
            f"{each.unclassified:,} of no class"
        )
