"""Who is asking: a person's password or a service's secret, sent as Basic credentials."""

import asyncio
import base64
import hmac
import secrets
from collections.abc import Mapping
from time import monotonic

from anyio import to_thread

from retention.gate.rules import Caller, Kind
from retention.ports.identities import Identities

REMEMBER_S = 180.0  # a password that was right is not asked of argon2 again for so long
REMEMBERED_MAX = 1000


class Logins:
    """Knows callers by what they send.

    A right password is remembered under an HMAC with a key of this process, for *remember_s*
    seconds at most: within that time a disabled person drops out.  Wrong ones are not remembered.
    """

    def __init__(
        self, identities: Identities, services: Mapping[str, str], remember_s: float = REMEMBER_S
    ) -> None:
        """Take people from *identities*, and *services* as name to secret."""
        if not all(name and secret for name, secret in services.items()):
            raise ValueError("a service without a secret would let anyone in")
        self._identities = identities
        self._services = dict(services)
        self._remember_s = remember_s
        self._key = secrets.token_bytes(32)
        self._until: dict[bytes, float] = {}
        self._one_at_a_time = asyncio.Lock()  # argon2 takes memory by the hundred megabyte

    async def by_header(self, header: bytes | None) -> Caller | None:
        """Return the caller of an ``Authorization`` header, or None if it proves nobody."""
        scheme, _, coded = (header or b"").partition(b" ")
        if scheme.lower() != b"basic":
            return None
        try:
            raw = base64.b64decode(coded.strip(), validate=True)
        except ValueError:
            return None
        try:
            return await self.by_credential(raw.decode())
        except UnicodeDecodeError:  # browsers code what they can as Latin-1
            return await self.by_credential(raw.decode("latin-1"))

    async def by_credential(self, credential: str) -> Caller | None:
        """Return the caller of ``name:secret``, or None if it proves nobody."""
        name, colon, secret = credential.partition(":")
        if not (name and colon and secret):
            return None
        if (service := self._services.get(name)) is not None:
            right = hmac.compare_digest(service.encode(), secret.encode())
            return Caller(Kind.SERVICE, name) if right else None
        return Caller(Kind.PERSON, name) if await self._knows(name, secret) else None

    async def _knows(self, person: str, password: str) -> bool:
        mark = hmac.digest(self._key, f"{person}\0{password}".encode(), "sha256")
        if monotonic() < self._until.get(mark, 0):
            return True
        async with self._one_at_a_time:  # a page asks twenty things at once: check only once
            if monotonic() < self._until.get(mark, 0):
                return True
            if not await to_thread.run_sync(self._identities.knows, person, password):
                return False
            if len(self._until) >= REMEMBERED_MAX:
                self._until.clear()
            self._until[mark] = monotonic() + self._remember_s
            return True
