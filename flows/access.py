"""Withdraw access while an approval cools off, and give it back afterwards, whatever came of it."""

from prefect import flow

from flows.attempt import attempted
from retention import wiring


@attempted
def settle(proposal: str) -> None:
    """Bring the rules of every bucket of the proposal to what the ledger says is owed."""
    wiring.compose().settle_access(proposal)


@flow(name="access", persist_result=False)
def access(proposal: str) -> None:
    """Settle who may reach the places of one proposal.

    Safe to run again: what was done is found in the rules themselves.
    """
    settle(proposal)
    wiring.compose().hand_on()
