"""All the files together: a library, or every fault at once.

It is given texts and reads no folder.  The names are relative paths with ``/``: ``NACEL/v1.toml``,
``parties.toml``, ``people.toml``, ``engine.toml``; what lies in ``schedules/`` and ``demo/`` is
not of this library and is set aside.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from retention.agreements.build import agreement_of
from retention.agreements.checking import (
    DIRECTORY,
    check_file,
    check_together,
    pieces_of,
    read_directory,
    warn_of,
)
from retention.agreements.faults import Fault, FaultyAgreementsError
from retention.agreements.reading import Findings
from retention.agreements.references import Directory
from retention.agreements.text import Document, read_text
from retention.domain.agreement import Agreement, Party, Person
from retention.domain.canonical import sha256
from retention.domain.term import Term
from retention.errors import AgreementError
from retention.ports.library import Engine

_AGREEMENT = re.compile(r"[A-Z][A-Z0-9-]{1,30}/v[1-9][0-9]{0,3}\.toml")
_ASIDE = ("schedules/", "demo/")


@dataclass(frozen=True, slots=True)
class ReadLibrary:
    """The library that files without faults make; fits :class:`retention.ports.library.Library`.

    *warnings* stand beside it: what is doubtful, and what the engine cannot follow yet.
    """

    every: tuple[Agreement, ...]  # sorted by reference and version
    parties: Mapping[str, Party]
    persons: tuple[Person, ...]
    own: Engine
    warnings: Sequence[str]

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


def read(files: Mapping[str, str]) -> ReadLibrary:
    """Read *files*, file name to text; raise FaultyAgreementsError with every fault of all."""
    findings = Findings()
    ours = {file: text for file, text in files.items() if not file.startswith(_ASIDE)}
    documents = _documents(ours, findings)
    directory = {file: documents.pop(file) for file in DIRECTORY if file in documents}
    parties, people, engine = read_directory(directory, set(ours), findings)
    who = Directory(parties, people)
    pieces = {file: pieces_of(doc, findings) for file, doc in documents.items()}
    for file, each in pieces.items():
        check_file(documents[file], each, who, findings)
    check_together(documents, pieces, findings)
    if findings.faults or parties is None or people is None or engine is None:
        raise FaultyAgreementsError(findings.faults)
    digests = {file: sha256(ours[file].encode()) for file in pieces}
    every = {file: agreement_of(each, digests[file]) for file, each in pieces.items()}
    for file, agreement in every.items():
        warn_of(documents[file], agreement, parties, findings)
    return ReadLibrary(
        every=tuple(sorted(every.values(), key=lambda each: (each.reference, each.version))),
        parties=parties,
        persons=tuple(Person(p.id, p.name, tuple(p.roles), p.email) for p in people),
        own=Engine(
            issuer=engine.issuer.model_dump(),
            certificate_prefix=engine.certificate_prefix,
            demonstration=engine.demonstration,
        ),
        warnings=tuple(findings.warnings),
    )


def _documents(files: Mapping[str, str], findings: Findings) -> dict[str, Document]:
    """Return what of *files* is TOML and belongs here."""
    documents = {}
    for file, text in sorted(files.items()):
        if file not in DIRECTORY and not _AGREEMENT.fullmatch(file):
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
