"""Bounds of spans, sealed: they are keys, which may name a patient, and a database is copied.

Whoever has not the secret can go on with nothing, and lists again.
"""

import json
from base64 import b64decode, b64encode
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from retention.ports.store import Span

SECRET_BYTES = 32
_NONCE_BYTES = 12


class Bounds:
    """Seals and opens spans of one run; another run's do not open."""

    def __init__(self, secret: bytes) -> None:
        """Take the secret, of SECRET_BYTES bytes."""
        self._key = AESGCM(secret)

    def seal(self, span: Span, run: str) -> str:
        """Return *span* as text that says nothing."""
        nonce = token_bytes(_NONCE_BYTES)
        plain = json.dumps([span.after, span.through]).encode()
        return b64encode(nonce + self._key.encrypt(nonce, plain, run.encode())).decode()

    def open(self, sealed: str, run: str) -> Span | None:
        """Return the span, or None if it was sealed with another secret, or for another run."""
        raw = b64decode(sealed)
        try:
            plain = self._key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], run.encode())
        except InvalidTag:
            return None
        after, through = json.loads(plain)
        return Span(after, through)
