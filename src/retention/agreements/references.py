"""Names in one file that mean something in another: parties, people, roles and events."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from retention.agreements.build import Pieces
from retention.agreements.classes import Also, ClassTable
from retention.agreements.fields import AgeTable, Several, Trigger
from retention.agreements.models import EventTable
from retention.agreements.people import PersonTable
from retention.agreements.reading import Findings
from retention.agreements.text import Document, Path
from retention.domain.agreement import Party
from retention.domain.calendar import YEARS
from retention.domain.events import (
    AGREEMENT_END,
    ENDED,
    PER_AGREEMENT,
    PER_DATASET,
    SUPPORT_ENDED,
)
from retention.domain.roles import DPO

_HINT = "Write it as policies/README.md has it."


@dataclass(frozen=True, slots=True)
class Directory:
    """Who there is; None where the file could not be read, so that nothing is said of it."""

    parties: Mapping[str, Party] | None
    people: Sequence[PersonTable] | None

    @property
    def roles(self) -> set[str]:
        """Every role that somebody has."""
        return {role for person in self.people or () for role in person.roles}


def check_names(doc: Document, pieces: Pieces, who: Directory, findings: Findings) -> None:
    """Check that each party, person and role of one file is known."""
    for path, name in _parties(pieces):
        if who.parties is not None and name not in who.parties:
            findings.unlike(doc, path, name, "a party of parties.toml", who.parties)
    if who.people is None:
        return
    ids = {person.id for person in who.people}
    for path, name in _persons(pieces):
        if name not in ids:
            findings.unlike(doc, path, name, "a person of people.toml", ids)
    for path, name in _roles(pieces):
        if name == DPO and "approved_by" in path:
            hint = (
                "A data protection officer is consulted, and decides no disposal (article 38(6))."
            )
            findings.fault(doc, path, f"'{DPO}'", "a role that may approve", hint)
        elif name not in who.roles:
            findings.unlike(doc, path, name, "a role that somebody has", who.roles)
    escalate_to = pieces.disposal.escalate_to if pieces.disposal is not None else None
    if escalate_to is not None and escalate_to not in (known := who.roles | ids):
        at: Path = ("disposal", "escalate_to")
        findings.unlike(doc, at, escalate_to, "a role or person of people.toml", known)
    _check_approvers(doc, pieces, who.people, findings)


def _parties(pieces: Pieces) -> Iterator[tuple[Path, str]]:
    if (header := pieces.header) is not None:
        for key in ("through", "controllers", "instructions_from", "sub_processors"):
            yield from _each(("agreement", key), getattr(header, key))
    if pieces.disposal is not None and (extension := pieces.disposal.extension):
        yield from _each(("disposal", "extension", "by"), extension.by)
    for number, table in pieces.classes.items():
        path: Path = ("class", number)
        yield from _each((*path, "controllers"), table.controllers or ())
        for nation, ids in table.controllers_by_nation.items():
            yield from _each((*path, "controllers_by_nation", nation), ids)
        for key, receiver in (("return_to", table.return_to), ("transfer_to", table.transfer_to)):
            if receiver is not None:
                yield (*path, key, "party"), receiver.party
                yield from _each((*path, key, "instructed_by"), receiver.instructed_by)
        if table.archive is not None:
            yield from _each((*path, "archive", "encrypt_to"), table.archive.encrypt_to)
        for n, duty in enumerate(table.also):
            yield (*path, "also", n, "owner"), duty.owner


def _persons(pieces: Pieces) -> Iterator[tuple[Path, str]]:
    if pieces.header is not None and pieces.header.asset_owner is not None:
        yield ("agreement", "asset_owner"), pieces.header.asset_owner
    for number, table in pieces.classes.items():
        path: Path = ("class", number)
        if table.anonymity is not None:
            yield (*path, "anonymity", "assessed_by"), table.anonymity.assessed_by
        for n, copy in enumerate(table.copies):
            if copy.beyond_use is not None:
                yield (*path, "copies", n, "beyond_use", "by"), copy.beyond_use.by


def _roles(pieces: Pieces) -> Iterator[tuple[Path, str]]:
    if (disposal := pieces.disposal) is not None:
        yield from _each(("disposal", "approved_by"), disposal.approved_by)
        yield from _each(("disposal", "certificate", "signed_by"), disposal.certificate.signed_by)
    for number, event in pieces.events.items():
        yield from _each(("event", number, "recorded_by"), event.recorded_by)
    for number, table in pieces.classes.items():
        yield from _each(("class", number, "approved_by"), table.approved_by or ())


def _each(path: Path, names: Iterable[str]) -> Iterator[tuple[Path, str]]:
    for number, name in enumerate(names):
        yield (*path, number), name


def _check_approvers(
    doc: Document, pieces: Pieces, people: Sequence[PersonTable], findings: Findings
) -> None:
    """Check that distinct people can fill the roles, and that a class asks for no fewer."""
    wanted: list[tuple[Path, list[str]]] = []
    least = pieces.disposal.approved_by if pieces.disposal is not None else []
    if least:
        wanted.append((("disposal", "approved_by"), least))
    for number, table in pieces.classes.items():
        if table.approved_by is None:
            continue
        path: Path = ("class", number, "approved_by")
        wanted.append((path, table.approved_by))
        if set(least) - set(table.approved_by):
            hint = "A class may ask for more approvers than the agreement, never for fewer."
            findings.fault(doc, path, "too few approvers", "those of [disposal] as well", hint)
    known = {role for person in people for role in person.roles}
    for path, roles in wanted:
        if set(roles) <= known and not _can_fill(roles, people):
            hint = "Each role is filled by another person, and none may be in conflict."
            findings.fault(
                doc, path, f"{len(roles)} roles", "as many people of people.toml for them", hint
            )


def _can_fill(
    roles: Sequence[str], people: Sequence[PersonTable], chosen: tuple[PersonTable, ...] = ()
) -> bool:
    """Tell whether distinct people without conflicts can fill *roles*."""
    if not roles:
        return True
    taken = {each.id for each in chosen}
    return any(
        _can_fill(roles[1:], people, (*chosen, person))
        for person in people
        if roles[0] in person.roles
        and DPO not in person.roles
        and person.id not in taken
        and not taken & _always_in_conflict(person)
        and not any(person.id in _always_in_conflict(each) for each in chosen)
    )


def _always_in_conflict(person: PersonTable) -> set[str]:
    """Return with whom or what *person* is in conflict on every day."""
    return {c.with_ for c in person.conflict_tables if c.from_ is None and c.until is None}


def check_events(doc: Document, pieces: Pieces, findings: Findings) -> None:
    """Check that only declared events start clocks, and that they can reach the datasets."""
    declared = {event.name: event for event in pieces.events.values()}
    for number, event in pieces.events.items():
        _check_declared(doc, ("event", number), event, findings)
        _check_expected(doc, number, event, findings)
    # As written, not as read: an event with a fault of its own is declared all the same.
    tables = doc.values.get("event")
    written = tables if isinstance(tables, list) else []
    known = {str(doc.at(("event", number, "name"))) for number in range(len(written))} | {ENDED}
    if doc.at(("agreement", "support")):
        known.add(SUPPORT_ENDED)
    for number, table in pieces.classes.items():
        for path, name in _events(("class", number), table):
            if name in PER_DATASET:
                hint = "It moves the minimum of one dataset, and needs no place in a rule."
                findings.fault(doc, path, f"'{name}'", "an event that starts a clock", hint)
            elif name not in known:
                findings.unlike(doc, path, name, "an event that an [[event]] declares", known)
            elif name in declared and table.datasets:
                per = declared[name].per
                if per != "agreement" and per not in table.datasets[0].placeholders:
                    told = f"{name} is per {per}, which the places of class {table.name} do not say"
                    findings.warn(doc, path, f"{told}: its clock can never start")


def _check_declared(doc: Document, path: Path, event: EventTable, findings: Findings) -> None:
    """Check that an event that every agreement has is declared only to say who records it."""
    if event.name in PER_DATASET or event.name == AGREEMENT_END:
        hint = "Every agreement has it: take this table out, or choose another name."
        findings.fault(doc, (*path, "name"), f"'{event.name}'", "a name of its own", hint)
    elif event.name in PER_AGREEMENT and event.per != "agreement":
        hint = "It is about the whole agreement."
        findings.fault(doc, (*path, "per"), f"'{event.per}'", "'agreement'", hint)


def _events(path: Path, table: ClassTable) -> Iterator[tuple[Path, str]]:
    """Yield every event that a rule of a class counts from or asks about, and where it says so."""
    duties: list[tuple[Path, ClassTable | Also]] = [(path, table)]
    duties += [((*path, "also", n), duty) for n, duty in enumerate(table.also)]
    for at, duty in duties:
        trigger: Trigger | None = duty.trigger
        if isinstance(trigger, Several):
            yield from _each((*at, "trigger", "earliest"), trigger.earliest or ())
            yield from _each((*at, "trigger", "latest"), trigger.latest or ())
        elif trigger is not None:
            yield (*at, "trigger"), trigger
        keep = duty.keep_at_least
        if isinstance(keep, AgeTable) and keep.one_more_if_17_at is not None:
            yield (*at, "keep_at_least", "one_more_if_17_at"), keep.one_more_if_17_at


def _check_expected(doc: Document, number: int, event: EventTable, findings: Findings) -> None:
    if event.expected_on is None:
        return
    path: Path = ("event", number, "expected_on")
    wanted = {"on"} if event.per == "agreement" else {"on", event.per}
    for key in sorted(set(event.expected_on) - wanted):
        findings.unknown(doc, (*path, key), sorted(wanted))
    for key in sorted(wanted - set(event.expected_on)):
        findings.missing(doc, (*path, key), "Say which one is expected, and when.")
    for key, value in event.expected_on.items():
        if key in wanted and isinstance(value, str) is (key == "on"):
            expected = "a date without quotes" if key == "on" else "a text in quotes"
            findings.fault(doc, (*path, key), "another kind of value", expected, _HINT)
        elif isinstance(value, date) and not YEARS[0] <= value.year <= YEARS[1]:
            expected = f"a year from {YEARS[0]} to {YEARS[1]}"
            findings.fault(doc, (*path, key), str(value), expected, _HINT)


def check_distinct(doc: Document, path: Path, names: Mapping[int, str], findings: Findings) -> None:
    """Check that no two tables of one list at *path* have the same name."""
    seen: set[str] = set()
    key = "name" if path in {("class",), ("event",)} else "id"
    for number, name in names.items():
        if name in seen:
            hint = "One name means one thing."
            findings.fault(doc, (*path, number, key), f"'{name}' again", "a name of its own", hint)
        seen.add(name)
