"""Raise what a person must look at and no date mends: late, missing, and ended without a word.

An incident is something for the data protection officer to assess; it stands until it is closed.
Source: ``clock.md``, rulings 6, 9 and 12; NHS Records Management Code of Practice, s. 5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from retention.domain.disposition import State
from retention.domain.eligibility import Assessment
from retention.domain.incident import IncidentKind
from retention.domain.knowledge import Ground, expired_unconfirmed
from retention.domain.term import Term
from retention.ports.catalogue import Catalogue
from retention.ports.ledger import Ledger
from retention.steps.effects import datasets_of
from retention.steps.incidents import raise_incident
from retention.steps.moves import states

_STILL_THERE = frozenset(State) - {State.DISPOSED, State.RESIDUAL, State.CLOSED, State.LOST}
_NOT_BEGUN = frozenset(
    {
        State.AWAITING_TRIGGER,
        State.RETAINED,
        State.REVIEW_OPEN,
        State.DUE,
        State.NOTIFIED,
        State.PROPOSED,
        State.IN_REVIEW,
        State.APPROVED,
        State.COOLING_OFF,
    }
)


def raise_late(ledger: Ledger, found: Assessment, state: State, *, on: date) -> None:
    """Raise over-retention: past its maximum on *on*, or for a while before it was extended.

    Not where others' holds keep it: then it is held past its maximum, and that is no fault.
    Safe to run again.
    """
    late_once = found.timeline is not None and found.timeline.overdue_between is not None
    if late_once or (found.over_retained and state in _STILL_THERE):
        name = str(found.dataset)
        raise_incident(ledger, IncidentKind.OVER_RETENTION, name, noticed_on=on, personal=False)


def raise_ended(ledger: Ledger, ground: Ground, *, on: date) -> None:
    """Raise an agreement's end that nobody confirmed, and days on which no version was in force.

    Safe to run again.
    """
    reference = ground.term.reference
    if expired_unconfirmed(ground.term, ground.events, on):
        kind = IncidentKind.EXPIRED_UNCONFIRMED
        raise_incident(ledger, kind, reference, noticed_on=on, personal=False)
    if any(first <= on for first, _ in ground.term.gaps):
        kind = IncidentKind.AGREEMENT_GAP
        raise_incident(ledger, kind, reference, noticed_on=on, personal=False)


def raise_missing(ledger: Ledger, catalogue: Catalogue, term: Term, *, on: date) -> None:
    """Raise each dataset that the last good survey no longer saw, and that nobody disposed of.

    Where it saw nothing of the whole agreement nothing is concluded of any dataset: the store
    itself is raised.  Safe to run again.
    """
    gone = list(_missing(ledger, catalogue, term))
    if not gone:
        return
    if next(iter(catalogue.holdings(term.reference)), None) is None:
        kind = IncidentKind.STORE_LOOKS_EMPTY
        raise_incident(ledger, kind, term.reference, noticed_on=on, personal=False)
        return
    for each in gone:
        kind = IncidentKind.MISSING
        raise_incident(ledger, kind, each.dataset, noticed_on=on, personal=each.is_personal)


@dataclass(frozen=True, slots=True)
class _Gone:
    dataset: str
    is_personal: bool


def _missing(ledger: Ledger, catalogue: Catalogue, term: Term) -> Iterator[_Gone]:
    """Yield what has a state and no holding; both come sorted by dataset."""
    kinds = {} if term.governing is None else {k.name: k for k in term.governing.classes}
    listed = (str(dataset) for dataset, _ in datasets_of(catalogue, term.reference))
    here = next(listed, None)
    for name, state in states(ledger, term.reference):
        while here is not None and here < name:
            here = next(listed, None)
        kind = kinds.get(name.split("/")[1])
        # Of a class that the version in force does not have, no survey says anything.
        if here != name and state in _NOT_BEGUN and kind is not None:
            yield _Gone(name, kind.is_personal)
