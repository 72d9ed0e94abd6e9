"""What can be chosen on a form: agreements and their words, open notices, what can be halted."""

from collections.abc import Iterator

from retention.domain.agreement import Agreement
from retention.domain.events import BUILT_IN
from retention.domain.proposal import mark_of
from retention.steps.cases import cases
from retention.steps.notify import document_of, notices
from retention.steps.record import naming
from retention.steps.record.events import event_kind
from retention.steps.record.planned import Recording
from retention.views.act_pages import Choices, Halting, InForce, Known, Waiting


def choices(ports: Recording, act: str = "") -> Choices:
    """Return what there is to choose from today on the form of an *act*, and nothing else.

    To hold and to stop must not wait for notices whose document cannot be read.
    """
    terms = naming.terms_of(ports).values()
    return Choices(
        tuple(_in_force(term.governing) for term in terms if term.governing is not None),
        tuple(_waiting(ports)) if act == "instruction" else (),
        tuple(_halting(ports)) if act in {"abort", "stop"} else (),
    )


def _in_force(agreement: Agreement) -> InForce:
    names = [*(each.name for each in agreement.events), *sorted(BUILT_IN)]
    kinds = [event_kind(agreement, name) for name in names]
    brings = {each.name: each.evidence for each in agreement.events}
    return InForce(
        agreement.reference,
        agreement.title,
        tuple(kind.name for kind in agreement.classes),
        tuple(sorted(agreement.every_controller)),
        tuple(Known(each.name, each.per, each.roles, brings.get(each.name, "")) for each in kinds),
    )


def _waiting(ports: Recording) -> Iterator[Waiting]:
    """Yield each notice to which somebody has not answered yet."""
    for notice in notices(ports.ledger):
        names = document_of(notice, ports.evidence)["datasets"]
        silent = tuple(c for c in sorted(notice.reached) if not notice.has_answered(c, names))
        if silent:
            yield Waiting(notice.id, notice.record.text("agreement"), silent)


def _halting(ports: Recording) -> Iterator[Halting]:
    """Yield each approval from which something may still follow."""
    for case in cases(ports.ledger):
        if case.spent is None and case.approved is not None:
            kept = case.approved.number("kept")
            if len(case.ordered) < kept:
                yield Halting(
                    mark_of(case.proposal),
                    case.proposed.text("agreement"),
                    kept,
                    case.approved.text("may_begin_on"),
                    case.has_begun,
                )
