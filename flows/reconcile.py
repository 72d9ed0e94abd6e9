"""Compare stores and agreements, weekly, both ways."""

from prefect import flow

from flows.attempt import attempted
from retention import wiring
from retention.adapters.prefect.shown import ShownProgress, show_table
from retention.views.findings import table


@attempted
def compare(_all: str) -> None:
    """Find what does not fit, and show it as a table."""
    found = wiring.compose().reconcile(ShownProgress())
    show_table("findings", table(found), "What does not fit between stores and agreements.")


@flow(name="reconcile", persist_result=False)
def reconcile() -> None:
    """Reconcile.  Safe to run again: it looks, and an incident is raised once."""
    compare("all")
    wiring.compose().unattended.note_ran("reconcile")
