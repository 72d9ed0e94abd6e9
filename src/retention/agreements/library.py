"""All the files together: a library, or every fault at once.

It is given texts and reads no folder.  The names are relative paths with ``/``: ``NACEL/v1.toml``,
``parties.toml``, ``people.toml``, ``engine.toml``, ``schedules/INSTRUMENT.toml``; what lies in
``demo/`` is a library of its own and is set aside.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from types import MappingProxyType

from retention.agreements.build import agreement_of
from retention.agreements.checking import (
    DIRECTORY,
    check_file,
    check_recorded,
    check_together,
    pieces_of,
    read_directory,
    warn_of,
    warn_unreached,
)
from retention.agreements.faults import Fault, FaultyAgreementsError, Remark
from retention.agreements.persons import check_people
from retention.agreements.reading import Findings
from retention.agreements.references import Directory
from retention.agreements.schedules import FOLDER, read_schedules
from retention.agreements.text import Document, read_text
from retention.domain.agreement import Agreement, Party, Person
from retention.domain.canonical import sha256
from retention.domain.schedule import ScheduleRule
from retention.domain.term import Term
from retention.errors import AgreementError
from retention.ports.library import Engine

_AGREEMENT = re.compile(r"[A-Z][A-Z0-9-]{1,30}/v[1-9][0-9]{0,3}\.toml")
_SCHEDULE = re.compile(r"schedules/[a-z][a-z0-9-]{0,62}\.toml")
_ASIDE = "demo/"
_NONE: Mapping[tuple[str, int], str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ReadLibrary:
    """The library that files without faults make; fits :class:`retention.ports.library.Library`.

    *remarks* stand beside it: what is doubtful, and what the engine cannot follow yet.
    """

    every: tuple[Agreement, ...]  # sorted by reference and version
    parties: Mapping[str, Party]
    persons: tuple[Person, ...]
    own: Engine
    remarks: Sequence[Remark]
    schedules: Mapping[str, ScheduleRule]

    def agreements(self, on: date) -> Sequence[Agreement]:
        """Return for each reference the version that governs on the day *on*.

        A reference of which nothing is signed or dated yet is there with its newest version.
        """
        return tuple(term.governing for term in self.terms(on) if term.governing is not None)

    def terms(self, on: date) -> Sequence[Term]:
        """Return for each reference what its versions say together on the day *on*."""
        return tuple(
            Term.of(tuple(versions), on)
            for _, versions in groupby(self.every, key=lambda each: each.reference)
        )

    def agreement(self, reference: str, version: int) -> Agreement:
        """Return one version; raise AgreementError if there is none."""
        for each in self.every:
            if (each.reference, each.version) == (reference, version):
                return each
        raise AgreementError(
            f"there is no agreement {reference} v{version}",
            hint="a version that was ever in force stays in the folder: look for its file",
        )

    def party(self, party_id: str) -> Party:
        """Return a party; raise AgreementError if there is none."""
        if (found := self.parties.get(party_id)) is None:
            raise AgreementError(f"there is no party {party_id}", hint="add it to parties.toml")
        return found

    def people(self) -> Sequence[Person]:
        """Return everyone who decides or records."""
        return self.persons

    def engine(self) -> Engine:
        """Return who we are."""
        return self.own


def read(files: Mapping[str, str], recorded: Mapping[tuple[str, int], str] = _NONE) -> ReadLibrary:
    """Read *files*, file name to text; raise FaultyAgreementsError with every fault of all.

    *recorded* are the digests that versions had when they came into force, by reference and
    version, as far as they are known: what was edited since is a fault.
    """
    findings = Findings()
    ours = {file: text for file, text in files.items() if not file.startswith(_ASIDE)}
    documents = _documents(ours, findings)
    directory = {file: documents.pop(file) for file in DIRECTORY if file in documents}
    parties, people, engine = read_directory(directory, set(ours), findings)
    whole = all(file in documents for file in ours if file.startswith(FOLDER))
    published = [file for file in documents if file.startswith(FOLDER)]
    schedules = read_schedules(
        {file: documents.pop(file) for file in published}, findings, whole=whole
    )
    who = Directory(parties, people)
    pieces = {file: pieces_of(doc, findings) for file, doc in documents.items()}
    for file, each in pieces.items():
        check_file(documents[file], each, who, schedules, findings)
        warn_unreached(documents[file], each, findings)
    check_together(documents, pieces, findings)
    if people is not None and "people.toml" in directory:
        check_people(directory["people.toml"], people, parties, pieces.values(), findings)
    digests = {file: sha256(ours[file].encode()) for file in pieces}
    check_recorded(documents, pieces, digests, recorded, findings)
    if findings.faults or parties is None or people is None or engine is None:
        raise FaultyAgreementsError(findings.faults, findings.remarks)
    every = {
        file: agreement_of(each, digests[file], schedules.rules) for file, each in pieces.items()
    }
    for file, agreement in every.items():
        warn_of(documents[file], agreement, parties, schedules.rules, findings)
    return ReadLibrary(
        every=tuple(sorted(every.values(), key=lambda each: (each.reference, each.version))),
        parties=parties,
        persons=tuple(each.person() for each in people),
        own=Engine(
            issuer=engine.issuer.model_dump(),
            certificate_prefix=engine.certificate_prefix,
            demonstration=engine.demonstration,
        ),
        remarks=tuple(sorted(set(findings.remarks))),
        schedules=schedules.rules,
    )


def _documents(files: Mapping[str, str], findings: Findings) -> dict[str, Document]:
    """Return what of *files* is TOML and belongs here."""
    documents = {}
    for file, text in sorted(files.items()):
        known = file in DIRECTORY or _AGREEMENT.fullmatch(file) or _SCHEDULE.fullmatch(file)
        if not known:
            fault = Fault(
                file, 1, 1, "a file that nothing reads", "REF/vN.toml", "Rename it or move it."
            )
            findings.faults.append(fault)
            continue
        doc = read_text(file, text)
        if isinstance(doc, Document):
            documents[file] = doc
        else:
            findings.faults += doc
    return documents
