"""One question from the browser, answered on a page: why one dataset stands where it does, or
what may be reviewed now.

A page repeats nothing that was typed: it names only what a survey saw, or an agreement says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from retention.domain.approval import ACT, pause_key
from retention.errors import AgreementError, AnswerError, RefusedError
from retention.steps.acts import typed
from retention.steps.acts.choices import choices
from retention.steps.acts.desk import ATTEMPTS_MAX, FORM
from retention.steps.acts.typed import Typed
from retention.steps.classify import assess_all
from retention.steps.due import due_list
from retention.steps.explain import Explained, explain, suppose
from retention.steps.record import naming
from retention.steps.record.planned import Recording
from retention.views.act_pages import fault_words
from retention.views.answer_pages import due_page, explained_page, question_page, unasked_page

DUE: Final = "due"
_CLASS_DEPTH = 2  # REF/CLASS; a dataset has more parts

AskOne = Callable[[str, str], Typed]  # (page, key) → what was asked under that key


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of one run.  Nobody's name is asked for: whoever may look may know why."""

    run: str
    ports: Callable[[], Recording]

    def answer(self, ask: AskOne, run_count: int) -> str:
        """Return the answer to one question, in Markdown; one that cannot stand is asked again.

        Safe to run again: it only looks.
        """
        fault = ""
        for attempt in range(1, ATTEMPTS_MAX + 1):
            key = pause_key(f"{ACT}{self.run}", FORM, run_count, attempt)
            page = question_page(choices(self.ports()), fault)
            try:
                return self._told(ask(page, key))
            except AnswerError as error:
                fault = fault_words(str(error), error.hint)
            except (AgreementError, RefusedError) as error:  # its text may repeat what was typed
                fault = fault_words("nothing of that name is known here", error.hint)
        return unasked_page(ATTEMPTS_MAX)

    def _told(self, said: Typed) -> str:
        about = typed.line(said, "about", "Dataset")
        given = _given(typed.line_or_none(said, "supposing", "Supposing"))
        ports = self.ports()
        if about.lower() == DUE:
            return _due(ports)
        explained = _explained(about, given, ports)
        return explained_page(
            explained.found,
            explained.term,
            explained.kind,
            explained.state,
            name=explained.name,
            by_reference=explained.by_reference,
        )


def _explained(about: str, given: Mapping[str, str], ports: Recording) -> Explained:
    if about.count("/") < _CLASS_DEPTH:
        _, agreement = naming.term_named(ports, about.partition("/")[0])
        naming.class_named(agreement, about.partition("/")[2])
        return suppose(about, given, {}, library=ports.library, on=ports.today)
    _, _, dataset = naming.dataset_named(ports, about)
    naming.require_surveyed(dataset, naming.Known(ports))
    return explain(
        about,
        given,
        library=ports.library,
        catalogue=ports.catalogue,
        ledger=ports.ledger,
        on=ports.today,
    )


def _due(ports: Recording) -> str:
    today = ports.today
    terms = ports.library.terms(today)
    found = assess_all(terms, catalogue=ports.catalogue, ledger=ports.ledger, on=today)
    summed = due_list(found, today)
    rows = []
    for each in (dated.assessment for dated in summed.most):
        due_on, last = (
            (None, None) if each.days is None else (each.days.due_on, each.days.destroy_by)
        )
        rows.append((str(each.dataset), due_on, last, each.overdue))
    return due_page(summed.on, summed.datasets, summed.eligible, rows, summed.looked_at)


def _given(text: str) -> dict[str, str]:
    """Read ``event=2030-06-30, other=2031``; raise AnswerError for anything else."""
    found: dict[str, str] = {}
    for part in text.split(",") if text else ():
        name, equals, value = (each.strip() for each in part.partition("="))
        if not (name and equals and value):
            raise AnswerError(
                "Supposing: that is not an event and a day",
                hint="write audit-round-published=2030-06-30, or the word none",
            )
        found[name] = value
    return found
