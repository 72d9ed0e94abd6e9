"""The forms on which people decide.  No field has a default: an empty answer is no answer.

None is named like a word of JSON schema, for the UI sends the values where a schema is expected.
"""

from typing import Literal

from prefect.input import RunInput
from pydantic import Field, ValidationError


class DecisionForm(RunInput):
    """What is asked about a frozen list."""

    decision: Literal[
        "approve all",
        "approve except",
        "extend",
        "return instead",
        "hold",
        "reclassify",
        "refuse",
    ] = Field(title="Decision")
    exceptions: str = Field(
        title="Exceptions",
        description="A line each, as: 2: hold because …  or  england/2019: extend until 2027-03-31 "
        "because …  (also: return instead, reclassify to CLASS, refuse). Otherwise the word none.",
    )
    reason: str = Field(
        title="Reason", min_length=10, description="Why, and on whose authority; name no patient."
    )
    minute: str = Field(
        title="Minute",
        description="If a committee decided: the reference of its minute. If not: the word none.",
    )
    inquiries: Literal["no, I know of none", "yes, I know of one"] = Field(
        title="Do you know of any inquiry, claim, complaint, SAR or FOI request that may need "
        "these data?"
    )
    mark: str = Field(title="Mark", description="The mark at the head of the list, typed by you.")


class DecisionWithCode(DecisionForm):
    """The same where the agreement wants a second factor; the gate checks and removes the code."""

    code: str = Field(
        title="One-time code",
        pattern="^([0-9]{6}|verified)$",
        description="The six digits that your authenticator shows now; each counts once.",
    )


def faults_of(error: ValidationError) -> str:
    """Return what was wrong with an answer, by field: the error itself quotes what was typed."""
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
