"""Events that start clocks: recorded, corrected by a later recording, or retracted.

Source: ``clock.md``, rulings 6 to 8, 10 and 11.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from retention.domain.agreement import Agreement
from retention.domain.entry import Draft, Entry
from retention.domain.events import (
    BUILT_IN,
    CEASED,
    ENDED,
    PER_AGREEMENT,
    PER_DATASET,
    RETURNED,
    EventBook,
    TriggerEvent,
    written_value,
)
from retention.domain.knowledge import Ground
from retention.domain.roles import MAY, Act
from retention.domain.words import long_day
from retention.errors import AgreementError, NotAuthorisedError, RefusedError
from retention.steps.preview import Supposed, changed
from retention.steps.record import naming
from retention.steps.record.disposed import destroyed_early, early_words
from retention.steps.record.planned import Bare, Planned, Recording, Why, seen
from retention.steps.record.reviews import review_words
from retention.steps.registers import Registers, events_stream
from retention.views.preview import Change, Preview

NOT_ON_LEDGER = "supposed"  # the evidence of what is not recorded yet


@dataclass(frozen=True, slots=True)
class Kind:
    """One event that may be recorded under an agreement: what it is per, and by which roles."""

    name: str
    per: str  # a placeholder, "agreement" or "dataset"
    roles: tuple[str, ...]

    def require(self, why: Why) -> None:
        """Raise NotAuthorisedError unless whoever acts has one of the roles."""
        if set(self.roles).isdisjoint(why.by.roles):
            raise NotAuthorisedError(
                f"{why.by.id} may not record {self.name}",
                hint=f"it takes one of: {', '.join(self.roles)}",
            )


def event_kind(agreement: Agreement, name: str) -> Kind:
    """Return a declared or built-in event; raise AgreementError for any other name."""
    declared = {each.name: each for each in agreement.events}
    if name not in declared and name not in BUILT_IN:
        raise AgreementError(
            f"{agreement.reference} declares no event of that name",
            hint=naming.guess(name, {*declared, *BUILT_IN}, "it declares none"),
        )
    own = declared[name].recorded_by if name in declared else ()
    if name in PER_AGREEMENT:
        return Kind(name, "agreement", (*MAY[Act.RECORD_END].roles, *own))
    if name in PER_DATASET:
        return Kind(name, "dataset", (*MAY[Act.RECORD_USE].roles, *own))
    return Kind(name, declared[name].per, own)


def require_value(agreement: Agreement, kind: Kind, value: str, known: naming.Known) -> None:
    """Raise AgreementError unless *value* is one that some dataset of *kind* could have."""
    if kind.per == "agreement":
        if value:
            raise AgreementError(
                f"{kind.name} is of the whole agreement", hint="leave out which one it is of"
            )
        return
    if kind.per == "dataset":
        _, _, dataset = naming.dataset_named(known.ports, value)
        if dataset.reference != agreement.reference:
            raise AgreementError(
                f"that dataset is not of {agreement.reference}", hint="name its own agreement"
            )
        naming.require_surveyed(dataset, known)
        return
    expressions = [
        pattern.expressions[kind.per]
        for each in agreement.classes
        for pattern in each.datasets
        if kind.per in pattern.expressions
    ]
    if not any(naming.fits_expression(each, value) for each in expressions):
        values = {v for each in agreement.events if each.name == kind.name for v in each.expected}
        values |= known.values(agreement.reference, kind.per)
        forms = ", ".join(sorted(set(expressions))) or "none"
        raise AgreementError(
            f"no class of {agreement.reference} matches that {kind.per}",
            hint=naming.guess(value, values, f"its form is: {forms}"),
        )
    if len(written_value(kind.name, value)) > naming.VALUE_LETTERS_MAX:
        raise AgreementError(f"that {kind.per} is too long", hint="it must fit a line")


def require_order(event: TriggerEvent, book: EventBook, agreement: Agreement) -> None:
    """Raise AgreementError for a built-in event that would be passed over where it stands.

    *book* holds everything else that will then be recorded.
    """
    if event.name == CEASED:
        returned = book.find(RETURNED, event.value)
        if returned is None:
            raise AgreementError(
                f"nobody recorded that this dataset is {RETURNED}",
                hint=f"record {RETURNED} first: a use that never began cannot cease",
            )
        if event.on < returned.on:
            raise AgreementError(
                f"it came back into use on {long_day(returned.on)}, after that",
                hint="give the day on which that second use ceased",
            )
    begun = agreement.in_force_from
    if event.name == ENDED and begun is not None and event.on < begun:
        raise AgreementError(
            f"the version in force began on {long_day(begun)}, after that",
            hint="an end before it was overtaken by the renewal",
        )


def plan_event(
    reference: str, name: str, value: str, on: str, *, why: Why, ports: Recording
) -> Planned:
    """Plan to record that an event happened *on* a day, or in a month or year.

    *value* says which one, such as the round; "" for the whole agreement, an id for one dataset.
    Recorded again it is a correction.
    Raises AgreementError for a name, value or day that cannot stand, NotAuthorisedError for a
    person who may not record it, RefusedError if it is recorded like that already.
    """
    expect = seen(ports, [reference])
    term, agreement = naming.term_named(ports, reference)
    kind = event_kind(agreement, name)
    kind.require(why)
    require_value(agreement, kind, value, naming.Known(ports))
    event = supposed(reference, name, value, naming.happened(on, ports.today), why)
    before = Registers.read(ports.ledger).ground(term)
    require_order(event, before.events, agreement)
    replaced = before.events.find(name, value)
    require_new(event, replaced)
    after = replace(before, events=before.events.supposing(event))
    notes = [*_notes(event, replaced, on)]
    return planned_events(
        f"Record {said(event, on)}.",
        [bare(event, on, why)],
        [(before, after)],
        notes,
        expect,
        ports,
    )


def plan_retraction(
    reference: str, name: str, value: str, *, why: Why, ports: Recording
) -> Planned:
    """Plan to retract an event: as if it had never been recorded, nor corrected before.

    Raises RefusedError if nobody recorded it, and otherwise as :func:`plan_event`.
    """
    expect = seen(ports, [reference])
    term, agreement = naming.term_named(ports, reference)
    kind = event_kind(agreement, name)
    kind.require(why)
    before = Registers.read(ports.ledger).ground(term)
    standing = before.events.find(name, value)
    if standing is None:
        known = [v for n, v in before.events.standing if n == name and v]
        raise RefusedError(
            "nobody has recorded that event",
            hint=naming.listed("recorded of", known, f"`retention event list {reference}`"),
        )
    act = Bare(
        events_stream(reference),
        Entry.EVENT_RETRACTED,
        {
            "agreement": reference,
            "event": name,
            "value": written_value(name, value),
            "entry": standing.entry,
        },
        why,
    )
    after = replace(before, events=before.events.without(name, value))
    note = (
        f"It was recorded by {standing.by} as entry {standing.entry}; that stays on the ledger, "
        "and counts no more."
    )
    title = f"Retract {said(standing, span(standing))}, as if it had never been recorded."
    return planned_events(title, [act], [(before, after)], [note], expect, ports)


def planned_events(
    title: str,
    acts: Sequence[Bare],
    grounds: Sequence[tuple[Ground, Ground]],
    notes: Sequence[str],
    expect: dict[str, int],
    ports: Recording,
    lines: Sequence[str] = (),
) -> Planned:
    """Return the plan of one or many events, of one or several agreements.

    What was destroyed too early by the dates that would then hold is raised with it.
    Source: ``clock.md``, ruling 11.
    """
    changes, follows, told = list[Change](), list[Draft](), list(notes)
    for before, after in grounds:
        changes += changed(Supposed(before, after).effects(ports.catalogue, ports.today))
        for early in destroyed_early(before, after, ports):
            told.append(early_words(early))
            if early.incident is not None:
                follows.append(early.incident)
                expect[early.incident.stream] = early.stream_length
    told += review_words((each.dataset for each in changes), ports)
    preview = Preview(
        title,
        tuple(changes),
        tuple(told),
        tuple(lines),
        untouched="It moves no dataset that a survey has seen; it counts for what comes.",
    )
    return Planned(preview, tuple(acts), expect, tuple(follows))


def supposed(
    reference: str, name: str, value: str, days: tuple[date, date], why: Why
) -> TriggerEvent:
    """Return the event as the clock would read it from the ledger."""
    first, last = days
    earliest = None if first == last else first
    return TriggerEvent(reference, name, value, last, why.by.id, NOT_ON_LEDGER, earliest)


def require_new(event: TriggerEvent, standing: TriggerEvent | None) -> None:
    """Raise RefusedError if it is recorded on that very day already."""
    if standing is not None and standing.within == event.within:
        raise RefusedError(
            f"it is recorded like that already, as entry {standing.entry}",
            hint="nothing would change: to replace its evidence, retract it and record it again",
        )


def bare(event: TriggerEvent, on: str, why: Why) -> Bare:
    """Return the entry of an event that happened *on* a day, month or year."""
    return Bare(
        events_stream(event.reference),
        Entry.EVENT,
        {
            "agreement": event.reference,
            "event": event.name,
            "value": written_value(event.name, event.value),
            "on": on,
        },
        why,
    )


def said(event: TriggerEvent, on: str) -> str:
    """Return an event in words: what, of which one, in which agreement, and when."""
    which = f" of {event.value}" if event.value else ""
    when = f"on {long_day(event.on)}" if event.is_precise else f"in {on}"
    return f"{event.name}{which} under {event.reference}, {when}"


def span(event: TriggerEvent) -> str:
    """Return the month or year of an imprecise event as it was written, or its day."""
    if event.is_precise or event.earliest is None:
        return event.on.isoformat()
    same_month = event.earliest.month == event.on.month
    return f"{event.on:%Y-%m}" if same_month else f"{event.on:%Y}"


def replaces(standing: TriggerEvent) -> str:
    """Return in words which recording a new one replaces."""
    when = long_day(standing.on) if standing.is_precise else span(standing)
    return f"{when}, recorded by {standing.by} as entry {standing.entry}"


def _notes(event: TriggerEvent, replaced: TriggerEvent | None, on: str) -> Iterator[str]:
    if replaced is not None:
        yield f"It is a correction: it replaces {replaces(replaced)}."
    if not event.is_precise and event.earliest is not None:
        yield (
            f"No day is known in {on}: a minimum counts from {long_day(event.on)}, a maximum from "
            f"{long_day(event.earliest)}."
        )
