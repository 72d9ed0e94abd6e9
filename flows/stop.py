"""Stop a disposal, from the browser."""

from prefect import flow
from prefect.input import RunInput
from pydantic import Field

from flows.acts import REASON, carry_out


class StopForm(RunInput):
    """No field has a default."""

    mark: str = Field(title="Mark", description="The mark of the list, typed by you.")
    reason: str = Field(title="Reason", min_length=10, description=REASON)


@flow(name="stop", persist_result=False)
def stop() -> None:
    """Stop a disposal.  Safe to run again: it is stopped once."""
    carry_out("stop", StopForm)
