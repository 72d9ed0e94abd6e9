"""Ask the people whom an agreement names about one frozen proposal, and write down the answer.

A letterbox: who answered is the gate's signed record, what the answer is worth is for the desk.
Every line runs again after each resume, so nothing is listed or decided here.
"""

from itertools import count
from typing import Literal

from prefect import flow
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from pydantic import Field, ValidationError

from retention import wiring
from retention.domain.approval import pause_key
from retention.errors import AnswerError
from retention.steps.review import Desk


class Decision(RunInput):
    """The form.  No field has a default: a resume without input must not read as yes."""

    decision: Literal["approve", "approve except", "decline"] = Field(title="Decision")
    exceptions: str = Field(
        title="Exceptions", description="Numbers to leave out, such as 2, 5; or the word none"
    )
    reason: str = Field(
        title="Reason", min_length=10, description="Why, and on whose authority; name no patient"
    )
    mark: str = Field(title="Mark", description="The mark at the head of the list, typed by you")


@flow(name="review", persist_result=False)
def review(proposal: str) -> None:
    """Ask each approver in turn.  Safe to run again: whoever has answered is not asked again."""
    work = wiring.compose()
    desk = work.desk(proposal)
    while (step := desk.unanswered()) is not None:
        _ask(desk, step, proposal)
    work.hand_on()


def _ask(desk: Desk, step: str, proposal: str) -> None:
    """Suspend until there is an answer that can stand; a bad one never fails the run."""
    fault = ""
    for attempt in count(1):
        key = pause_key(proposal, step, flow_run.run_count, attempt)
        form = Decision.with_initial_data(description=desk.page(step, fault))
        try:
            answer = suspend_flow_run(form, timeout=int(desk.answer_within_s), key=key)
            desk.record(step, key, answer.model_dump())
        except ValidationError as error:  # its own text would quote what was typed
            fault = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        except AnswerError as error:
            fault = f"{error}. {error.hint}"
        else:
            return
