"""What a PDF library sees in a sealed document: a second opinion, attachments and metadata."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import SignatureCoverageLevel, async_validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator import ValidationContext

from retention.adapters.seal.pades import load_certificate, run

_DEPTH_MAX = 16  # of a tree of names


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the library says of the one signature in the document."""

    signatures: int
    intact: bool = False
    valid: bool = False
    trusted: bool = False
    whole: bool = False  # covers the entire file
    unchanged: bool = False  # nothing after it that it forbids
    certifies: bool = False  # and it forbids every change

    @property
    def good(self) -> bool:
        """Whether all of it is as it must be."""
        found = (self.intact, self.valid, self.trusted, self.whole, self.unchanged, self.certifies)
        return self.signatures == 1 and all(found)


def opinion(pdf: bytes, issuer_pem: bytes) -> Opinion:
    """Return what the library says, trusting the issuer's certificate and no other.

    Raises ValueError if it cannot read the document.
    """
    try:
        reader = PdfFileReader(BytesIO(pdf))
        signatures = reader.embedded_signatures
        if len(signatures) != 1:
            return Opinion(len(signatures))
        seal = signatures[0]
        # At the time of the seal: the key is trusted because it is known, not because it is young.
        context = ValidationContext(
            trust_roots=[load_certificate(issuer_pem)],
            moment=seal.self_reported_timestamp,
            allow_fetching=False,
        )
        status = run(async_validate_pdf_signature(seal, context))
    except (PdfError, SigningError, SignatureValidationError, KeyError, TypeError) as error:
        raise ValueError(f"the document cannot be read: {type(error).__name__}") from error
    return Opinion(
        1,
        intact=status.intact,
        valid=status.valid,
        trusted=status.trusted,
        whole=status.coverage is SignatureCoverageLevel.ENTIRE_FILE,
        unchanged=bool(status.docmdp_ok),
        certifies=seal.docmdp_level is MDPPerm.NO_CHANGES,
    )


def attachments(pdf: bytes) -> dict[str, bytes]:
    """Return the attached files by name; raise ValueError if the document cannot be read."""
    try:
        root = PdfFileReader(BytesIO(pdf)).root
        pairs = list(_named(root["/Names"]["/EmbeddedFiles"], _DEPTH_MAX))
        files = {str(name): bytes(spec["/EF"]["/F"].data) for name, spec in pairs}
    except (PdfError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("the document has no attached files that can be read") from error
    if len(files) != len(pairs):
        raise ValueError("two attached files have one name")
    return files


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the document says of itself."""

    keywords: str
    creator: str


def metadata(pdf: bytes) -> Metadata:
    """Return the metadata; raise ValueError if there are none that can be read."""
    try:
        info = PdfFileReader(BytesIO(pdf)).trailer["/Info"]
        return Metadata(str(info["/Keywords"]), str(info["/Creator"]))
    except (PdfError, KeyError, TypeError) as error:
        raise ValueError("the document has no metadata that can be read") from error


def _named(tree: Any, depth: int) -> Iterator[tuple[Any, Any]]:
    if not depth:
        raise ValueError("the names of the attached files are nested too deep")
    flat = tree.get("/Names", ())
    for at in range(0, len(flat) - 1, 2):
        yield flat[at], flat[at + 1]
    for kid in tree.get("/Kids", ()):
        yield from _named(kid, depth - 1)
