"""What does not fit between stores and agreements, both ways."""

import sys

import click

from retention import wiring
from retention.cli.common import as_json as json_option
from retention.cli.common import lines
from retention.cli.findings import fail_on_option, page, require_none_of
from retention.cli.progress import Bars


@click.command()
@fail_on_option
@json_option
def reconcile(*, fail_on: str | None, as_json: bool) -> None:
    """Say what does not fit between stores and agreements, the worst first.

    Data under no agreement, and agreements without data; kept too long; back after a disposal;
    copies that nobody declared; unencrypted, or in another region; stores that look empty.  What
    must be assessed is raised as an incident, once.
    """
    work, bars = wiring.compose(), Bars(sys.stderr)
    found = work.reconcile(bars)
    bars.clear()
    lines(page(found, as_json=as_json))
    require_none_of(found, fail_on)
