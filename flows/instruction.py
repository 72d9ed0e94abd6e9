"""Record a controller's answer to a notice, or what a party instructs, from the browser."""

from typing import Literal

from prefect import flow
from prefect.input import RunInput
from pydantic import Field

from flows.acts import REASON, carry_out


class InstructionForm(RunInput):
    """No field has a default."""

    about: str = Field(
        title="What it is about",
        description="The number of a notice, the id of a dataset, or REF/CLASS.",
    )
    party: str = Field(title="From", description="The party, by its id.")
    says: Literal[
        "answer: proceed",
        "answer: object",
        "answer: extend",
        "answer: return instead",
        "answer: hold",
        "keep it longer",
        "keep it longer, and its maximum moves",
        "return it",
        "treat it as another class",
        "keep the shorter period",
    ] = Field(title="What they say")
    dataset: str = Field(
        title="On which dataset",
        description="The id of the dataset of a notice that an answer is on alone; the word none "
        "if it is on all of the notice, and for what a letter instructs.",
    )
    detail: str = Field(
        title="Until when, or as what",
        description="The last day for 'keep it longer', the class for 'treat it as another class'; "
        "otherwise the word none.",
    )
    signed_on: str = Field(
        title="Signed on",
        description="The day on the letter, as 2026-03-02; of an answer to a notice the word none.",
    )
    evidence: str = Field(
        title="Evidence", description="Where the letter is: a link, or its number in your records."
    )
    reason: str = Field(title="Reason", min_length=10, description=REASON)


@flow(name="instruction", persist_result=False)
def instruction() -> None:
    """Record what a party says.  Safe to run again: it is recorded once."""
    carry_out("instruction", InstructionForm)
