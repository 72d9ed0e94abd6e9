"""Cases, read afresh from the ledger at every asking."""

from collections.abc import Iterator

from retention.domain.case import CERTIFICATES, Case, orders_of, proposal_stream
from retention.domain.entry import Entry
from retention.domain.proposal import Proposal, mark_of
from retention.errors import RefusedError
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger


def case_of(ledger: Ledger, proposal: str) -> Case:
    """Return the case of a *proposal*; raise RefusedError if the ledger has none of that digest."""
    try:
        return Case.read(
            ledger.stream(proposal_stream(proposal)),
            ledger.stream(CERTIFICATES),
            ledger.under(orders_of(proposal)),
        )
    except LookupError:
        raise RefusedError(
            "no such proposal is on the ledger", hint="retention proposals lists them"
        ) from None


def _unknown() -> RefusedError:
    return RefusedError("no such proposal is on the ledger", hint="retention proposals lists them")


def cases(ledger: Ledger) -> Iterator[Case]:
    """Yield every case, oldest first."""
    for record in ledger.of_kind(Entry.PROPOSED):
        yield case_of(ledger, record.text("proposal"))


def decided_case_of(ledger: Ledger, proposal: str) -> Case:
    """Return the case of a *proposal* without its orders and certificates: what may follow from it.

    Of a disposal of millions the orders are many, and no yes or no depends on them.
    """
    try:
        return Case.read(ledger.stream(proposal_stream(proposal)), ())
    except LookupError:
        raise _unknown() from None


def case_named(ledger: Ledger, name: str) -> Case:
    """Return the case of the proposal whose digest or mark is *name*, the newest if several are.

    No document is read for it: one that was damaged is in the way of nobody who stops another.
    Raises RefusedError if there is none.
    """
    named = [record.text("proposal") for record in ledger.of_kind(Entry.PROPOSED)]
    found = [digest for digest in named if name in {digest, mark_of(digest)}]
    return case_of(ledger, found[-1] if found else name)


def read_proposal(case: Case, evidence: Evidence) -> Proposal:
    """Return the proposal of *case*; raise RefusedError if it is not the one on the ledger."""
    proposal = Proposal.read(evidence.read(case.proposed.text("document")))
    if proposal.digest != case.proposal:
        raise RefusedError(
            "a stored proposal has another digest than the ledger says",
            hint="it was edited at rest: restore the evidence store and look",
        )
    return proposal
