"""The seal of a document, taken apart byte by byte: there is one spelling of it and no other.

What a signature covers cannot change unseen.  What it does not cover is its own container: here
it is built again from the little in it that is signed, and must come out the same.
Source: ISO 32000-2, 12.8.1 (ByteRange); RFC 5652 (CMS); ETSI EN 319 122-1 (CAdES).
"""

import hashlib
import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

_RANGE = re.compile(rb"/ByteRange \[0 ([0-9]{1,12}) ([0-9]{1,12}) ([0-9]{1,12}) *\]")
_HEX = re.compile(rb"[0-9A-F]+")
_BEFORE = b"/Contents "

_INTEGER, _OCTETS, _SEQUENCE, _SET, _TAGGED, _LONG = 0x02, 0x04, 0x30, 0x31, 0xA0, 0x80
_ONE = bytes.fromhex("020101")
_SHA256 = bytes.fromhex("300d06096086480165030402010500")
_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_DIGEST = bytes.fromhex("06092a864886f70d010904")  # the name of the attribute messageDigest


@dataclass(frozen=True, slots=True)
class Located:
    """Where the seal stands: *covered* is all but the container, which is *digits*."""

    covered: bytes
    digits: bytes


@dataclass(frozen=True, slots=True)
class Container:
    """What a container says: the digest it was made for, and a signature over *attributes*."""

    digest: bytes
    attributes: bytes
    signature: bytes


def located(pdf: bytes) -> Located:
    """Return the one seal of *pdf*, which covers every byte but its own container.

    Raises ValueError that says what is amiss.
    """
    found = _RANGE.findall(pdf)
    if len(found) != 1 or pdf.count(b"/ByteRange") != 1:
        raise ValueError(f"{pdf.count(b'/ByteRange')} seals were found where one must be")
    before, after, rest = map(int, found[0])
    if after + rest != len(pdf):
        raise ValueError(f"the seal covers {after + rest} bytes, and the file has {len(pdf)}")
    container = pdf[before:after]
    if not pdf[:before].endswith(_BEFORE) or container[:1] + container[-1:] != b"<>":
        raise ValueError("the container of the seal is not where the seal says")
    return Located(pdf[:before] + pdf[after:], container[1:-1])


def opened(digits: bytes, certificate: x509.Certificate) -> Container:
    """Return what the container says; it must hold *certificate* and be in its one spelling.

    Raises ValueError that says what is amiss.
    """
    if not _HEX.fullmatch(digits) or len(digits) % 2:
        raise ValueError("the container of the seal is not upper-case hexadecimal")
    raw = bytes.fromhex(digits.decode())
    try:
        attributes, signature = _signed_parts(raw)
        digest = _digest(attributes)
    except (ValueError, IndexError):
        raise ValueError("the container of the seal is not a signature of one signer") from None
    if raw != _built(certificate, attributes, signature).ljust(len(raw), b"\x00"):
        raise ValueError("the container of the seal is not in its one spelling")
    return Container(digest, _tlv(_SET, attributes), signature)


def digest_of(covered: bytes) -> bytes:
    """Return the digest that a seal over *covered* must name."""
    return hashlib.sha256(covered).digest()


def _signed_parts(raw: bytes) -> tuple[bytes, bytes]:
    """Return the content of the signed attributes, and the signature."""
    _, content = _parts(_first(raw))
    signed = _parts(_parts(content[1])[0][1])
    (signer,) = _parts(signed[-1][1])
    fields = _parts(signer[1])
    return fields[3][1], fields[5][1]


def _built(certificate: x509.Certificate, attributes: bytes, signature: bytes) -> bytes:
    """Return the container as the seal makes it: only attributes and signature are free."""
    serial = certificate.serial_number
    number = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
    names = _tlv(_SEQUENCE, certificate.issuer.public_bytes(), _tlv(_INTEGER, number))
    fields = (_ONE, names, _SHA256, _tlv(_TAGGED, attributes))
    signer = _tlv(_SEQUENCE, *fields, _ECDSA_SHA256, _tlv(_OCTETS, signature))
    held = _tlv(_TAGGED, certificate.public_bytes(Encoding.DER))
    signed = (_ONE, _tlv(_SET, _SHA256), _tlv(_SEQUENCE, _DATA), held, _tlv(_SET, signer))
    return _tlv(_SEQUENCE, _SIGNED_DATA, _tlv(_TAGGED, _tlv(_SEQUENCE, *signed)))


def _digest(attributes: bytes) -> bytes:
    (value,) = (_parts(each)[1][1] for _, each in _parts(attributes) if each.startswith(_DIGEST))
    ((kind, digest),) = _parts(value)
    if kind != _OCTETS:
        raise ValueError("a digest is a string of bytes")
    return digest


def _tlv(kind: int, *parts: bytes) -> bytes:
    """Return one value in DER: its kind, its length, and its content."""
    content = b"".join(parts)
    size = len(content)
    if size < _LONG:
        return bytes([kind, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([kind, _LONG | len(length)]) + length + content


def _parts(content: bytes) -> list[tuple[int, bytes]]:
    """Return the values that stand one after the other in *content*, as (kind, content)."""
    parts = []
    while content:
        inner = _first(content)
        whole = _tlv(content[0], inner)
        if not content.startswith(whole):
            raise ValueError("a length is not in its one spelling")
        parts.append((content[0], inner))
        content = content[len(whole) :]
    return parts


def _first(raw: bytes) -> bytes:
    """Return the content of the first value in *raw*; what follows it is not looked at."""
    size, start = raw[1], 2
    if size & _LONG:
        start += size & ~_LONG
        size = int.from_bytes(raw[2:start], "big")
    if start + size > len(raw):
        raise ValueError("a value is longer than what holds it")
    return raw[start : start + size]
