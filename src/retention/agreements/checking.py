"""The order of the checks: each file by itself, then the files against one another."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

from pydantic import BaseModel

from retention.agreements.build import Pieces, class_of
from retention.agreements.classes import ClassTable
from retention.agreements.dates import check_dates
from retention.agreements.faults import Fault
from retention.agreements.models import (
    AgreementFile,
    AgreementTable,
    DisposalTable,
    EventTable,
)
from retention.agreements.people import EngineFile, PartiesFile, PeopleFile, PersonTable
from retention.agreements.places import check_claims, check_expected, check_places, claims_of
from retention.agreements.reading import Findings, Model, fit
from retention.agreements.references import Directory, check_distinct, check_events, check_names
from retention.agreements.rules import check_agreement, check_class
from retention.agreements.schedules import Schedules, check_schedule, longer_than, measured
from retention.agreements.text import Document, Path
from retention.domain.agreement import Agreement, Party, Route, Status
from retention.domain.schedule import ScheduleRule
from retention.domain.words import long_day

DIRECTORY: Mapping[str, type[BaseModel]] = MappingProxyType(
    {"parties.toml": PartiesFile, "people.toml": PeopleFile, "engine.toml": EngineFile}
)


def read_directory(
    documents: Mapping[str, Document], named: set[str], findings: Findings
) -> tuple[Mapping[str, Party] | None, Sequence[PersonTable] | None, EngineFile | None]:
    """Return parties, people and engine; None for each that cannot be read."""
    for file in sorted(set(DIRECTORY) - named):
        hint = "`retention init` writes one to fill in; policies/README.md has an example."
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
    return listed, persons, engine if isinstance(engine, EngineFile) else None


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


def check_file(
    doc: Document,
    pieces: Pieces,
    who: Directory,
    schedules: Schedules,
    findings: Findings,
) -> None:
    """Check what one agreement file says against itself, and its names against the directory."""
    check_agreement(doc, pieces, findings)
    check_distinct(doc, ("class",), {n: t.name for n, t in pieces.classes.items()}, findings)
    check_distinct(doc, ("event",), {n: t.name for n, t in pieces.events.items()}, findings)
    check_names(doc, pieces, who, findings)
    check_events(doc, pieces, findings)
    check_expected(doc, pieces, findings)
    for number, table in pieces.classes.items():
        path: Path = ("class", number)
        check_class(doc, path, table, findings)
        check_places(doc, path, table, findings)
        check_schedule(doc, path, table.schedule, schedules, findings)
        if pieces.header is not None:
            check_dates(doc, path, class_of(table, pieces.header, pieces.disposal), findings)


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
    end, begin = earlier.in_force.until, later.in_force.from_
    if end is not None and end < begin - timedelta(days=1):
        told = f"version {earlier.version} ends {long_day(end)} and this begins {long_day(begin)}"
        at: Path = ("agreement", "in_force", "from")
        findings.warn(doc, at, f"a gap: {told}; it stays on record, and nothing repairs it")
    if later.in_force.from_ <= earlier.in_force.from_:
        hint = "A later version governs from a later day."
        path: Path = ("agreement", "in_force", "from")
        found = f"{later.in_force.from_} in version {later.version}"
        findings.fault(doc, path, found, f"a day after {earlier.in_force.from_}", hint)


def check_recorded(
    documents: Mapping[str, Document],
    pieces: Mapping[str, Pieces],
    digests: Mapping[str, str],
    recorded: Mapping[tuple[str, int], str],
    findings: Findings,
) -> None:
    """Check that every version that came into force is here, and is what it was then."""
    read = {
        (each.header.reference, each.header.version): file
        for file, each in pieces.items()
        if each.header is not None
    }
    known = {file.partition("/")[0] for file in documents}
    for (reference, version), digest in sorted(recorded.items()):
        name = f"{reference}/v{version}.toml"
        file = read.get((reference, version))
        if file is not None and digests[file] != digest:
            hint = "Restore the file as it was, and write the change as a new version."
            found = "another text than when it came into force"
            at: Path = ("agreement", "version")
            findings.fault(documents[file], at, found, f"what the ledger has, {digest}", hint)
        elif file is None and name not in documents and reference in known:
            hint = "A version that was ever in force stays in the folder: restore it."
            expected = "the version that came into force"
            findings.faults.append(Fault(name, 1, 1, "no such file", expected, hint))


def warn_of(
    doc: Document,
    agreement: Agreement,
    parties: Mapping[str, Party],
    schedules: Mapping[str, ScheduleRule],
    findings: Findings,
) -> None:
    """Note what is doubtful in an agreement that stands."""
    told: set[str] = set()
    for number, kind in enumerate(agreement.classes):
        path: Path = ("class", number)
        for term in kind.not_followed:
            says = f"class {kind.name} is never eligible: cannot follow {term} yet"
            findings.warn(doc, path, says)
        rule = schedules.get(kind.schedule)
        for says in (
            f"{kind.shorter_than}: a written confirmation comes first" if kind.shorter_than else "",
            longer_than(kind, rule),
            "" if measured(kind, rule) else f"class {kind.name} is not measured: {rule}",
        ):
            if says:
                findings.warn(doc, (*path, "schedule"), says)
        if kind.rule is not None and kind.status is Status.SIGNED:
            told.update(kind.controllers, *kind.controllers_by_nation.values())
    for party in (parties[name] for name in sorted(told)):
        at: Path = ("agreement", "controllers")
        if party.to_confirm:
            findings.warn(doc, at, f"controller {party.id} of a signed class is to be confirmed")
        if party.email is None and agreement.route is Route.DIRECT:
            says = f"controller {party.id} has no address: nothing can be proposed"
            findings.warn(doc, at, says)


def warn_unreached(doc: Document, pieces: Pieces, findings: Findings) -> None:
    """Note each controller of the agreement that no class names: it would be told of nothing."""
    header = pieces.header
    written = doc.values.get("class")
    if header is None or not isinstance(written, list) or len(pieces.classes) != len(written):
        return  # a class that cannot be read may reach anybody
    reached = {name for table in pieces.classes.values() for name in _reached(table, header)}
    for number, name in enumerate(header.controllers):
        if name not in reached:
            at: Path = ("agreement", "controllers", number)
            findings.warn(doc, at, f"controller {name} is reached by no class: told of nothing")


def _reached(table: ClassTable, header: AgreementTable) -> Iterator[str]:
    yield from table.controllers or ()
    for names in table.controllers_by_nation.values():
        yield from names
    if table.controllers is None and not table.controllers_by_nation:
        yield from header.controllers
