"""Seals documents: PAdES B-B, a certification that allows no change after it.

The seal itself is invisible and has a name for screen readers; what a person should know of it
is printed on the page.
Source: ETSI EN 319 142-1 (PAdES baseline B-B); ISO 32000-2, 12.8.2.2 (DocMDP).
"""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any, TypeVar

from asn1crypto import keys as asn1_keys
from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from retention.adapters.seal.keys import IssuerKeys
from retention.ports.clock import Clock

FIELD = "Seal"
_RESERVED = 4096  # hexadecimal digits: a B-B container with one small certificate takes half

T = TypeVar("T")


class PadesSeals:
    """Seals with the issuer's key; fits ``ports.seal.Seals``."""

    def __init__(self, issuer: IssuerKeys, clock: Clock, *, legal_name: str) -> None:
        """Seal in the name of *legal_name*, at the time of *clock*."""
        certificate = load_certificate(issuer.certificate_pem)
        secret = issuer.signer.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self._signer = signers.SimpleSigner(
            signing_cert=certificate,
            signing_key=asn1_keys.PrivateKeyInfo.load(secret),
            cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # no others
        )
        self._clock = clock
        self._legal_name = legal_name

    def seal(self, pdf: bytes) -> bytes:
        """Return *pdf* with a seal over all of it, added at its end."""
        writer = _Update(BytesIO(pdf))
        signing = self._pdf_signer().async_sign_pdf(writer, bytes_reserved=_RESERVED)
        sealed: bytes = run(signing).getvalue()
        return sealed

    def _pdf_signer(self) -> "_AtTime":
        metadata = signers.PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
            reason="Seal of the issuer",
        )
        field = fields.SigFieldSpec(
            FIELD,
            readable_field_name=f"Electronic seal of {self._legal_name}",
            invis_sig_settings=fields.InvisSigSettings(
                set_print_flag=True, set_hidden_flag=False, box_out_of_bounds=True
            ),
        )
        return _AtTime(self._clock, metadata, signer=self._signer, new_field_spec=field)


class _Update(IncrementalPdfFileWriter):
    """An update that only seals: version and metadata stay as they were typeset.

    pyHanko would raise the version past the one PDF/A-3 is made of, rewrite the metadata without
    the schemas that PDF/A demands, and date them by the machine's clock.
    """

    def ensure_output_version(self, version: tuple[int, int]) -> None:
        """Leave the version alone."""

    def _update_meta(self) -> None:
        """Leave the metadata alone."""


class _AtTime(signers.PdfSigner):
    """A signer whose time is the clock's: pyHanko would ask the machine."""

    def __init__(self, clock: Clock, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._clock = clock

    def init_signing_session(self, *args: Any, **kwargs: Any) -> Any:
        """Begin as pyHanko does, at the clock's time."""
        session = super().init_signing_session(*args, **kwargs)
        session.system_time = self._clock.now()
        return session


def load_certificate(certificate_pem: bytes) -> asn1_x509.Certificate:
    """Return the certificate in a PEM file."""
    _, _, der = pem.unarmor(certificate_pem)
    return asn1_x509.Certificate.load(der)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run *work* to its end, also where the caller's thread already runs an event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
