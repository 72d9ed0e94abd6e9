"""Bring every known dataset to where the clock says it is: no further than DUE.

Dates alone lead nowhere else: what follows needs controllers told and people asked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from retention.domain.agreement import Agreement, RetentionClass
from retention.domain.disposition import MOVES, Event, State
from retention.domain.eligibility import Assessment, Assessor, Phase
from retention.domain.incident import IncidentKind
from retention.domain.term import Term
from retention.ports.catalogue import Catalogue, Holding
from retention.ports.ledger import Ledger
from retention.steps.effects import datasets_of
from retention.steps.incidents import raise_incident
from retention.steps.moves import move_if_possible, moved_at, state_of, states
from retention.steps.raising import raise_ended, raise_late, raise_missing
from retention.steps.refusals import locked
from retention.steps.registers import Registers

_AFTER_DISPOSAL = {State.DISPOSED, State.RESIDUAL, State.CLOSED}
_EXTENDED_FROM = {State.REVIEW_OPEN, State.DUE, State.NOTIFIED}
_STANDS_STILL = {Phase.PLACEHOLDER, Phase.AWAITING_TRIGGER, Phase.CONFLICT}


@dataclass(frozen=True, slots=True)
class Dated:
    """A dataset with what the clock says of it today, and where it stands."""

    assessment: Assessment
    agreement: Agreement
    kind: RetentionClass
    holdings: tuple[Holding, ...]
    state: State
    locked_until: date | None = None  # all that it still holds is locked: the last day of that


def assess_all(
    terms: Sequence[Term], *, catalogue: Catalogue, ledger: Ledger, on: date
) -> Iterator[Dated]:
    """Yield every dataset in the catalogue with its assessment, sorted by id in each agreement.

    It only looks, in memory that does not grow with the number of datasets.
    """
    registers, locks = Registers.read(ledger), locked(ledger, on)
    for term in terms:
        agreement = term.governing
        if agreement is None:
            continue
        assessor = Assessor(registers.ground(term), on)
        kinds = {kind.name: kind for kind in agreement.classes}
        standing = Standing(states(ledger, term.reference))
        for dataset, holdings in datasets_of(catalogue, term.reference):
            # Of another version's class, the next survey says what it is.
            if (kind := kinds.get(dataset.class_name)) is not None:
                name = str(dataset)
                state, found = standing.of(name), assessor.assess(dataset)
                yield Dated(found, agreement, kind, holdings, state, locks.get(name))


class Standing:
    """Walks through states sorted by dataset, beside datasets in the same order."""

    def __init__(self, found: Iterator[tuple[str, State]]) -> None:
        """Take the states that were found, sorted by dataset."""
        self._found = found
        self._here = next(found, None)

    def of(self, dataset: str) -> State:
        """Return where *dataset* stands; each call must ask for a later one."""
        while self._here is not None and self._here[0] < dataset:
            self._here = next(self._found, None)
        if self._here is None or self._here[0] != dataset:
            return State.UNCLASSIFIED
        return self._here[1]


def classify(
    terms: Sequence[Term], *, catalogue: Catalogue, ledger: Ledger, on: date
) -> list[Dated]:
    """Move every dataset as far as class, trigger and date allow, and return where all stand.

    What is late, missing, back after a disposal, or under an agreement that ended without a word
    is raised as an incident.  Safe to run again: a move that was made is not made twice.
    """
    result = []
    for dated in assess_all(terms, catalogue=catalogue, ledger=ledger, on=on):
        name = str(dated.assessment.dataset)
        moved = _move(ledger, name, dated)
        if dated.state in _AFTER_DISPOSAL and _came_back(dated, ledger):
            kind, personal = IncidentKind.LISTED_AFTER_DISPOSAL, dated.kind.is_personal
            raise_incident(ledger, kind, name, noticed_on=on, personal=personal)
        raise_late(ledger, dated.assessment, moved, on=on)
        result.append(replace(dated, state=moved))
    registers = Registers.read(ledger)
    for term in terms:
        raise_ended(ledger, registers.ground(term), on=on)
        raise_missing(ledger, catalogue, term, on=on)
    return result


def _move(ledger: Ledger, name: str, dated: Dated) -> State:
    """Make the moves that the clock implies, and return where the dataset stands after them."""
    state, moved = dated.state, False
    for event in _events(dated):
        if state in MOVES[event]:
            moved = move_if_possible(ledger, name, event) or moved
            state = MOVES[event][state]
    return state_of(ledger, name) if moved else state


def _came_back(dated: Dated, ledger: Ledger) -> bool:
    """Tell whether a survey since the disposal listed anything; an older one proves nothing."""
    gone_at = moved_at(ledger, str(dated.assessment.dataset), Event.SEE_GONE)
    return any(h.kind != "backup" and h.seen_at > gone_at for h in dated.holdings)


def _events(dated: Dated) -> Iterator[Event]:
    found, days = dated.assessment, dated.assessment.days
    yield Event.CLASSIFY
    if found.phase in _STANDS_STILL or days is None:
        return
    yield Event.TRIGGER
    if found.phase is Phase.RETAINED and dated.state in _EXTENDED_FROM:
        yield Event.EXTEND  # its days were moved, by an instruction or by a correction
    if found.on >= days.review_opens_on:
        yield Event.OPEN_REVIEW
        if days.due_on is not None and found.on >= days.due_on:
            yield Event.FALL_DUE
