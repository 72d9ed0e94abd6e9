"""What may move next: read from the ledger, decided by rules, done by other flows.

Waits of days live here and not in a sleeping run.  Inaction never approves: it leads to the same
question again, and an approval that lapsed leads to a fresh proposal.
"""

from dataclasses import dataclass
from datetime import date

from retention.domain.case import Case
from retention.domain.disposition import Event, State
from retention.domain.proposal import Item, Proposal
from retention.domain.wording import CertificateType
from retention.errors import CertificateError, NotAuthorisedError
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.answers import kept_items
from retention.steps.authorise import (
    cancelled_by,
    matching_holds,
    require_no_objection,
    require_notice_over,
)
from retention.steps.cancel_keys import note_held_keys
from retention.steps.cases import cases, read_proposal
from retention.steps.certify import owed_type
from retention.steps.hold_residuals import hold_residuals
from retention.steps.keys import key_flow
from retention.steps.moves import claimed_since, move_if_possible, state_of
from retention.steps.notify import document_of, notices
from retention.steps.residual import last_look_is_due, residuals_due
from retention.steps.settle import settle
from retention.steps.spend import spend
from retention.steps.withdraw_access import access_owed, closed_by, may_concern


@dataclass(frozen=True, slots=True)
class Next:
    """A flow that may run now, and the one short argument it takes."""

    flow: str
    argument: str


def bring_up_to_date(ledger: Ledger, evidence: Evidence, library: Library, clock: Clock) -> None:
    """Make every move that the ledger and the day imply; safe to run again."""
    settle(ledger, evidence, library)
    lapse(ledger, evidence, clock)
    supersede(ledger, evidence, library, clock)
    void_held(ledger, evidence, library)
    void_objected(ledger, evidence, library)
    stop_cancelled(ledger, evidence, library)
    hold_residuals(ledger, evidence, library)
    note_held_keys(ledger, evidence, library)
    reopen(ledger, evidence)


def lapse(ledger: Ledger, evidence: Evidence, clock: Clock) -> list[str]:
    """Spend every approval whose days are over and that was not used up; return those spent.

    Safe to run again: what is spent is passed over.
    """
    lapsed = []
    for case in cases(ledger):
        used_up = len(case.ordered) == (case.approved.number("kept") if case.approved else 0)
        if case.approved is None or case.spent is not None or used_up:
            continue
        if clock.today() > date.fromisoformat(case.approved.text("lapses_after")):
            spend(ledger, case.proposal, "lapsed", read_proposal(case, evidence))
            lapsed.append(case.proposal)
    return lapsed


def supersede(ledger: Ledger, evidence: Evidence, library: Library, clock: Clock) -> None:
    """Send back what controllers were told of, or people asked about, under an older version.

    A disposal that has begun goes on to its verification: its next batch is refused.
    Safe to run again: what went back is passed over.
    """
    governing = {a.reference: a.version for a in library.agreements(clock.today())}
    for case in cases(ledger):
        shown = case.proposed.text("agreement"), case.proposed.number("version")
        if case.spent is None and not case.has_begun and governing.get(shown[0]) != shown[1]:
            spend(ledger, case.proposal, "superseded", read_proposal(case, evidence))
    newest = {name: n for n in notices(ledger) for name in document_of(n, evidence)["datasets"]}
    for dataset, notice in newest.items():
        told = notice.record.text("agreement"), notice.record.number("version")
        if governing.get(told[0]) != told[1] and state_of(ledger, dataset) is State.NOTIFIED:
            move_if_possible(ledger, dataset, Event.LAPSE)


def void_held(ledger: Ledger, evidence: Evidence, library: Library) -> list[str]:
    """Spend every approval of which a dataset came under a hold before anything began.

    So that a release leads to review, and never back into a disposal that was once approved.
    Safe to run again: what is spent is passed over.
    """
    voided = []
    for case in cases(ledger):
        if case.approved is None or case.spent is not None or case.has_begun:
            continue
        proposal = read_proposal(case, evidence)
        kept = kept_items(case, proposal, evidence)
        if matching_holds(ledger, library, kept, proposal, since=case.proposed.index):
            spend(ledger, case.proposal, "held", proposal)
            voided.append(case.proposal)
    return voided


def void_objected(ledger: Ledger, evidence: Evidence, library: Library) -> list[str]:
    """Spend every approval of what a controller objects to since, before it begins; return those.

    What nobody objects to is proposed afresh without the rest.  An approval of what people were
    asked before its notice was over, as is known since, is spent in the same way.
    Safe to run again: what is spent is passed over.
    """
    voided = []
    for case in cases(ledger):
        if case.approved is None or case.spent is not None or case.has_begun:
            continue
        proposal = read_proposal(case, evidence)
        why = "objected"
        try:
            for item in kept_items(case, proposal, evidence):
                require_no_objection(ledger, evidence, item)
            why = "not-told"
            require_notice_over(ledger, library, proposal)
        except NotAuthorisedError:
            spend(ledger, case.proposal, why, proposal)
            voided.append(case.proposal)
    return voided


def stop_cancelled(ledger: Ledger, evidence: Evidence, library: Library) -> list[str]:
    """Spend every approval of which somebody who may cancelled a run; return those spent.

    Safe to run again: what is spent is passed over.
    """
    stopped = []
    for case in cases(ledger):
        used_up = case.approved and len(case.ordered) == case.approved.number("kept")
        if case.spent is None and not used_up and cancelled_by(case, ledger, library):
            spend(ledger, case.proposal, "stopped", read_proposal(case, evidence))
            stopped.append(case.proposal)
    return stopped


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
        items = read_proposal(case, evidence).items
        names = [item.manifest.dataset for item in items]
        datasets = [name for name in names if not claimed_since(ledger, name, case.proposed)]
        back += [each for each in datasets if move_if_possible(ledger, each, Event.REOPEN)]
    return back


def next_steps(
    ledger: Ledger, evidence: Evidence, today: date, *, withdraws: bool = False
) -> list[Next]:
    """Return every flow that may run on the day *today*; it only looks.

    *withdraws* says that there is somebody who may withdraw access for cooling-off.
    """
    found, closed = [], closed_by(ledger)
    for case in cases(ledger):
        flow = _next(case, ledger, evidence, today)
        flows = [] if flow is None else [flow]
        if may_concern(case, closed, withdraws=withdraws):
            kept = kept_items(case, read_proposal(case, evidence), evidence)
            if access_owed(case, kept, ledger, withdraws=withdraws):
                flows.append("access")
        found += [Next(each, case.proposal) for each in flows]
    return found


def _next(case: Case, ledger: Ledger, evidence: Evidence, today: date) -> str | None:
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
    return _after(case, proposal, kept, ledger, evidence, today)


def _is_owed(case: Case, ledger: Ledger, evidence: Evidence) -> bool:
    """Tell whether a certificate is owed, or none can be: its own run says so."""
    try:
        return owed_type(case, ledger, evidence) is not None
    except CertificateError:
        return True


def _may_dispose(case: Case, kept: tuple[Item, ...], today: date) -> bool:
    assert case.approved is not None
    begin, lapses = (
        date.fromisoformat(case.approved.text(name)) for name in ("may_begin_on", "lapses_after")
    )
    ended = all(i.manifest.root in case.ordered for i in kept) or case.spent is not None
    return begin <= today <= lapses and not ended


def _after(
    case: Case,
    proposal: Proposal,
    kept: tuple[Item, ...],
    ledger: Ledger,
    evidence: Evidence,
    today: date,
) -> str | None:
    if any(not case.is_known(item.manifest.root) for item in kept):
        return "check_gone"
    if (flow := key_flow(case, kept, ledger, today)) is not None:
        return flow
    if list(residuals_due(case, kept, today)) or any(last_look_is_due(case, i) for i in kept):
        return "check_gone"
    unsealed = any(r.text("certificate") not in case.sealed for r in case.certified.values())
    if unsealed or _is_owed(case, ledger, evidence):
        return "certify"
    if any(
        set(proposal.controllers) - set(case.delivered.get(number, {})) for number in case.sealed
    ):
        return "deliver"
    return None
