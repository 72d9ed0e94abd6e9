"""A certificate on paper: which words stand where.  The template only lays them out.

A pure function of what the kit holds (statement, envelope, ledger entry, proof, issuer's
certificate), so that whoever has the kit can set the same pages again.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO

import segno

from retention.domain.canonical import Json, canonical
from retention.domain.certificate import Certificate
from retention.domain.wording import CertificateType
from retention.views import figures
from retention.views.certificate_sections import ROWS_MAX, annexes, sections

TEMPLATE = "certificate.typ"
STATEMENT = "statement.dsse.json"
ENTRY = "ledger-entry.json"
PROOF = "ledger.tlog-proof"
ISSUER = "issuer.pem"
SCRIPT = "verify.sh"
README = "README.txt"
KIT = (STATEMENT, ENTRY, PROOF, ISSUER, SCRIPT, README)

_MEDIA = {
    STATEMENT: ("application/json", "data", "Signed statement (DSSE, in-toto Statement v1)"),
    ENTRY: ("application/json", "supplement", "Ledger entry that commits to the statement"),
    PROOF: ("text/plain", "supplement", "Proof that the entry is in the ledger (C2SP tlog-proof)"),
    ISSUER: ("application/x-pem-file", "supplement", "Certificate of the issuer's key"),
    SCRIPT: ("application/x-sh", "supplement", "Script that checks the statement with openssl"),
    README: ("text/plain", "supplement", "What these files are and how to check them"),
}
_BRANDS = {
    CertificateType.INTERIM: "#0b3d4f",
    CertificateType.FINAL: "#0a4736",
    CertificateType.PARTIAL: "#6d3208",
    CertificateType.NIL: "#3c4650",
    CertificateType.CORRECTION: "#46306e",
}
_DEMONSTRATION = (
    "This document was made to show how the system works. The data, the people and the "
    "organisations in it are invented, and it is evidence of nothing."
)
_COMPARE = (
    "Compare the issuer's fingerprint above with the one that reached you another way, for "
    "instance with the agreement."
)
_RIBBON = "DEMONSTRATION: invented data, evidence of nothing"


@dataclass(frozen=True, slots=True)
class Kit:
    """What a reader needs besides the statement: the signed envelope, the ledger's own words.

    *entry* is the leaf of the record that commits to the statement, *proof* its tlog-proof.
    """

    envelope: bytes
    entry: bytes
    proof: bytes
    issuer_pem: bytes


@dataclass(frozen=True, slots=True)
class Document:
    """What a typesetter takes."""

    template: str
    data: bytes
    attachments: Mapping[str, bytes]


def document(certificate: Certificate, kit: Kit) -> Document:
    """Return the pages of *certificate*, with the *kit* attached."""
    attachments = {
        STATEMENT: kit.envelope,
        ENTRY: kit.entry,
        PROOF: kit.proof,
        ISSUER: kit.issuer_pem,
        SCRIPT: files("retention.views").joinpath(SCRIPT).read_bytes(),
        README: readme(certificate, kit).encode(),
    }
    return Document(TEMPLATE, canonical(_data(certificate, kit)), attachments)


def fingerprint(issuer_pem: bytes) -> str:
    """Return the SHA-256 fingerprint of a certificate in PEM, as openssl prints it."""
    body = b"".join(line for line in issuer_pem.splitlines() if not line.startswith(b"-----"))
    digits = hashlib.sha256(base64.b64decode(body)).hexdigest().upper()
    return ":".join(digits[n : n + 2] for n in range(0, len(digits), 2))


def keyword(certificate: Certificate) -> str:
    """Return the word in the document's metadata that names its statement."""
    return f"statement {certificate.digest}"


def readme(certificate: Certificate, kit: Kit) -> str:
    """Return what lies beside the certificate, in plain English."""
    identity = certificate.identity
    marked = f"{_RIBBON}\n\n" if identity.demonstration else ""
    return f"""{marked}{identity.title} {identity.number}
issued by {identity.issuer.legal_name}

{STATEMENT}   what is certified, for programs; signed
{ENTRY}     the ledger entry that commits to it
{PROOF}     proof that this entry is in the ledger
{ISSUER}            the certificate of the key that signed
{SCRIPT}             checks the statement with openssl alone

To check the statement:

    sh {SCRIPT} {STATEMENT} {ISSUER}

It prints VERIFIED, and the fingerprint of the certificate. Anyone can put a certificate of their
own into a file. So compare the fingerprint with the one that the issuer gave you another way, for
instance with the agreement. In this file it is

    {fingerprint(kit.issuer_pem)}
"""


def _data(certificate: Certificate, kit: Kit) -> Json:
    identity = certificate.identity
    at = identity.issued_at
    title = f"{identity.title} {identity.number}"
    marked = "DEMONSTRATION: " if identity.demonstration else ""
    attached: list[Json] = [
        {"name": name, "mime": mime, "relationship": relation, "says": says}
        for name, (mime, relation, says) in _MEDIA.items()
    ]
    return {
        "annexes": annexes(certificate),
        "attachments": attached,
        "brand": _BRANDS[identity.type],
        "demonstration": identity.demonstration,
        "demonstration_note": _DEMONSTRATION,
        "description": f"{title}, {certificate.authority.agreement}, signed statement attached",
        "document_title": marked + title,
        "issued": f"{figures.day(identity.issued_on)} ({figures.utc(at)})",
        "issued_at": at.isoformat(),
        "issuer": identity.issuer.legal_name,
        "keywords": [keyword(certificate)],
        "lead": _lead(certificate),
        "number": identity.number,
        "ribbon": _RIBBON,
        "sections": sections(certificate),
        "set_at": {
            "day": at.day,
            "hour": at.hour,
            "minute": at.minute,
            "month": at.month,
            "second": at.second,
            "year": at.year,
        },
        "tiles": _tiles(certificate),
        "title": identity.title,
        "verify": _verify(certificate, kit),
        "wording": certificate.statement_and_integrity.wording,
    }


def _lead(certificate: Certificate) -> list[Json]:
    identity, authority = certificate.identity, certificate.authority
    claims = identity.type in {CertificateType.INTERIM, CertificateType.FINAL}
    names = [each.name for each in identity.recipients]
    datasets = figures.count(len(certificate.what.datasets), "dataset")
    parts = [
        (f"We {'certify' if claims else 'report'} to ", False),
        (figures.listed(names), True),
        (" what became of ", False),
        (datasets, True),
        (" held under agreement ", False),
        (f"{authority.agreement}, version {authority.version}", True),
        (f": {authority.title}.", False),
    ]
    for label, other in (("Replaces", identity.supersedes), ("Follows", identity.follows)):
        if other is not None:
            parts += [(f" {label} ", False), (f"certificate {other}", True), (".", False)]
    return [{"says": says, "strong": strong} for says, strong in parts]


def _tiles(certificate: Certificate) -> list[Json]:
    counts, pending = certificate.counts, certificate.pending
    days = [copy.until for copy in pending if copy.until is not None]
    last = f", until {figures.day(max(days))}" if days else ""
    what = "residual copy" if len(pending) == 1 else "residual copies"
    tiles: list[Json] = [
        [figures.number(counts.destroyed), "versions destroyed, and seen to be absent"],
        [figures.number(counts.left), "versions approved and still there"],
        [figures.size(certificate.what.size_bytes), "in all versions of the manifests"],
        [figures.number(len(pending)), f"{what} pending{last}"],
    ]
    return tiles


def _verify(certificate: Certificate, kit: Kit) -> Json:
    identity, digest = certificate.identity, certificate.digest
    index = json.loads(kit.entry)["index"]
    size = kit.proof.decode().partition("\n\n")[2].splitlines()[1]
    short = base64.b32encode(bytes.fromhex(digest.removeprefix("sha256:"))[:20]).decode()
    code = segno.make(f"{identity.number}:{short}".upper(), error="m", micro=False)
    image = BytesIO()
    code.save(image, kind="svg", border=0, dark=_BRANDS[identity.type], xmldecl=False)
    pairs: list[Json] = [
        ["Statement, SHA-256", {"mono": figures.halves(digest)}],
        ["Proposal approved", {"mono": figures.halves(certificate.authority.proposal)}],
        ["Issuer's certificate", {"mono": _folded(fingerprint(kit.issuer_pem))}],
        ["Ledger entry", {"mono": f"no. {index} of {size}\n{_ledger(certificate)}"}],
        ["Sealed by", f"{identity.issuer.legal_name}: PAdES B-B, no change allowed after it"],
    ]
    steps: list[Json] = [
        ["Open this file in a PDF reader and look at its signature panel.", ""],
        [
            "Save the attached files into one folder and run the script; it needs openssl only.",
            f"sh {SCRIPT} {STATEMENT} {ISSUER}",
        ],
        [_COMPARE, ""],
        [
            "With our software, offline: seal, statement, numbers, ledger proof and these pages.",
            f"retention verify {identity.number}.pdf",
        ],
    ]
    return {
        "pairs": pairs,
        "parts": [{"says": "To check without asking us"}, {"steps": steps}],
        "qr": image.getvalue().decode(),
        "qr_says": f"QR code: number of this certificate and the first 160 bits of {digest}",
        "title": "Verify this certificate",
    }


def _ledger(certificate: Certificate) -> str:
    return certificate.statement_and_integrity.ledger


def _folded(digits: str) -> str:
    return f"{digits[:48]}\n{digits[48:]}"


__all__ = ["KIT", "ROWS_MAX", "Document", "Kit", "document", "fingerprint", "keyword", "readme"]
