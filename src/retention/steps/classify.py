"""Bring every known dataset to where the clock says it is: no further than DUE.

Dates alone lead nowhere else: what follows needs controllers told and people asked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from retention.domain.agreement import Agreement, RetentionClass
from retention.domain.dataset import DatasetId
from retention.domain.disposition import Event, State
from retention.domain.eligibility import Assessment, assess
from retention.domain.registers import Hold, TriggerEvent, events_in, holds_in
from retention.ports.catalogue import Catalogue, Holding
from retention.ports.ledger import Ledger
from retention.steps.incidents import raise_incident
from retention.steps.moves import move_if_possible, moved_at, state_of
from retention.steps.record import HOLDS, events_stream

_AFTER_DISPOSAL = {State.DISPOSED, State.RESIDUAL, State.CLOSED}


@dataclass(frozen=True, slots=True)
class Dated:
    """A dataset with what the clock says of it today, and where it stands."""

    assessment: Assessment
    agreement: Agreement
    kind: RetentionClass
    holdings: tuple[Holding, ...]
    state: State


def assess_all(
    agreements: Sequence[Agreement], *, catalogue: Catalogue, ledger: Ledger, on: date
) -> Iterator[Dated]:
    """Yield every dataset in the catalogue with its assessment; it only looks."""
    holds = holds_in(ledger.stream(HOLDS))
    for agreement in agreements:
        events = events_in(ledger.stream(events_stream(agreement.reference)))
        known = {kind.name for kind in agreement.classes}
        for dataset, holdings in _datasets(catalogue.holdings(agreement.reference)).items():
            if dataset.class_name not in known:
                continue  # the last survey was under another version: the next one says what it is
            yield _dated(dataset, holdings, agreement, events, holds, ledger, on)


def classify(
    agreements: Sequence[Agreement], *, catalogue: Catalogue, ledger: Ledger, on: date
) -> list[Dated]:
    """Move every dataset as far as class, trigger and date allow, and return where all stand.

    Safe to run again: a move that was made is not made twice.  What is listed after a disposal is
    raised as an incident.
    """
    result = []
    for dated in assess_all(agreements, catalogue=catalogue, ledger=ledger, on=on):
        name = str(dated.assessment.dataset)
        for event in _events(dated.assessment):
            move_if_possible(ledger, name, event)
        if dated.state in _AFTER_DISPOSAL and _came_back(dated, ledger):
            personal = dated.kind.identifiability in {"identifiable", "pseudonymised"}
            raise_incident(ledger, "listed-after-disposal", name, noticed_on=on, personal=personal)
        result.append(
            Dated(
                dated.assessment,
                dated.agreement,
                dated.kind,
                dated.holdings,
                state_of(ledger, name),
            )
        )
    return result


def _came_back(dated: Dated, ledger: Ledger) -> bool:
    """Tell whether a survey since the disposal listed anything; an older one proves nothing."""
    gone_at = moved_at(ledger, str(dated.assessment.dataset), Event.SEE_GONE)
    return any(h.kind != "backup" and h.seen_at > gone_at for h in dated.holdings)


def _events(assessment: Assessment) -> Iterator[Event]:
    days = assessment.days
    yield Event.CLASSIFY
    if assessment.trigger is None or days is None or assessment.conflict:
        return
    yield Event.TRIGGER
    if assessment.on >= days.review_opens_on:
        yield Event.OPEN_REVIEW
        if days.due_on is not None and assessment.on >= days.due_on:
            yield Event.FALL_DUE


def _datasets(holdings: Sequence[Holding]) -> dict[DatasetId, tuple[Holding, ...]]:
    found: dict[DatasetId, tuple[Holding, ...]] = {}
    for holding in holdings:
        dataset = DatasetId(holding.agreement, holding.class_name, holding.binding)
        found[dataset] = (*found.get(dataset, ()), holding)
    return found


def _dated(
    dataset: DatasetId,
    holdings: tuple[Holding, ...],
    agreement: Agreement,
    events: Sequence[TriggerEvent],
    holds: Sequence[Hold],
    ledger: Ledger,
    on: date,
) -> Dated:
    return Dated(
        assess(dataset, agreement, events, holds, on=on),
        agreement,
        agreement.class_named(dataset.class_name),
        holdings,
        state_of(ledger, str(dataset)),
    )
