"""Bring certificates and notices to the controllers."""

from prefect import flow

from flows.attempt import attempted
from retention import wiring


@attempted
def send(proposal: str) -> None:
    """Send what has not been accepted yet, to each controller."""
    wiring.compose().deliver(proposal)


@flow(name="deliver", persist_result=False)
def deliver(proposal: str) -> None:
    """Deliver what one proposal owes its controllers.

    Safe to run again: what was done is on the ledger.
    """
    send(proposal)
    wiring.compose().hand_on()
