"""Say what was there, who decided and what was seen afterwards."""

from prefect import flow

from flows.attempt import attempted
from retention import wiring


@attempted
def sign(proposal: str) -> None:
    """Write and sign the certificate that is due, interim or final."""
    wiring.compose().certify(proposal)


@flow(name="certify", persist_result=False)
def certify(proposal: str) -> None:
    """Certify the disposal of one proposal.

    Safe to run again: what was done is on the ledger.
    """
    sign(proposal)
    wiring.compose().hand_on()
