"""The checks that anyone can repeat offline with what a controller received.

Only the issuer's certificate must be known from elsewhere, and, for the ledger, its public key.
They run in this order, and stop at the first that fails, because the next would mean nothing:

1.  *One seal covers every byte.*  The document holds one signature, and what it covers is the
    whole file except the signature's own container.
2.  *The seal is in its one spelling.*  The container holds the trusted issuer's certificate, one
    signature and nothing else, so that no byte of it can change unseen either.
3.  *The document is as it was sealed.*  Its digest is the one that the seal names.
4.  *The issuer sealed it.*  The signature holds under the trusted issuer's key.
5.  *A PDF library agrees.*  pyHanko finds the signature intact, valid and over the whole file; the
    certification forbids every change (DocMDP), and none was made.
6.  *The kit is attached.*  Statement, ledger entry, proof, certificate, script and read-me, and
    the certificate is the trusted one.
7.  *The envelope is in its one spelling.*  No byte of the statement's file can change unseen.
8.  *The issuer signed the statement.*  The signature over it holds under the issuer's key.
9.  *The numbers reconcile.*  The statement is read again with every rule of a certificate:
    planned = destroyed + absent before + held back + refused + failed, and none unknown.
10. *The ledger entry is of this statement.*  It names this certificate and this digest.
11. *The ledger holds the entry.*  The proof leads from the entry to a checkpoint that the
    ledger's key signed.
12. *The document names this statement.*  The digest in its metadata is the statement's.
13. *The pages are those of the statement.*  Set again from the kit, they are the same bytes.

A statement alone is checked by 7 to 9.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from retention.adapters.seal import container, document
from retention.adapters.seal.keys import TrustedKeys, public_key, signed_by
from retention.domain.certificate import Certificate
from retention.domain.dsse import Envelope, pae
from retention.domain.tlog import LogKey, proved
from retention.domain.wording import TEMPLATE
from retention.errors import CertificateError, RetentionError
from retention.ports.typesetter import Typesets
from retention.views import certificate_view as view

NAMES: Mapping[int, str] = MappingProxyType(
    {
        1: "one seal covers every byte",
        2: "the seal is in its one spelling",
        3: "the document is as it was sealed",
        4: "the issuer sealed it",
        5: "a PDF library agrees",
        6: "the kit is attached",
        7: "the envelope is in its one spelling",
        8: "the issuer signed the statement",
        9: "the numbers reconcile",
        10: "the ledger entry is of this statement",
        11: "the ledger holds the entry",
        12: "the document names this statement",
        13: "the pages are those of the statement",
    }
)
_OF_PDF = tuple(NAMES)
_OF_STATEMENT = (7, 8, 9)
_FORGED = "do not rely on it: ask the issuer for it again, and say that this check failed"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Check:
    """One check: *ok* is None where it was not made, and *detail* says what was seen, or why."""

    number: int
    name: str
    ok: bool | None
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Trusted:
    """What the reader knows from elsewhere: the issuer's certificate in PEM, the ledger's key.

    *ledger* is ``origin+id+key`` (C2SP signed-note), or empty if it is not known.  Raises
    CertificateError if either is not what it should be.
    """

    issuer_pem: bytes
    ledger: str = ""

    def __post_init__(self) -> None:
        """Refuse to check against nothing."""
        try:
            public_key(self.issuer_pem)
            x509.load_pem_x509_certificate(self.issuer_pem)
            if self.ledger:
                LogKey.parse(self.ledger)
        except ValueError:
            raise CertificateError(
                "what is to be trusted is no certificate in PEM, or no public key of a ledger",
                hint="get issuer.pem and the ledger's key from the issuer another way",
            ) from None


def check(content: bytes, trusted: Trusted, *, typesetter: Typesets | None = None) -> list[Check]:
    """Return the checks of *content*: of a PDF if it begins like one, else of a statement."""
    if content.startswith(b"%PDF-"):
        return check_pdf(content, trusted, typesetter=typesetter)
    return check_statement(content, trusted)


def check_pdf(pdf: bytes, trusted: Trusted, *, typesetter: Typesets | None = None) -> list[Check]:
    """Return the thirteen checks of a sealed certificate.

    Check 13 is made only with *typesetter*, and if it is the version that set the pages.
    """
    report = _Report(_OF_PDF)
    with suppress(_FailedError):
        _sealed(report, pdf, trusted)
        files = report.made(6, lambda: _attached(pdf, trusted))
        certificate = _stated(report, files[view.STATEMENT], trusted)
        report.made(10, lambda: _entered(files[view.ENTRY], certificate))
        report.maybe(11, lambda: _in_ledger(files, certificate, trusted))
        report.made(12, lambda: _named(pdf, certificate))
        report.maybe(13, lambda: _same_pages(pdf, certificate, files, typesetter))
    return report.checks()


def check_statement(envelope: bytes, trusted: Trusted) -> list[Check]:
    """Return checks 7 to 9 of a signed statement."""
    report = _Report(_OF_STATEMENT)
    with suppress(_FailedError):
        _stated(report, envelope, trusted)
    return report.checks()


def require(checks: Sequence[Check]) -> None:
    """Raise CertificateError that names the check that failed, if one did."""
    for each in checks:
        if each.ok is False:
            raise CertificateError(
                f"check {each.number}, {each.name}: {each.detail}", hint=each.hint
            )


class _FailedError(Exception):
    """A check failed; what follows would mean nothing."""


class _PassedOverError(Exception):
    """A check could not be made here, and why."""


class _Report:
    """The checks made so far, of those that belong to one kind of file."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = numbers
        self._made: dict[int, Check] = {}

    def made(self, number: int, look: Callable[[], tuple[T, str]]) -> T:
        """Make a check: *look* returns what it found and a word about it, or raises ValueError."""
        name = NAMES[number]
        try:
            found, detail = look()
        except (ValueError, RetentionError) as error:
            hint = _FORGED
            if isinstance(error, RetentionError):
                hint = f"{error.hint}; {_FORGED}"
            self._made[number] = Check(number, name, ok=False, detail=str(error), hint=hint)
            raise _FailedError from error
        self._made[number] = Check(number, name, ok=True, detail=detail)
        return found

    def maybe(self, number: int, look: Callable[[], tuple[T, str]]) -> None:
        """Make a check that *look* may pass over."""
        try:
            self.made(number, look)
        except _PassedOverError as why:
            self._made[number] = Check(number, NAMES[number], ok=None, detail=f"not made: {why}")

    def checks(self) -> list[Check]:
        """Return all checks in order, those after a failed one included."""
        failed = max(self._made, default=0)
        missing = f"not made, because check {failed} failed"
        return [
            self._made.get(number, Check(number, NAMES[number], ok=None, detail=missing))
            for number in self._numbers
        ]


def _sealed(report: _Report, pdf: bytes, trusted: Trusted) -> None:
    at = report.made(1, lambda: _covers(pdf))
    seal = report.made(2, lambda: _spelled(at.digits, trusted))
    report.made(3, lambda: _unchanged(at, seal))
    report.made(4, lambda: _by_issuer(seal, trusted))
    report.made(5, lambda: _agreed(pdf, trusted))


def _stated(report: _Report, line: bytes, trusted: Trusted) -> Certificate:
    envelope = report.made(7, lambda: _enveloped(line))
    report.made(8, lambda: _signed(envelope, trusted))
    return report.made(9, lambda: _reconciled(envelope))


def _covers(pdf: bytes) -> tuple[container.Located, str]:
    found = container.located(pdf)
    return found, f"{len(found.covered):,} of {len(pdf):,} bytes, all but its own container"


def _spelled(digits: bytes, trusted: Trusted) -> tuple[container.Container, str]:
    certificate = x509.load_pem_x509_certificate(trusted.issuer_pem)
    found = container.opened(digits, certificate)
    return found, f"it holds the certificate {view.fingerprint(trusted.issuer_pem)[:23]}…"


def _unchanged(at: container.Located, seal: container.Container) -> tuple[None, str]:
    _hold(container.digest_of(at.covered) == seal.digest, "it was changed since it was sealed")
    return None, f"SHA-256 of what is covered: {seal.digest.hex()[:16]}…"


def _by_issuer(seal: container.Container, trusted: Trusted) -> tuple[None, str]:
    holds = signed_by(public_key(trusted.issuer_pem), seal.attributes, seal.signature)
    _hold(holds, "the signature does not hold under the trusted issuer's key")
    return None, "under the key of the trusted certificate"


def _agreed(pdf: bytes, trusted: Trusted) -> tuple[None, str]:
    found = document.opinion(pdf, trusted.issuer_pem)
    _hold(found.good, f"it does not: {found}")
    return None, "intact, valid, over the whole file; no change is allowed, and none was made"


def _attached(pdf: bytes, trusted: Trusted) -> tuple[dict[str, bytes], str]:
    files = document.attachments(pdf)
    odd = set(files) ^ set(view.KIT)
    _hold(not odd, f"{len(odd)} attached files are missing, or do not belong there")
    same = view.fingerprint(files[view.ISSUER]) == view.fingerprint(trusted.issuer_pem)
    _hold(same, "the attached certificate is not the trusted one")
    return files, f"{len(files)} files"


def _enveloped(line: bytes) -> tuple[Envelope, str]:
    found = Envelope.read(line)
    return found, f"a statement of {len(found.payload):,} bytes"


def _signed(envelope: Envelope, trusted: Trusted) -> tuple[None, str]:
    keys = TrustedKeys.of(trusted.issuer_pem)
    holds = keys.holds(envelope.key_id, pae(envelope.payload), envelope.signature)
    _hold(holds, "the signature does not hold under the trusted issuer's key")
    return None, "under the key of the trusted certificate"


def _reconciled(envelope: Envelope) -> tuple[Certificate, str]:
    found = Certificate.read(envelope.payload)
    named = found.statement_and_integrity.issuer_key
    _hold(named == envelope.key_id, "it names another key than the one that signed it")
    c = found.counts
    told = (
        f"{c.planned:,} planned = {c.destroyed:,} destroyed + {c.absent_before:,} absent before "
        f"+ {c.held_back:,} held back + {c.refused:,} refused + {c.failed:,} failed"
    )
    return found, told


def _entered(leaf: bytes, certificate: Certificate) -> tuple[None, str]:
    try:
        entry = json.loads(leaf)
        facts, kind, index = entry["facts"], entry["kind"], entry["index"]
        found = kind, facts["certificate"], facts["type"], facts["statement"], facts["proposal"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("the ledger entry cannot be read") from error
    identity = certificate.identity
    named = ("certified", identity.number, identity.type.value, certificate.digest)
    _hold(
        found == (*named, certificate.authority.proposal),
        "the ledger entry is of another certificate, statement or proposal",
    )
    return None, f"entry {index} commits to {certificate.digest[:23]}…"


def _in_ledger(
    files: Mapping[str, bytes], certificate: Certificate, trusted: Trusted
) -> tuple[None, str]:
    if not trusted.ledger:
        raise _PassedOverError("the ledger's public key was not given")
    leaf = files[view.ENTRY]
    index, head = proved(files[view.PROOF].decode(), leaf, [LogKey.parse(trusted.ledger)], _holds)
    _hold(index == json.loads(leaf)["index"], "the proof is of another entry")
    named = certificate.statement_and_integrity.ledger
    _hold(named == head.origin, "the proof is of another ledger than the statement names")
    return None, f"entry {index} of {head.size} in {head.origin}"


def _named(pdf: bytes, certificate: Certificate) -> tuple[None, str]:
    found = document.metadata(pdf).keywords
    _hold(found == view.keyword(certificate), "its metadata name another statement")
    return None, f"{found[:33]}…"


def _same_pages(
    pdf: bytes,
    certificate: Certificate,
    files: Mapping[str, bytes],
    typesetter: Typesets | None,
) -> tuple[None, str]:
    if typesetter is None:
        raise _PassedOverError("no typesetter was given")
    if certificate.statement_and_integrity.template != TEMPLATE:
        raise _PassedOverError("another version of our templates set it")
    kit = view.Kit(files[view.STATEMENT], files[view.ENTRY], files[view.PROOF], files[view.ISSUER])
    pages = view.document(certificate, kit)
    again = typesetter.pdf(pages.template, pages.data, files)
    if document.metadata(again).creator != document.metadata(pdf).creator:
        raise _PassedOverError("another version of the typesetter set it")
    _hold(pdf.startswith(again), "set again from the statement, they come out different")
    return None, f"{len(again):,} bytes, the same"


def _hold(condition: bool, what: str) -> None:  # noqa: FBT001  # reads like assert
    if not condition:
        raise ValueError(what)


def _holds(public: bytes, message: bytes, signature: bytes) -> bool:
    return signed_by(Ed25519PublicKey.from_public_bytes(public), message, signature)
