"""What may move next: read from the ledger, decided by rules, done by other flows.

Waits of days live here and not in a sleeping run.  Inaction never approves: it leads to the same
question again, and an approval that lapsed leads to a fresh proposal.
"""

from dataclasses import dataclass
from datetime import date

from retention.domain.case import Case
from retention.domain.certificate import type_for
from retention.domain.disposition import Event
from retention.domain.proposal import Item, Proposal
from retention.domain.wording import CertificateType
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.steps.answers import kept_items
from retention.steps.cases import cases, read_proposal
from retention.steps.certify import certified_dataset
from retention.steps.moves import move_if_possible
from retention.steps.residual import residuals_due
from retention.steps.spend import spend
from retention.steps.verify import is_known


@dataclass(frozen=True, slots=True)
class Next:
    """A flow that may run now, and the one short argument it takes."""

    flow: str
    argument: str


def lapse(ledger: Ledger, evidence: Evidence, clock: Clock) -> list[str]:
    """Spend every approval whose days are over and that was not used up; return those spent.

    Safe to run again: what is spent is spent once, and what a run that was cut off after that
    had not sent back is sent back.
    """
    lapsed = []
    for case in cases(ledger):
        if case.spent is not None:
            spend(ledger, case.proposal, case.spent.text("why"), read_proposal(case, evidence))
            continue
        used_up = len(case.ordered) == (case.approved.number("kept") if case.approved else 0)
        if case.approved is None or used_up:
            continue
        if clock.today() > date.fromisoformat(case.approved.text("lapses_after")):
            spend(ledger, case.proposal, "lapsed", read_proposal(case, evidence))
            lapsed.append(case.proposal)
    return lapsed


def reopen(ledger: Ledger, evidence: Evidence) -> list[str]:
    """Send what a partial report left back to review; return the datasets.

    Only once the report is sealed: what remains is then a future proposal with a fresh approval.
    Safe to run again: a dataset that went back is passed over.
    """
    back: list[str] = []
    for case in cases(ledger):
        report = case.certified.get(CertificateType.PARTIAL.value)
        if report is None or report.text("certificate") not in case.sealed:
            continue
        datasets = [item.manifest.dataset for item in read_proposal(case, evidence).items]
        back += [each for each in datasets if move_if_possible(ledger, each, Event.REOPEN)]
    return back


def next_steps(ledger: Ledger, evidence: Evidence, clock: Clock) -> list[Next]:
    """Return every flow that may run now; it only looks."""
    return [
        Next(flow, case.proposal)
        for case in cases(ledger)
        if (flow := _next(case, evidence, clock.today())) is not None
    ]


def _next(case: Case, evidence: Evidence, today: date) -> str | None:
    proposal = read_proposal(case, evidence)
    if case.spent is not None and not case.has_begun:
        return None
    if case.approved is None:
        return "review"
    kept = kept_items(case, proposal, evidence)
    if _may_dispose(case, kept, today):
        return "dispose"
    if not case.has_begun:
        return None
    return _after(case, proposal, kept, today)


def _may_dispose(case: Case, kept: tuple[Item, ...], today: date) -> bool:
    assert case.approved is not None
    begin, lapses = (
        date.fromisoformat(case.approved.text(name)) for name in ("may_begin_on", "lapses_after")
    )
    ended = all(i.manifest.root in case.ordered for i in kept) or case.spent is not None
    return begin <= today <= lapses and not ended


def _after(case: Case, proposal: Proposal, kept: tuple[Item, ...], today: date) -> str | None:
    if any(not is_known(case, item.manifest.root) for item in kept):
        return "check_gone"
    if list(residuals_due(case, kept, today)):
        return "check_gone"
    owed = type_for([certified_dataset(item, case, proposal) for item in kept])
    first = not case.certified
    final = owed is CertificateType.FINAL and owed.value not in case.certified
    unsealed = any(r.text("certificate") not in case.sealed for r in case.certified.values())
    if first or final or unsealed:
        return "certify"
    if any(
        set(proposal.controllers) - set(case.delivered.get(number, {})) for number in case.sealed
    ):
        return "deliver"
    return None
