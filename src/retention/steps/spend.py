"""End an approval or a question for good: declined, lapsed, drifted, withdrawn or stopped."""

from retention.domain.case import proposal_stream
from retention.domain.disposition import Event
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.proposal import Proposal
from retention.ports.ledger import Ledger
from retention.steps.moves import move_if_possible


def spend(ledger: Ledger, proposal_digest: str, why: str, proposal: Proposal) -> None:
    """Write that this proposal is spent, and send back whatever has not begun to go.

    Safe to run again: it is spent once, and a dataset that went back is passed over.
    """
    stream = proposal_stream(proposal_digest)
    if not any(r.kind is Entry.SPENT for r in ledger.stream(stream)):
        facts: dict[str, Fact] = {"proposal": proposal_digest, "why": why}
        ledger.append(Draft(stream, Entry.SPENT, facts))
    for item in proposal.items:
        for event in (Event.STOP, Event.LAPSE):
            move_if_possible(ledger, item.manifest.dataset, event)
