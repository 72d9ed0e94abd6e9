"""Ask why a dataset stands where it does: nothing here changes anything."""

from prefect import flow
from prefect.input import RunInput
from prefect.runtime import flow_run
from pydantic import Field

from flows.acts import ask as suspend
from flows.acts import key_of
from retention import wiring
from retention.adapters.prefect.shown import show_page


class Question(RunInput):
    """No field has a default."""

    about: str = Field(
        title="Dataset",
        description="The id of a dataset; REF/CLASS for one that does not exist yet; or the word "
        "due for all that may be reviewed now.",
    )
    supposing: str = Field(
        title="Supposing",
        description="Events to suppose, such as audit-round-published=2030-06-30; otherwise the "
        "word none.",
    )


@flow(name="ask", persist_result=False)
def ask() -> None:
    """Answer one question.  Safe to run again: it only looks."""
    questions = wiring.compose().questions(str(flow_run.id))
    page = questions.answer(lambda head, key: suspend(Question, head, key), flow_run.run_count)
    show_page(key_of("answer"), page)
