"""Ask the people whom an agreement names about one frozen proposal, and write down the answer.

A letterbox: who answered is the gate's signed record, what the answer is worth is for the desk.
Every line runs again after each resume, so nothing is listed or decided here.
"""

from itertools import count

from prefect import flow
from prefect.flow_runs import suspend_flow_run
from prefect.runtime import flow_run
from pydantic import ValidationError

from flows.forms import DecisionForm, DecisionWithCode, faults_of
from retention import wiring
from retention.adapters.prefect.shown import show_page, show_table
from retention.domain.approval import pause_key
from retention.domain.proposal import mark_of
from retention.errors import AnswerError
from retention.steps.review import Desk
from retention.views.markdown import sentences


@flow(name="review", persist_result=False)
def review(proposal: str) -> None:
    """Ask each approver in turn.  Safe to run again: whoever has answered is not asked again."""
    work = wiring.compose()
    desk = work.desk(proposal)
    while (step := desk.unanswered()) is not None:
        page, rows = desk.pack()
        show_page(f"review-{mark_of(proposal)}", page, "What is known of this list.")
        show_table(f"datasets-{mark_of(proposal)}", rows, "Every dataset of this list.")
        work.tell_approvers(proposal)
        _ask(desk, step, proposal)
    show_page(f"next-{mark_of(proposal)}", desk.afterwards(), "What happens next.")
    work.hand_on()


def _ask(desk: Desk, step: str, proposal: str) -> None:
    """Suspend until there is an answer that can stand; a bad one never fails the run."""
    fault, form = "", DecisionWithCode if desk.asks_code else DecisionForm
    for attempt in count(1):
        key = pause_key(proposal, step, flow_run.run_count, attempt, run=str(flow_run.id))
        shown = form.with_initial_data(description=desk.page(step, fault))
        try:
            answer = suspend_flow_run(shown, timeout=int(desk.answer_within_s), key=key)
            desk.record(step, key, answer.model_dump())
        except ValidationError as error:
            fault = faults_of(error)
        except AnswerError as error:
            fault = sentences(str(error), error.hint)
        else:
            return
