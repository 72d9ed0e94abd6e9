"""What is known, on a day, of the events that start one dataset's clock.

Source: ``clock.md``, rulings 6, 7, 9 and 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from retention.domain.agreement import AfterEnd, Agreement, EventKind, RetentionClass
from retention.domain.dataset import DatasetId
from retention.domain.events import (
    AGREEMENT_END,
    CEASED,
    ENDED,
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
from retention.domain.within import NEVER, Within, dated, earliest_of, not_recorded
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
    dataset: DatasetId, kind: RetentionClass, agreement: Agreement, ground: Ground
) -> Facts:
    """Return what is known of everything that a rule of *kind* counts from."""
    declared = {each.name: each for each in agreement.events}
    known = {
        name: _known(name, declared.get(name), dataset, agreement, ground)
        for name in kind.event_names
    }
    disposal = agreement.disposal
    extension = None if disposal is None else disposal.extension
    name = str(dataset)
    returned, ceased = (ground.events.find(event, name) for event in (RETURNED, CEASED))
    if returned is not None and ceased is not None and ceased.on < returned.on:
        ceased = None
    since = returned or ceased  # a use that ceased has been, also where its beginning was retracted
    return Facts(
        known=known,
        end=_end(kind, ground),
        in_use=None if since is None else since.on,
        used_until=None if ceased is None else ceased.on,
        extensions=ground.instructions.extensions(name),
        owners=() if extension is None else extension.by,
    )


def recorders_of(
    dataset: DatasetId, kind: RetentionClass, agreement: Agreement, ground: Ground
) -> frozenset[str]:
    """Return who recorded any of the events that the days of one dataset follow from."""
    return frozenset(event.by for event in _events_of(dataset, kind, agreement, ground))


def newest_entry_of(
    dataset: DatasetId, kind: RetentionClass, agreement: Agreement, ground: Ground
) -> int:
    """Return the last ledger entry that the days of one dataset follow from; -1 if there is none.

    Source: ``clock.md``, ruling 11: any changed input voids an approval.
    """
    events = _events_of(dataset, kind, agreement, ground)
    said = ground.instructions.concerning(kind.name, str(dataset))
    return max([event.entry for event in events] + [each.entry for each in said], default=-1)


def _events_of(
    dataset: DatasetId, kind: RetentionClass, agreement: Agreement, ground: Ground
) -> list[TriggerEvent]:
    facts = facts_of(dataset, kind, agreement, ground)
    found = [each.event for each in facts.known.values()]
    found += [ground.events.find(name, str(dataset)) for name in sorted(PER_DATASET)]
    found.append(None if facts.end is None else facts.end.event)
    return [event for event in found if event is not None]


def _known(
    name: str,
    declared: EventKind | None,
    dataset: DatasetId,
    agreement: Agreement,
    ground: Ground,
) -> Known:
    events, term = ground.events, ground.term
    if name == SUPPORT_ENDED:
        return _support(dataset, agreement, events.find(name, ""))
    if name == ENDED:
        return _ended(name, [term.ends_on], agreement, _ending(term, events))
    value = None if declared is None else declared.value_for(dataset.values)
    event = None if value is None else events.find(name, value)
    return Known(name, not_recorded(name) if event is None else event.within, event)


def _support(dataset: DatasetId, agreement: Agreement, event: TriggerEvent | None) -> Known:
    """Return when the legal support of one dataset ended.

    Where others have supports of their own, what was recorded may be the end of one of those: it
    confirms ours only from the day that ours is dated, and before that it is a day to ask on.
    """
    ours = [each.until for each in agreement.support if each.concerns(dataset.values)]
    if event is None or len(ours) == len(agreement.support):
        return _ended(SUPPORT_ENDED, ours, agreement, event)
    day = min((each for each in ours if each is not None), default=None)
    if ours and (day is None or event.on < day):
        missing = frozenset({SUPPORT_ENDED})
        return Known(SUPPORT_ENDED, Within(event.within.earliest, day, None, missing), event)
    return _ended(SUPPORT_ENDED, ours, agreement, event if ours else None)


def _end(kind: RetentionClass, ground: Ground) -> Known | None:
    """Return what is known of the agreement's end, if that starts the clock of this class."""
    agreement, term = ground.term.governing, ground.term
    if kind.after_end is not AfterEnd.DISPOSE or agreement is None:
        return None
    event = _ending(term, ground.events)
    if event is None and term.ends_on is None:
        return None
    return _ended(AGREEMENT_END, [term.ends_on], agreement, event)


def _ended(
    name: str, ends: Sequence[date | None], agreement: Agreement, event: TriggerEvent | None
) -> Known:
    """Return when the first of *ends* came: as each is dated, and as a person recorded it.

    A maximum counts from the earlier at once, and a minimum begins only with what is recorded.
    One without a date, None, may have come without anybody saying so.
    Source: ``clock.md``, rulings 6 and 7.
    """
    day = min((each for each in ends if each is not None), default=None)
    if event is not None:
        first = event.within.earliest
        if day is not None and first is not None:
            first = min(day, first)
        return Known(name, replace(event.within, earliest=first, by=first), event)
    if not ends:
        return Known(name, NEVER)
    within = earliest_of([not_recorded(name) if each is None else dated(each) for each in ends])
    if day is None:
        return Known(name, within)
    # The signed file is the evidence, and nobody of ours recorded it.
    said = TriggerEvent(agreement.reference, name, "", day, "agreement", agreement.digest)
    return Known(name, within, said)


def _ending(term: Term, events: EventBook) -> TriggerEvent | None:
    """Return the recording that this agreement ends and is not renewed, if it stands.

    Any version that begins later contradicts it, also one that is not in force yet.
    """
    event, newest = events.find(ENDED, ""), term.newest_from
    if event is None or (newest is not None and (event.earliest or event.on) < newest):
        return None
    return event


def expired_unconfirmed(term: Term, events: EventBook, on: date) -> str:
    """Return why nothing may be disposed of after an end that nobody confirmed, or "".

    Source: ``clock.md``, ruling 6: a renewal may merely not have been loaded.
    """
    event = _ending(term, events)
    if not term.is_over_on(on) or (event is not None and event.on <= on):
        return ""
    assert term.ends_on is not None
    return f"its agreement ended on {long_day(term.ends_on)}: expired, unconfirmed"
