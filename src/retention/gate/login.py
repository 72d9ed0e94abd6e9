"""Who is asking: a person's password or a service's secret, sent as Basic credentials."""

import asyncio
import base64
import hmac
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping

from anyio import to_thread

from retention.gate.rules import Caller, Kind
from retention.gate.standing import Standings
from retention.gate.turns import Turns
from retention.ports.clock import Clock
from retention.ports.identities import Check, Identities

REMEMBERED_MAX = 1000

log = logging.getLogger("retention.gate")


class Logins:
    """Knows callers by what they send.

    A right password is remembered under an HMAC with a key of this process, until the person's
    standing changes: then a new password, or none, is asked for.  Wrong ones are not remembered.
    *on_lock* is told, afterwards, whom a wrong password locked.
    Raises :class:`turns.BusyError` where too many wait, and what the identities raise.
    """

    def __init__(
        self,
        identities: Identities,
        services: Mapping[str, str],
        *,
        standings: Standings,
        clock: Clock,
        passwords: bool = True,
        on_lock: Callable[[str], Awaitable[object]] | None = None,
    ) -> None:
        """Take people from *identities*, and *services* as name to secret.

        Without *passwords* no person is known here: they come by a proxy.
        """
        if not all(name and secret for name, secret in services.items()):
            raise ValueError("a service without a secret would let anyone in")
        self._identities, self._standings, self._clock = identities, standings, clock
        self._services = dict(services)
        self._passwords, self._on_lock = passwords, on_lock
        self._key = secrets.token_bytes(32)
        self._generations: dict[bytes, int] = {}
        self._turns = Turns()  # argon2 takes memory by the hundred megabyte
        self._telling: set[asyncio.Task[object]] = set()

    async def by_header(
        self, header: bytes | None, address: str = "", *, anew: bool = True
    ) -> Caller | None:
        """Return the caller of an ``Authorization`` header, or None if it proves nobody.

        *anew* is False where a session goes on: a lock refuses new logins only.
        """
        scheme, _, coded = (header or b"").partition(b" ")
        if scheme.lower() != b"basic":
            return None
        try:
            raw = base64.b64decode(coded.strip(), validate=True)
        except ValueError:
            return None
        try:
            credential = raw.decode()
        except UnicodeDecodeError:  # browsers code what they can as Latin-1
            credential = raw.decode("latin-1")
        return await self.by_credential(credential, address, anew=anew)

    async def by_credential(
        self, credential: str, address: str = "", *, anew: bool = True
    ) -> Caller | None:
        """Return the caller of ``name:secret``, or None if it proves nobody."""
        name, colon, secret = credential.partition(":")
        if not (name and colon and secret):
            return None
        if name in self._services or not self._passwords:
            return self.service_of(credential)
        known = await self._knows(name, secret, address, anew=anew)
        return Caller(Kind.PERSON, name) if known else None

    def service_of(self, credential: str) -> Caller | None:
        """Return the service of ``name:secret``, or None if it is none."""
        name, _, secret = credential.partition(":")
        kept = self._services.get(name, "")
        right = hmac.compare_digest(kept.encode(), secret.encode(errors="surrogatepass"))
        return Caller(Kind.SERVICE, name) if right and kept else None

    async def _knows(self, person: str, password: str, address: str, *, anew: bool) -> bool:
        said = f"{person}\0{password}".encode(errors="surrogatepass")
        mark = hmac.digest(self._key, said, "sha256")
        if await self._remembers(mark, person, anew=anew):
            return True
        async with self._turns.of(address):  # a page asks twenty things at once: check only once
            if await self._remembers(mark, person, anew=anew):
                return True
            # Before the check: what changes while it goes on makes the remembered worthless.
            generation = (await self._standings.of(person, afresh=True)).generation
            found = await to_thread.run_sync(
                self._identities.check, person, password, self._clock.now()
            )
        if found is Check.LOCKS:
            self._standings.forget(person)
            self._tell(person)
        if found is not Check.RIGHT:
            return False
        if len(self._generations) >= REMEMBERED_MAX:
            self._generations.clear()
        self._generations[mark] = generation
        return True

    async def _remembers(self, mark: bytes, person: str, *, anew: bool) -> bool:
        generation = self._generations.get(mark)
        if generation is None:
            return False
        standing = await self._standings.of(person)
        if standing.disabled or standing.generation != generation:
            self._generations.pop(mark, None)
            return False
        until = standing.locked_until
        return not (anew and until is not None and self._clock.now() < until)

    def _tell(self, person: str) -> None:
        """Tell it after the answer, for that must not take longer than for anybody else."""
        if self._on_lock is None:
            return
        telling = asyncio.ensure_future(self._on_lock(person))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
