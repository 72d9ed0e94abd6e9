"""What is known, on a day, of the events that start one dataset's clock.

Source: ``clock.md``, rulings 6, 7, 9 and 10.
"""

from dataclasses import dataclass, field
from datetime import date

from retention.domain.agreement import AfterEnd, Agreement, EventKind, RetentionClass
from retention.domain.dataset import DatasetId
from retention.domain.events import (
    AGREEMENT_END,
    CEASED,
    ENDED,
    PER_AGREEMENT,
    PER_DATASET,
    RETURNED,
    SUPPORT_ENDED,
    EventBook,
    TriggerEvent,
)
from retention.domain.hold import HoldBook
from retention.domain.instruction import InstructionBook
from retention.domain.term import Term
from retention.domain.timeline import Facts, Known
from retention.domain.within import NEVER, Within, dated, not_recorded
from retention.domain.words import long_day


@dataclass(frozen=True, slots=True)
class Ground:
    """All that may be looked at to assess the datasets of one agreement."""

    term: Term
    events: EventBook = field(default_factory=EventBook)
    holds: HoldBook = field(default_factory=HoldBook)
    instructions: InstructionBook = field(default_factory=InstructionBook)

    @property
    def own_datasets(self) -> frozenset[str]:
        """The datasets of which something is recorded that concerns no other, by id."""
        used = (value for name, value in self.events.standing if name in PER_DATASET)
        return frozenset((*used, *self.instructions.on_dataset))


def facts_of(
    dataset: DatasetId, kind: RetentionClass, agreement: Agreement, ground: Ground, on: date
) -> Facts:
    """Return what is known on the day *on* of everything that a rule of *kind* counts from."""
    declared = {each.name: each for each in agreement.events}
    known = {
        name: _known(name, declared.get(name), dataset, agreement, ground.events)
        for name in kind.event_names
    }
    disposal = agreement.disposal
    extension = None if disposal is None else disposal.extension
    name = str(dataset)
    returned, ceased = (ground.events.find(event, name) for event in (RETURNED, CEASED))
    if returned is not None and ceased is not None and ceased.on < returned.on:
        ceased = None
    return Facts(
        known=known,
        end=_end(kind, ground, on),
        in_use=None if returned is None else returned.on,
        used_until=None if returned is None or ceased is None else ceased.on,
        extensions=ground.instructions.extensions(name),
        owners=() if extension is None else extension.by,
    )


def _known(
    name: str,
    declared: EventKind | None,
    dataset: DatasetId,
    agreement: Agreement,
    events: EventBook,
) -> Known:
    if name == SUPPORT_ENDED:
        return _support(dataset, agreement, events)
    value = "" if declared is None else declared.value_for(dataset.values)
    unheard = value is None or (declared is None and name not in PER_AGREEMENT)
    event = None if unheard else events.find(name, value or "")
    return Known(name, not_recorded(name) if event is None else event.within, event)


def _support(dataset: DatasetId, agreement: Agreement, events: EventBook) -> Known:
    """Return when the legal support ended: as recorded, and no later than it is dated."""
    concerned = [each for each in agreement.support if each.concerns(dataset.values)]
    day = min((each.until for each in concerned if each.until is not None), default=None)
    return _dated_end(SUPPORT_ENDED, day, agreement, events.find(SUPPORT_ENDED, ""))


def _end(kind: RetentionClass, ground: Ground, on: date) -> Known | None:
    """Return what is known of the agreement's end, if that starts the clock of this class."""
    agreement, term = ground.term.governing, ground.term
    if kind.after_end is not AfterEnd.DISPOSE or agreement is None:
        return None
    event = _ending(term, ground.events, on)
    if event is None and term.ends_on is None:
        return None
    return _dated_end(AGREEMENT_END, term.ends_on, agreement, event)


def _dated_end(
    name: str, day: date | None, agreement: Agreement, event: TriggerEvent | None
) -> Known:
    """Return an end that is dated, recorded, or both: the earlier for a maximum.

    A minimum begins only with what a person recorded.  Source: ``clock.md``, ruling 6.
    """
    if event is None:
        if day is None:
            return Known(name, NEVER)
        # The signed file is the evidence, and nobody of ours recorded it.
        said = TriggerEvent(agreement.reference, name, "", day, "agreement", agreement.digest)
        return Known(name, dated(day), said)
    within = event.within
    if day is not None:
        within = Within(min(day, within.earliest or day), within.latest, within.minimum_from)
    return Known(name, within, event)


def _ending(term: Term, events: EventBook, on: date) -> TriggerEvent | None:
    """Return the recording that this agreement has ended and is not renewed, if it stands."""
    event = events.find(ENDED, "")
    begun = None if term.governing is None else term.governing.in_force_from
    if event is None or event.on > on or (begun is not None and event.on < begun):
        return None  # one of an earlier version was overtaken by the renewal
    return event


def expired_unconfirmed(term: Term, events: EventBook, on: date) -> str:
    """Return why nothing may be disposed of after an end that nobody confirmed, or "".

    Source: ``clock.md``, ruling 6: a renewal may merely not have been loaded.
    """
    if not term.is_over_on(on) or _ending(term, events, on) is not None:
        return ""
    assert term.ends_on is not None
    return f"its agreement ended on {long_day(term.ends_on)}: expired, unconfirmed"
