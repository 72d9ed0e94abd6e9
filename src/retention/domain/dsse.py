"""The envelope of a signed statement: DSSE with one signature, on one line, in one spelling.

There is exactly one sequence of bytes for a payload, a key id and a signature; whatever else
decodes to the same is refused, so that no byte of an envelope can change unseen.
Source: Dead Simple Signing Envelope v1.0.2 (protocol.md: PAE; envelope.md: JSON).
"""

import base64
import json
from dataclasses import dataclass
from typing import Self

from retention.domain.canonical import Json, canonical
from retention.errors import CertificateError

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Return what is signed: type and payload, each with its length in bytes before it."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload, who signed it, and the signature over :func:`pae` of the payload."""

    payload: bytes
    key_id: str
    signature: bytes

    def line(self) -> bytes:
        """Return the one spelling: a line of JSON, newline included."""
        envelope: Json = {
            "payload": _text(self.payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": self.key_id, "sig": _text(self.signature)}],
        }
        return canonical(envelope) + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Read what :meth:`line` wrote; raise CertificateError for any other bytes."""
        try:
            data = json.loads(line)
            (signature,) = data["signatures"]
            found = cls(
                base64.b64decode(data["payload"], validate=True),
                str(signature["keyid"]),
                base64.b64decode(signature["sig"], validate=True),
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            found = None
        if found is None or found.line() != line:
            raise CertificateError(
                "the envelope is not in its one spelling",
                hint="it was changed, cut or re-formatted on its way: ask for the file again",
            )
        return found


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
