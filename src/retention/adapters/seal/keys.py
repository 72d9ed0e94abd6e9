"""Key files, made at first start: issuer (EC P-256 with a certificate), gate and ledger (Ed25519).

A folder of keys appears whole or not at all: it is written under another name and then renamed,
so that of two processes that start at once one wins and both use the winner's keys.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from retention.errors import RefusedError
from retention.ports.clock import Clock

PRIVATE = "key.pem"
PUBLIC = "public.pem"
CERTIFICATE = "certificate.pem"

_VALID_FOR = timedelta(days=9131)  # 25 years: longer than certificates are kept
_NAME_MAX = 64  # characters in a name, by X.520
_OTHERS = 0o077

Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Public = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
_Make = Callable[[Private], dict[str, bytes]]


@dataclass(frozen=True, slots=True)
class FileSigner:
    """A private key read from a file; fits ``ports.seal.Signs``.

    EC keys sign by ECDSA with SHA-256 in DER, the same signature for the same message; Ed25519
    keys sign as they do.
    """

    key: Private

    @property
    def key_id(self) -> str:
        """``sha256:`` over the DER SubjectPublicKeyInfo of the public key."""
        return key_id(self.key.public_key())

    @property
    def public_pem(self) -> bytes:
        """The public key in PEM."""
        return _public_pem(self.key.public_key())

    @property
    def public_raw(self) -> bytes:
        """The 32 bytes of an Ed25519 public key, or the uncompressed point of an EC key."""
        public = self.key.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            return public.public_bytes_raw()
        return public.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )

    def sign(self, message: bytes) -> bytes:
        """Return the signature of *message*."""
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(message)
        return self.key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


@dataclass(frozen=True, slots=True)
class IssuerKeys:
    """The issuer's signer, and its self-signed certificate in PEM."""

    signer: FileSigner
    certificate_pem: bytes


class TrustedKeys:
    """Public keys that are trusted for one purpose; fits ``ports.seal.Checks``."""

    def __init__(self, keys: Iterable[Public]) -> None:
        """Trust *keys* and no other."""
        self._keys = {key_id(key): key for key in keys}

    @classmethod
    def of(cls, *pems: bytes) -> Self:
        """Trust the keys in these PEM files: public keys, or certificates for their keys."""
        return cls(public_key(pem) for pem in pems)

    def holds(self, key_id: str, message: bytes, signature: bytes) -> bool:  # the port's
        """Tell whether a trusted key *key_id* signed exactly *message*; unknown keys never did."""
        key = self._keys.get(key_id)
        return key is not None and signed_by(key, message, signature)


def issuer_keys(folder: Path, *, common_name: str, clock: Clock) -> IssuerKeys:
    """Return the issuer's keys in *folder*, made now if there are none.

    Raises RefusedError if others than the owner can read the private key.
    """

    def certified(key: Private) -> dict[str, bytes]:
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return {CERTIFICATE: _self_signed(key, common_name, clock)}

    signer = _signer(folder, lambda: ec.generate_private_key(ec.SECP256R1()), certified)
    return IssuerKeys(signer, folder.joinpath(CERTIFICATE).read_bytes())


def ed25519_signer(folder: Path) -> FileSigner:
    """Return the signer whose key is in *folder* (of the gate, or the ledger), made now if none.

    Raises RefusedError if others than the owner can read the private key.
    """
    return _signer(folder, ed25519.Ed25519PrivateKey.generate, lambda _: {})


def key_id(key: Public) -> str:
    """Return ``sha256:`` over the DER SubjectPublicKeyInfo of *key*."""
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return "sha256:" + hashlib.sha256(der).hexdigest()


def public_key(pem: bytes) -> Public:
    """Return the key in *pem*, a public key or a certificate; raise ValueError if it is none."""
    certified = b"BEGIN CERTIFICATE" in pem
    key = (
        x509.load_pem_x509_certificate(pem).public_key()
        if certified
        else serialization.load_pem_public_key(pem)
    )
    if not isinstance(key, (ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)):
        raise ValueError("only EC and Ed25519 keys are used here")  # noqa: TRY004  # a bad file
    return key


def signed_by(key: Public, message: bytes, signature: bytes) -> bool:
    """Tell whether *key* signed exactly *message*."""
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _signer(folder: Path, generate: Callable[[], Private], others: _Make) -> FileSigner:
    if not folder.exists():
        _make(folder, generate(), others)
    path = folder / PRIVATE
    if path.stat().st_mode & _OTHERS:
        raise RefusedError(
            f"others than its owner can read {PRIVATE} in the key folder {folder.name}",
            hint=f"chmod 600 {PRIVATE} there, and find out who has read it",
        )
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, (ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey))
    return FileSigner(key)


def _make(folder: Path, key: Private, others: _Make) -> None:
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    files = {PRIVATE: secret, PUBLIC: _public_pem(key.public_key()), **others(key)}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".new-keys-", dir=folder.parent) as draft:
        ready = Path(draft, folder.name)
        ready.mkdir()
        for name, content in files.items():
            _write(ready / name, content, mode=0o600 if name == PRIVATE else 0o644)
        try:
            ready.rename(folder)
        except OSError:
            if not folder.joinpath(PRIVATE).exists():  # else another process was first: use its
                raise


def _write(path: Path, content: bytes, *, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _public_pem(key: Public) -> bytes:
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _self_signed(key: ec.EllipticCurvePrivateKey, common_name: str, clock: Clock) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:_NAME_MAX])])
    now = clock.now().replace(microsecond=0)
    uses = dict.fromkeys(
        (
            *("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign"),
            *("crl_sign", "encipher_only", "decipher_only"),
        ),
        False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + _VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=True, **uses), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
