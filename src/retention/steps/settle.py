"""Make every move that the ledger already implies: what a run that was cut off had not made.

A case's entries are the truth; the states of its datasets follow from them.
"""

from collections.abc import Iterator, Sequence

from retention.domain.case import Case
from retention.domain.disposition import Event
from retention.domain.entry import Record
from retention.domain.proposal import Item, Proposal
from retention.domain.wording import CertificateType
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.answers import kept_items
from retention.steps.authorise import matching_holds
from retention.steps.cases import cases, read_proposal
from retention.steps.moves import claimed_since, move_if_possible
from retention.steps.spend import spend

_LEFT = ("held_back", "refused", "failed")


def settle(ledger: Ledger, evidence: Evidence, library: Library) -> None:
    """Settle every case; safe to run again: a move that was made is passed over."""
    for case in cases(ledger):
        proposal = read_proposal(case, evidence)
        if case.spent is not None:
            spend(ledger, case.proposal, case.spent.text("why"), proposal)
        elif case.approved is not None and not case.has_begun:
            settle_approved(case, proposal, kept_items(case, proposal, evidence), ledger, library)
        for item in proposal.items:
            if not claimed_since(ledger, item.manifest.dataset, case.proposed):
                for event in _implied(case, item.manifest.root):
                    move_if_possible(ledger, item.manifest.dataset, event)


def settle_approved(
    case: Case, proposal: Proposal, kept: Sequence[Item], ledger: Ledger, library: Library
) -> None:
    """Move the datasets after the last yes: those kept towards disposal, the others back."""
    for item in proposal.items:
        dataset = item.manifest.dataset
        if claimed_since(ledger, dataset, case.proposed):
            continue
        holds = matching_holds(ledger, library, [item], proposal, since=case.proposed.index)
        held = [hold.id for hold in holds]
        events = (Event.APPROVE, Event.COOL_OFF) if item in kept else (Event.LAPSE,)
        for event in events:
            move_if_possible(ledger, dataset, event, held=held)


def _implied(case: Case, root: str) -> Iterator[Event]:
    if root in case.ordered:
        yield Event.FINISH
    if case.is_known(root):
        yield seen_event(case.verified[root])
    if case.sealed:
        yield Event.CERTIFY
    final = case.certified.get(CertificateType.FINAL.value)
    if final is not None and final.text("certificate") in case.sealed:
        yield Event.CLOSE


def seen_event(verified: Record) -> Event:
    """Return the move that follows from a look that left nothing unknown."""
    left = sum(verified.number(name) for name in _LEFT)
    return Event.SEE_LEFT if left else Event.SEE_GONE
