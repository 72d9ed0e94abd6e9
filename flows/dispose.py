"""Carry out what was approved: the only flow of the only pool that may destroy."""

from prefect import flow
from prefect.runtime import flow_run

from flows.attempt import attempted
from flows.runner import task_runner
from retention import wiring


@attempted
def order(share: str) -> None:
    """Order the end of every version of one share, and then of what others have left."""
    wiring.compose().dispose(share, str(flow_run.id or ""))


@flow(name="dispose", persist_result=False, task_runner=task_runner())
def dispose(proposal: str) -> None:
    """Destroy the datasets of one approved proposal, or a share of them.

    Safe to run again: what was done is on the ledger.
    """
    work = wiring.compose()
    under_way = [order.submit(share) for share in work.shares(proposal)]
    for each in under_way:
        each.result()
    work.hand_on()
