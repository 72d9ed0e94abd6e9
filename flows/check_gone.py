"""Look, with credentials that cannot destroy, at whether what was ordered is gone."""

from prefect import flow

from flows.attempt import attempted
from retention import wiring


@attempted
def look(proposal: str) -> None:
    """List every place of the proposal and write down each fate."""
    wiring.compose().check_gone(proposal)


@flow(name="check_gone", persist_result=False)
def check_gone(proposal: str) -> None:
    """Verify the disposal of one proposal.

    Safe to run again: what was done is on the ledger.
    """
    look(proposal)
    wiring.compose().hand_on()
