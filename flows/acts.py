"""What every act of the browser has in common: a letterbox, whose every line runs anew on resume.

What is asked next, and what an answer is worth, is for the desk.
"""

from collections.abc import Mapping
from typing import Any, Literal

from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import Field, ValidationError

from flows.forms import faults_of
from retention import wiring
from retention.adapters.prefect.shown import show_page
from retention.errors import AnswerError
from retention.steps.acts.desk import CONFIRM, CONFIRM_WIDE, FORM
from retention.views.act_pages import ended_page

WITHIN_S = 86_400  # what nobody finishes within a day lapses
REASON = "Why, in a sentence, and on whose authority; name no patient."


class Confirm(RunInput):  # asked under the preview
    confirm: Literal["yes, record it", "no"] = Field(title="Record this?")


class ConfirmWide(Confirm):  # the same where it is over-wide
    whole: Literal["yes, all of it", "no"] = Field(title="Do you mean all of it?")


def ask(form: type[RunInput], page: str, key: str) -> Mapping[str, Any]:
    """Suspend until *form* is answered under *key*; raise AnswerError for what does not fit it."""
    shown = form.with_initial_data(description=page)
    try:
        return suspend_flow_run(shown, timeout=WITHIN_S, key=key).model_dump()
    except ValidationError as error:
        raise AnswerError(faults_of(error), hint="fill in every field") from None


def key_of(kind: str) -> str:
    """Return the key under which this run shows its page: of its own, for each has one."""
    return f"{kind}-{str(flow_run.id)[:8]}"


def carry_out(kind: str, form: type[RunInput]) -> None:
    """Ask, show, ask to confirm and write.  Safe to run again: nothing is recorded twice."""
    work = wiring.compose()
    forms: dict[str, type[RunInput]] = {FORM: form, CONFIRM: Confirm, CONFIRM_WIDE: ConfirmWide}
    ended = work.act(kind, str(flow_run.id)).carry_out(
        lambda which, page, key: ask(forms[which], page, key), int(flow_run.run_count or 1)
    )
    page = ended_page(kind, ended)
    get_run_logger().info(page.splitlines()[0].strip("# "))
    show_page(key_of(kind), page)
    if ended.recorded:
        work.hand_on()
