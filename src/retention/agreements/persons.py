"""What ``people.toml`` says against itself, the parties, and the agreements."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from retention.agreements.build import Pieces
from retention.agreements.people import PersonTable
from retention.agreements.reading import Findings
from retention.agreements.references import check_distinct
from retention.agreements.text import Document, Path
from retention.domain.agreement import Party
from retention.domain.roles import DPO

# Services propose, destroy and look afterwards: none of them is a person, and no person is one.
SERVICES: Final = (
    "planner",
    "surveyor",
    "destroyer",
    "verifier",
    "custodian",
    "archivist",
    "issuer",
    "deployer",
)


def check_people(
    doc: Document,
    persons: Sequence[PersonTable],
    parties: Mapping[str, Party] | None,
    agreements: Iterable[Pieces],
    findings: Findings,
) -> None:
    """Note every fault of the people file: ids, deputies, conflicts, and their days."""
    ids = dict(enumerate(person.id for person in persons))
    check_distinct(doc, ("person",), ids, findings)
    concerns = set(_concerns(agreements))
    for number, person in enumerate(persons):
        path: Path = ("person", number)
        if person.id in SERVICES:
            hint = "Services propose, destroy and verify; a person has an id of their own."
            findings.fault(doc, (*path, "id"), f"'{person.id}'", "no name of a service", hint)
        if DPO in person.roles and len(person.roles) > 1:
            told = f"{person.id} is data protection officer: no other role lets them approve"
            findings.warn(doc, (*path, "roles"), told)
        _check_deputies(doc, path, person, set(ids.values()), findings)
        _check_conflicts(doc, path, person, (set(ids.values()), parties, concerns), findings)


def _concerns(agreements: Iterable[Pieces]) -> Iterator[str]:
    """Yield every agreement as ``REF``, and every class as ``REF/class``."""
    for each in agreements:
        if each.header is not None:
            yield each.header.reference
            yield from (f"{each.header.reference}/{kind.name}" for kind in each.classes.values())


def _check_deputies(
    doc: Document, path: Path, person: PersonTable, ids: Collection[str], findings: Findings
) -> None:
    named: list[tuple[Path, str]] = [((*path, "deputy"), person.deputy)] if person.deputy else []
    named += [((*path, "deputies", n, "id"), each.id) for n, each in enumerate(person.deputies)]
    for at, other in named:
        if other not in ids or other == person.id:
            hint = "A deputy is someone else in this file."
            findings.fault(doc, at, f"'{other}'", "the id of another person", hint)
    for n, each in enumerate(person.deputies):
        at = (*path, "deputies", n)
        _check_days(doc, at, each.from_, each.until, findings)
        for k, role in enumerate(each.roles or ()):
            if role not in person.roles:
                findings.unlike(doc, (*at, "roles", k), role, "a role of that person", person.roles)


def _check_conflicts(
    doc: Document,
    path: Path,
    person: PersonTable,
    known: tuple[set[str], Mapping[str, Party] | None, set[str]],
    findings: Findings,
) -> None:
    ids, parties, concerns = known
    others = (ids - {person.id}) | set(parties or ()) | concerns
    for n, each in enumerate(person.conflict_tables):
        is_table = not isinstance(person.conflicts[n], str)
        at: Path = (*path, "conflicts", n)
        spot: Path = (*at, "with") if is_table else at
        expected = "the id of another person, a party, an agreement REF or a class REF/class"
        if is_table:
            _check_days(doc, at, each.from_, each.until, findings)
        is_party = parties is None or each.with_ in parties
        if each.with_ in ids and parties is not None and is_party:
            hint = "Give the party or the person another id."
            findings.fault(doc, spot, f"'{each.with_}', a person and a party", expected, hint)
        elif each.with_ not in others and parties is not None:
            findings.unlike(doc, spot, each.with_, expected, others)


def _check_days(
    doc: Document, path: Path, first: date | None, last: date | None, findings: Findings
) -> None:
    if first is not None and last is not None and last < first:
        hint = "Both days are inclusive, and the first comes first."
        findings.fault(doc, (*path, "until"), str(last), f"a day not before {first}", hint)
