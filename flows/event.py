"""Record an event that starts clocks, from the browser."""

from prefect import flow
from prefect.input import RunInput
from pydantic import Field

from flows.acts import REASON, carry_out


class EventForm(RunInput):
    """No field has a default."""

    agreement: str = Field(title="Agreement", description="Its reference.")
    event: str = Field(title="Event", description="As the table above has it.")
    which_one: str = Field(
        title="Which one",
        description="Such as the round 2019, or the id of a dataset; the word none for an event of "
        "the whole agreement.",
    )
    happened_on: str = Field(title="The day", description="2019-06-30, or 2019-06, or 2019.")
    evidence: str = Field(
        title="Evidence",
        description="Where what shows it is: a link, or its number in your records.",
    )
    reason: str = Field(title="Reason", min_length=10, description=REASON)


@flow(name="event", persist_result=False)
def event() -> None:
    """Record an event.  Safe to run again: it is recorded once."""
    carry_out("event", EventForm)
