"""Place a hold from the browser."""

from typing import Literal

from prefect import flow
from prefect.input import RunInput
from pydantic import Field

from flows.acts import REASON, carry_out


class HoldForm(RunInput):
    """No field has a default: an empty form holds nothing, and says so."""

    ground: Literal[
        "statutory",
        "court",
        "controller",
        "precaution",
        "subject-request",
        "foi",
        "complaint",
        "restriction",
    ] = Field(title="Ground")
    holds: str = Field(title="What it holds", description="One line, as the table above shows.")
    evidence: str = Field(
        title="Evidence",
        description="Where the letter or request is: a link, or its number in your records. "
        "Otherwise the word none.",
    )
    reason: str = Field(title="Reason", min_length=10, description=REASON)


@flow(name="hold", persist_result=False)
def hold() -> None:
    """Place a hold.  Safe to run again: it is placed once."""
    carry_out("hold", HoldForm)
