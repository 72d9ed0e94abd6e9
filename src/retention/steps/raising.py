"""Raise what a person must look at and no date mends: late, missing, and ended without a word.

An incident is something for the data protection officer to assess; it stands until it is closed.
Source: ``clock.md``, rulings 6, 9 and 12; NHS Records Management Code of Practice, s. 5.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from retention.domain.disposition import State
from retention.domain.eligibility import Assessment
from retention.domain.incident import IncidentKind
from retention.domain.knowledge import Ground, expired_unconfirmed
from retention.domain.store import spots_of
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
    term, found = ground.term, dict[IncidentKind, date]()
    if term.ends_on is not None and expired_unconfirmed(term, ground.events, on):
        found[IncidentKind.EXPIRED_UNCONFIRMED] = term.ends_on + timedelta(days=1)
    if gaps := [first for first, _ in term.gaps if first <= on]:
        found[IncidentKind.AGREEMENT_GAP] = max(gaps)
    for kind, began_on in found.items():
        name = term.reference
        raise_incident(ledger, kind, name, noticed_on=on, personal=False, began_on=began_on)


def raise_missing(ledger: Ledger, catalogue: Catalogue, term: Term, *, on: date) -> None:
    """Raise each dataset that the last good survey no longer saw, and that nobody disposed of.

    Nothing is concluded while one of its stores has no good survey in the catalogue, which may have
    been rebuilt.  A class that the version in force does not have any more is raised, too: of its
    data no survey says anything, and nobody would hear of them again.  Safe to run again.
    """
    gone, dropped = _missing(ledger, catalogue, term)
    for name in dropped:
        kind = IncidentKind.CLASS_DROPPED
        raise_incident(ledger, kind, name, noticed_on=on, personal=False)
    if not gone or not is_surveyed(catalogue, term):
        return
    for each in gone:
        kind = IncidentKind.MISSING
        raise_incident(ledger, kind, each.dataset, noticed_on=on, personal=each.is_personal)


@dataclass(frozen=True, slots=True)
class _Gone:
    dataset: str
    is_personal: bool


def is_surveyed(catalogue: Catalogue, term: Term) -> bool:
    """Tell whether the last good survey of each of its stores is known."""
    seen = [each.place for each in catalogue.surveys()]
    spots = spots_of([term.governing]) if term.governing is not None else []
    places = [spot.pattern.static_place for spot in spots]
    return bool(places) and all(any(place.startswith(s) for s in seen) for place in places)


def _missing(ledger: Ledger, catalogue: Catalogue, term: Term) -> tuple[list[_Gone], list[str]]:
    """Return what has a state and no holding, and the classes of which none can be expected.

    Both states and holdings come sorted by dataset.
    """
    gone, dropped = list[_Gone](), dict[str, None]()
    kinds = {} if term.governing is None else {k.name: k for k in term.governing.classes}
    listed = (str(dataset) for dataset, _ in datasets_of(catalogue, term.reference))
    here = next(listed, None)
    for name, state in states(ledger, term.reference):
        while here is not None and here < name:
            here = next(listed, None)
        kind = kinds.get(name.split("/")[1])
        if state not in _NOT_BEGUN:
            continue
        if kind is None and kinds:
            dropped["/".join(name.split("/")[:2])] = None
        elif kind is not None and here != name:
            gone.append(_Gone(name, kind.is_personal))
    return gone, list(dropped)
