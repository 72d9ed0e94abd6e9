"""The order of the checks: each file by itself, then the files against one another."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pydantic import BaseModel

from retention.agreements.build import Pieces
from retention.agreements.dates import check_dates
from retention.agreements.faults import Fault
from retention.agreements.models import (
    AgreementFile,
    AgreementTable,
    ClassTable,
    DisposalTable,
    EventTable,
)
from retention.agreements.people import EngineFile, PartiesFile, PeopleFile, PersonTable
from retention.agreements.places import check_claims, check_places, claims_of
from retention.agreements.reading import Findings, Model, fit
from retention.agreements.references import Directory, check_distinct, check_events, check_names
from retention.agreements.rules import check_agreement, check_class
from retention.agreements.text import Document, Path
from retention.domain.agreement import Agreement, Party

DIRECTORY: Mapping[str, type[BaseModel]] = MappingProxyType(
    {"parties.toml": PartiesFile, "people.toml": PeopleFile, "engine.toml": EngineFile}
)


def read_directory(
    documents: Mapping[str, Document], named: set[str], findings: Findings
) -> tuple[Mapping[str, Party] | None, Sequence[PersonTable] | None, EngineFile | None]:
    """Return parties, people and engine; None for each that cannot be read."""
    for file in sorted(set(DIRECTORY) - named):
        hint = "policies/README.md has an example of each."
        findings.faults.append(Fault(file, 1, 1, "no such file", f"a file `{file}`", hint))
    read = {
        file: fit(DIRECTORY[file], doc, (), findings) for file, doc in sorted(documents.items())
    }
    parties, people, engine = (read.get(file) for file in DIRECTORY)
    listed: dict[str, Party] | None = None
    if isinstance(parties, PartiesFile):
        ids = dict(enumerate(party.id for party in parties.party))
        check_distinct(documents["parties.toml"], ("party",), ids, findings)
        listed = {p.id: Party(p.id, p.name, p.email, p.to_confirm) for p in parties.party}
    persons = people.person if isinstance(people, PeopleFile) else None
    if persons is not None:
        _check_people(documents["people.toml"], persons, findings)
    return listed, persons, engine if isinstance(engine, EngineFile) else None


def _check_people(doc: Document, persons: Sequence[PersonTable], findings: Findings) -> None:
    ids = dict(enumerate(person.id for person in persons))
    check_distinct(doc, ("person",), ids, findings)
    for number, person in enumerate(persons):
        others = [("deputy", person.deputy)] if person.deputy else []
        for key, other in [*others, *(("conflicts", each) for each in person.conflicts)]:
            if other not in ids.values() or other == person.id:
                hint = "A deputy, and who is in conflict, is someone else in this file."
                path: Path = ("person", number, key)
                findings.fault(doc, path, f"'{other}'", "the id of another person", hint)


def pieces_of(doc: Document, findings: Findings) -> Pieces:
    """Return the tables of one agreement file that can be read, and note what is wrong."""
    fit(AgreementFile, doc, (), findings)
    return Pieces(
        header=fit(AgreementTable, doc, ("agreement",), findings, again=True),
        disposal=fit(DisposalTable, doc, ("disposal",), findings, again=True),
        events=_each(EventTable, doc, "event", findings),
        classes=_each(ClassTable, doc, "class", findings),
    )


def _each(model: type[Model], doc: Document, key: str, findings: Findings) -> dict[int, Model]:
    tables = doc.values.get(key)
    count = len(tables) if isinstance(tables, list) else 0
    read = {n: fit(model, doc, (key, n), findings, again=True) for n in range(count)}
    return {number: table for number, table in read.items() if table is not None}


def check_file(doc: Document, pieces: Pieces, who: Directory, findings: Findings) -> None:
    """Check what one agreement file says against itself, and its names against the directory."""
    check_agreement(doc, pieces, findings)
    check_distinct(doc, ("class",), {n: t.name for n, t in pieces.classes.items()}, findings)
    check_distinct(doc, ("event",), {n: t.name for n, t in pieces.events.items()}, findings)
    check_names(doc, pieces, who, findings)
    check_events(doc, pieces, findings)
    for number, table in pieces.classes.items():
        path: Path = ("class", number)
        check_class(doc, path, table, findings)
        check_places(doc, path, table, findings)
        if pieces.header is not None:
            check_dates(doc, path, table, pieces.header, pieces.disposal, findings)


def check_together(
    documents: Mapping[str, Document], pieces: Mapping[str, Pieces], findings: Findings
) -> None:
    """Check the places of all agreements, and the order of the versions of each."""
    newest: dict[str, tuple[str, AgreementTable]] = {}
    read = [(file, each.header) for file, each in pieces.items() if each.header is not None]
    for file, header in sorted(read, key=lambda pair: (pair[1].reference, pair[1].version)):
        if (earlier := newest.get(header.reference)) is not None:
            _check_order(documents[file], earlier[1], header, findings)
            old = earlier[0]
            check_claims(claims_of(documents[old], pieces[old]), findings)
        newest[header.reference] = file, header
    claims = [c for file, _ in newest.values() for c in claims_of(documents[file], pieces[file])]
    check_claims(claims, findings)


def _check_order(
    doc: Document, earlier: AgreementTable, later: AgreementTable, findings: Findings
) -> None:
    if earlier.in_force is None or later.in_force is None:
        return
    if later.in_force.from_ <= earlier.in_force.from_:
        hint = "A later version governs from a later day."
        path: Path = ("agreement", "in_force", "from")
        found = f"{later.in_force.from_} in version {later.version}"
        findings.fault(doc, path, found, f"a day after {earlier.in_force.from_}", hint)


def warn_of(
    doc: Document, agreement: Agreement, parties: Mapping[str, Party], findings: Findings
) -> None:
    """Note what is doubtful in an agreement that stands."""
    told: set[str] = set()
    for each in agreement.classes:
        for term in each.not_followed:
            findings.warn(doc, f"class {each.name} is never eligible: cannot follow {term} yet")
        if each.rule is not None and each.status == "signed":
            told |= {
                *each.controllers,
                *(i for g in each.controllers_by_nation.values() for i in g),
            }
    for party in (parties[name] for name in sorted(told)):
        if party.to_confirm:
            findings.warn(doc, f"controller {party.id} of a signed class is yet to be confirmed")
        if party.email is None and agreement.route == "direct":
            findings.warn(doc, f"controller {party.id} has no address: nothing can be proposed")
