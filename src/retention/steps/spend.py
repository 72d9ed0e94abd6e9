"""End an approval or a question for good: refused, lapsed, drifted, withdrawn or stopped."""

from contextlib import suppress
from typing import Final

from retention.domain.case import proposal_stream
from retention.domain.disposition import Event
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.proposal import Proposal
from retention.errors import StaleError
from retention.ports.ledger import Ledger
from retention.steps.moves import claimed_since, move_if_possible

TRIES_MAX: Final = 5  # while others write about the same proposal


def spend(ledger: Ledger, proposal_digest: str, why: str, proposal: Proposal) -> None:
    """Write that this proposal is spent, and send back whatever has not begun to go.

    Safe to run again: it is spent once, and a dataset that went back is left alone, also if
    another proposal is about it by then.
    """
    proposed = _spend(ledger, proposal_digest, why)
    for item in proposal.items:
        if not claimed_since(ledger, item.manifest.dataset, proposed):
            for event in (Event.STOP, Event.LAPSE):
                move_if_possible(ledger, item.manifest.dataset, event)


def _spend(ledger: Ledger, proposal: str, why: str) -> Record:
    """Write it down once, and return the entry by which it was proposed."""
    stream = proposal_stream(proposal)
    facts: dict[str, Fact] = {"proposal": proposal, "why": why}
    for tries_left in reversed(range(TRIES_MAX)):
        records = ledger.stream(stream)
        if any(record.kind is Entry.SPENT for record in records):
            break
        # The last try minds nobody: to stop must not fail, and spent twice is spent.
        expect = len(records) if tries_left else None
        with suppress(StaleError):
            ledger.append(Draft(stream, Entry.SPENT, facts), expect=expect)
            break
    return records[0]
