"""Tell people, daily, what waits for them: inaction escalates and never approves."""

from prefect import flow

from flows.attempt import attempted
from retention import wiring


@attempted
def tell(_all: str) -> None:
    """Send each person what waits for them."""
    wiring.compose().remind()


@flow(name="remind", persist_result=False)
def remind() -> None:
    """Remind.  Safe to run again: the ledger says who was told, and nobody is told twice."""
    tell("all")
    wiring.compose().unattended.note_ran("remind")
