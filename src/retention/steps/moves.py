"""Moves of datasets, each a compare-and-set on the dataset's own stream."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

from retention.domain.disposition import FORWARD, MOVES, Event, State, advance
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.errors import StaleError, TransitionError
from retention.ports.ledger import Ledger

TRIES_MAX: Final = 3  # moves of one dataset by others meanwhile


def stream_of(dataset: str) -> str:
    """Return the name of a dataset's stream."""
    return f"dataset:{dataset}"


def state_of(ledger: Ledger, dataset: str) -> State:
    """Return where *dataset* stands; one that nobody has moved is UNCLASSIFIED."""
    return _read(ledger, dataset)[0]


def states(ledger: Ledger, reference: str) -> Iterator[tuple[str, State]]:
    """Yield each dataset of one agreement that was ever moved and where it stands, by its id."""
    start = stream_of("")
    for record in ledger.newest(Entry.MOVED, prefix=stream_of(f"{reference}/")):
        yield record.stream.removeprefix(start), State(record.text("after"))


def claimed_since(ledger: Ledger, dataset: str, record: Record) -> bool:
    """Tell whether *dataset* was notified of again after *record*: another case is about it now."""
    return any(
        r.index > record.index and r.text("event") == Event.NOTIFY.value
        for r in ledger.stream(stream_of(dataset))
        if r.kind is Entry.MOVED
    )


def moved_at(ledger: Ledger, dataset: str, event: Event) -> datetime:
    """Return when *dataset* last made the move *event*; raise LookupError if it never did."""
    made = [
        record.at
        for record in ledger.stream(stream_of(dataset))
        if record.kind is Entry.MOVED and record.text("event") == event.value
    ]
    if not made:
        raise LookupError(f"{dataset} never made the move {event.name}")
    return made[-1]


def move(ledger: Ledger, dataset: str, event: Event, *, held: Collection[str]) -> State:
    """Move *dataset* and return its new state.

    Raises TransitionError or HeldError as the table says, and StaleError if someone else moved it
    meanwhile: then read again and decide again.
    """
    draft, length = planned(ledger, dataset, event, held=held)
    ledger.append(draft, expect=length)
    return State(str(draft.facts["after"]))


def planned(
    ledger: Ledger, dataset: str, event: Event, *, held: Collection[str]
) -> tuple[Draft, int]:
    """Return the entry of a move, and how many entries its stream must hold for it to stand.

    Raises TransitionError or HeldError as the table says.
    """
    before, length = _read(ledger, dataset)
    after = advance(before, event, held=held)
    facts: dict[str, Fact] = {
        "dataset": dataset,
        "event": event.value,
        "before": before.value,
        "after": after.value,
    }
    return Draft(stream_of(dataset), Entry.MOVED, facts), length


def move_if_possible(
    ledger: Ledger, dataset: str, event: Event, *, held: Collection[str] = ()
) -> bool:
    """Make a move if the table has it from here and no hold forbids it; tell whether it was made.

    Safe to run again, and twice at once: a move that was made is no longer possible, and that is
    no fault.  Raises StaleError if others move the dataset at every try.
    """
    for _ in range(TRIES_MAX):
        if _read(ledger, dataset)[0] not in MOVES[event] or (held and event in FORWARD):
            return False
        try:
            move(ledger, dataset, event, held=held)
        except (StaleError, TransitionError):
            continue  # somebody else moved it meanwhile: is it possible from there?
        return True
    raise StaleError("a dataset is moved by others at every try", hint="read again where it stands")


def _read(ledger: Ledger, dataset: str) -> tuple[State, int]:
    records = ledger.stream(stream_of(dataset))
    moved = [record for record in records if record.kind is Entry.MOVED]
    state = State(moved[-1].text("after")) if moved else State.UNCLASSIFIED
    return state, len(records)
