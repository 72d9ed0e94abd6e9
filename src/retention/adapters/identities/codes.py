"""One-time codes: which step a code is of, if of any near now.

Source: RFC 6238 with RFC 4226: HMAC-SHA-1, six digits, thirty seconds, one step of tolerance.
"""

import base64
import hmac
import re
import secrets
from datetime import datetime
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_S: Final = 30
DIGITS: Final = 6
WINDOW: Final = (0, -1, 1)  # clocks differ, and people type slowly
_SECRET_BYTES = 20  # as long as what SHA-1 yields (RFC 4226, section 4)
_CODE = re.compile(rf"[0-9]{{{DIGITS}}}", re.ASCII)


def new_secret() -> str:
    """Return a new secret, in base 32 without padding."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """Return the step that *code* is of, if it is one near *at*; None for any other text."""
    plain = code.replace(" ", "")
    if not secret or not _CODE.fullmatch(plain):
        return None
    totp = TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_S)  # noqa: S303  # authenticators know no other hash
    now = int(at.timestamp()) // STEP_S
    for step in [now + each for each in WINDOW]:
        if hmac.compare_digest(totp.generate(step * STEP_S), plain.encode()):
            return step
    return None
