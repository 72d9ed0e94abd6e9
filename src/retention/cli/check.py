"""Check the agreements, before anybody relies on them."""

from datetime import date
from pathlib import Path

import click

from retention import agreements, wiring
from retention.settings import policy_files


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
def check(path: Path | None) -> None:
    """Check every agreement in PATH (policies/), and list every fault at once.

    Each fault names file, line and column, what was found, what was expected and what to do.
    """
    folder = path or wiring.compose().settings.policies
    library = agreements.read(policy_files(folder))
    found = library.agreements(date.max)
    for warning in library.remarks:
        click.echo(f"warning: {warning}", err=True)
    classes = sum(len(each.classes) for each in found)
    click.echo(f"{len(found)} agreements with {classes} classes, and no fault.")
