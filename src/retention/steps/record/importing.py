"""Many events at once: every row by the same rules as one event alone, and all of them or none.

Source: ``clock.md``, rulings 6 to 8, 10 and 11.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from retention.domain.agreement import EventKind, Person
from retention.domain.dataset import DatasetId
from retention.domain.eligibility import Assessor
from retention.domain.events import PER_DATASET, EventBook, TriggerEvent
from retention.domain.knowledge import Ground
from retention.domain.term import Term
from retention.errors import AgreementError, RefusedError
from retention.steps.effects import datasets_of
from retention.steps.record import events, naming
from retention.steps.record.planned import Planned, Recording, Why, seen
from retention.steps.record.table import Fault, FaultyTableError, Line, table_text
from retention.steps.registers import Registers

Files = Callable[[str], bytes]  # the content of the file of that name; RefusedError if none


@dataclass(slots=True)
class _Table:
    """What is known while the rows are read: grounds by agreement, events, and faults."""

    terms: dict[str, Term]
    known: naming.Known
    registers: Registers
    grounds: dict[str, Ground] = field(default_factory=dict)
    taken: dict[tuple[str, str, str], int] = field(default_factory=dict)  # event → row
    files: dict[str, bytes] = field(default_factory=dict)
    sound: list[tuple[Line, TriggerEvent, Why]] = field(default_factory=list)
    faults: dict[tuple[int, str], Fault] = field(default_factory=dict)  # by row and column
    faulty: set[int] = field(default_factory=set)  # rows

    def note(self, fault: Fault) -> None:
        """Note a fault; one of a cell is enough, what follows from it is not said."""
        self.faults.setdefault((fault.row, fault.column), fault)
        self.faulty.add(fault.row)

    @contextmanager
    def column(self, row: int, name: str) -> Iterator[None]:
        """Note what is refused as a fault of this row and column, and go on."""
        try:
            yield
        except (AgreementError, RefusedError) as error:
            self.note(Fault(row, name, str(error), error.hint))


def plan_import(
    lines: Sequence[Line],
    faults: Sequence[Fault] = (),
    *,
    by: Person,
    reason: str,
    files: Files,
    ports: Recording,
) -> Planned:
    """Plan to record the events of a table, in its order; *reason* stands for rows without one.

    *faults* are those of the form of its rows; others are found beside them.
    Raises FaultyTableError with every fault by row and column: nothing is recorded unless every
    row stands.
    """
    terms = naming.terms_of(ports)
    expect = seen(ports, {line.agreement for line in lines} & terms.keys())
    table = _Table(terms, naming.Known(ports), Registers.read(ports.ledger))
    for fault in faults:
        table.note(fault)
    for line in lines:
        _read(line, by, reason, files, table)
    _require_orders(table)
    if table.faults:
        raise FaultyTableError(list(table.faults.values()))
    new = defaultdict[str, list[TriggerEvent]](list)
    for _, event, _ in table.sound:
        new[event.reference].append(event)
    grounds = [(table.grounds[each], _after(table.grounds[each], new[each])) for each in new]
    several = "events" if len(table.sound) > 1 else "event"
    title = f"Record {len(table.sound):,} {several} of {', '.join(sorted(new))}, all or none."
    acts = [events.bare(event, line.on, why) for line, event, why in table.sound]
    told = [_told(line, event, table) for line, event, _ in table.sound]
    return events.planned_events(title, acts, grounds, (), expect, ports, told)


def template(ports: Recording) -> str:
    """Return a table to fill in: a row for each event that some dataset waits for."""
    rows: dict[tuple[str, str, str], None] = {}
    registers = Registers.read(ports.ledger)
    for term in ports.library.terms(ports.today):
        if term.governing is None:
            continue
        assessor = Assessor(registers.ground(term), ports.today)
        declared = {each.name: each for each in term.governing.events}
        for dataset, _ in datasets_of(ports.catalogue, term.reference):
            timeline = assessor.assess(dataset).timeline
            for name in () if timeline is None else timeline.awaiting:
                value = _value(name, declared.get(name), dataset)
                if value is not None:
                    rows[term.reference, name, value] = None
    names = ("agreement", "event", "value")
    return table_text([dict(zip(names, row, strict=True)) for row in sorted(rows)])


def _value(name: str, declared: EventKind | None, dataset: DatasetId) -> str | None:
    """Return of which one an event is that *dataset* waits for; None if its place does not say."""
    if name in PER_DATASET:
        return str(dataset)
    return "" if declared is None else declared.value_for(dataset.values)


def _read(line: Line, by: Person, reason: str, files: Files, table: _Table) -> None:
    """Check one row as far as it can be read, and note each fault in its column."""
    why = Why(by, line.reason or reason)
    days = agreement = kind = None
    with table.column(line.row, "on"):
        days = naming.happened(line.on, table.known.ports.today)
    with table.column(line.row, "evidence"):
        why = replace(why, content=_content(line.evidence, files, table))
    with table.column(line.row, "reason"):
        why.require_reason()
    with table.column(line.row, "agreement"):
        _, agreement = naming.term_in(table.terms, line.agreement)
    if agreement is not None:
        with table.column(line.row, "event"):
            kind = events.event_kind(agreement, line.event)
            kind.require(why)
    if agreement is not None and kind is not None:
        with table.column(line.row, "value"):
            events.require_value(agreement, kind, line.value, table.known)
    if days is None or line.row in table.faulty:
        return
    event = events.supposed(line.agreement, line.event, line.value, days, why)
    with table.column(line.row, ""):
        _take(line, event, why, table)


def _content(name: str, files: Files, table: _Table) -> bytes:
    if name not in table.files:
        table.files[name] = files(name)
    content = table.files[name]
    Why.require_content(content)
    return content


def _take(line: Line, event: TriggerEvent, why: Why, table: _Table) -> None:
    """Take a sound row; refuse one that says again what another row or the ledger says."""
    key = event.reference, event.name, event.value
    if key in table.taken:
        raise RefusedError(
            f"row {table.taken[key]} is about the same event", hint="keep the one that is right"
        )
    table.taken[key] = line.row
    if event.reference not in table.grounds:
        table.grounds[event.reference] = table.registers.ground(table.terms[event.reference])
    events.require_new(event, table.grounds[event.reference].events.find(event.name, event.value))
    table.sound.append((line, event, why))


def _require_orders(table: _Table) -> None:
    """Refuse what would be passed over where it stands, when every row is recorded."""
    new = defaultdict[str, list[TriggerEvent]](list)
    for _, event, _ in table.sound:
        new[event.reference].append(event)
    books = {each: _after(table.grounds[each], found).events for each, found in new.items()}
    for line, event, _ in table.sound:
        agreement = table.terms[event.reference].governing
        assert agreement is not None
        with table.column(line.row, "on"):
            events.require_order(event, books[event.reference], agreement)


def _after(ground: Ground, new: Sequence[TriggerEvent]) -> Ground:
    standing = ground.events.standing.values()
    return replace(ground, events=EventBook.of(ground.term.reference, [*standing, *new]))


def _told(line: Line, event: TriggerEvent, table: _Table) -> str:
    standing = table.grounds[event.reference].events.find(event.name, event.value)
    correction = "" if standing is None else f"; it replaces {events.replaces(standing)}"
    return f"row {line.row}: {events.said(event, line.on)}{correction}"
