"""Withdraw an approval in its cooling-off, from the browser."""

from prefect import flow
from prefect.input import RunInput
from pydantic import Field

from flows.acts import REASON, carry_out


class AbortForm(RunInput):
    """No field has a default."""

    mark: str = Field(title="Mark", description="The mark of the list, typed by you.")
    reason: str = Field(title="Reason", min_length=10, description=REASON)


@flow(name="abort", persist_result=False)
def abort() -> None:
    """Withdraw an approval.  Safe to run again: it is withdrawn once."""
    carry_out("abort", AbortForm)
