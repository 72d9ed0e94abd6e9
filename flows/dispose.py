"""Carry out what was approved: the only flow of the only pool that may destroy."""

from prefect import flow
from prefect.runtime import flow_run

from flows.attempt import attempted
from retention import wiring


@attempted
def order(proposal: str) -> None:
    """Order the end of every version that the approval names."""
    wiring.compose().dispose(proposal, str(flow_run.id or ""))


@flow(name="dispose", persist_result=False)
def dispose(proposal: str) -> None:
    """Destroy the datasets of one approved proposal.

    Safe to run again: what was done is on the ledger.
    """
    order(proposal)
    wiring.compose().hand_on()
