"""Sessions that end: after an idle time, after a whole time, and when a person drops out.

A session is a random token in a cookie; here its digest is kept, in this process alone, so that
a restart of the gate ends them all.  The pages of the gate and the stock UI have sessions of the
same kind, each in a cookie of its own.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic

from retention.gate.standing import Standings

IDLE_S = 60 * 60.0  # people approve slowly
WHOLE_S = 12 * 60 * 60.0  # a working day, and a long one
POLL_S = 120.0  # a page that stands open asks the same again within so long: nobody is there
EACH_MAX = 20  # sessions of one person: machines and browsers
_ASKED_MAX = 200


@dataclass(slots=True)
class _Session:
    person: str
    generation: int
    began: float
    active: float  # when a person was last seen at it
    asked: dict[str, float] = field(default_factory=dict)


class Sessions:
    """Sessions of people, by token; bounded for each person.

    Laws: a session is over after *idle_s* without a person at it and after *whole_s* in any case,
    and never comes back; it is over within seconds of a new password or a disablement.
    Raises what the identities raise: then nobody is known.
    """

    def __init__(
        self,
        standings: Standings,
        *,
        idle_s: float = IDLE_S,
        whole_s: float = WHOLE_S,
        now: Callable[[], float] = monotonic,
    ) -> None:
        """Ask *standings* about people; *now* is a clock that only runs forward."""
        self._standings, self._now = standings, now
        self.idle_s, self.whole_s = idle_s, whole_s
        self._kept: dict[bytes, _Session] = {}

    async def begin(self, person: str) -> str:
        """Return the token of a new session of *person*, who has just proved who they are.

        The oldest of too many is ended for it.
        """
        standing = await self._standings.of(person)
        now = self._now()
        self._forget(now)
        own = [key for key, each in self._kept.items() if each.person == person]
        if len(own) >= EACH_MAX:
            self._kept.pop(min(own, key=lambda key: self._kept[key].active))
        token = secrets.token_urlsafe(32)
        self._kept[_key(token)] = _Session(person, standing.generation, now, now)
        return token

    async def person_of(self, token: str, asked: str = "") -> str | None:
        """Return whose session this is, or None if it is over or never was.

        *asked* says what is asked: the same again within two minutes is a page that stands open,
        and keeps no session going.  Without it, somebody is taken to be there.
        """
        key = _key(token)
        session = self._kept.get(key)
        if session is None:
            return None
        standing = await self._standings.of(session.person)
        now = self._now()
        if (
            standing.disabled
            or standing.generation != session.generation
            or self._is_over(session, now)
        ):
            self._kept.pop(key, None)
            return None
        if key not in self._kept:  # it was ended while we asked
            return None
        if _shows_a_person(session, asked, now):
            session.active = now
        return session.person

    def end(self, token: str) -> None:
        """End a session; safe to run again."""
        self._kept.pop(_key(token), None)

    def _is_over(self, session: _Session, now: float) -> bool:
        return now - session.active >= self.idle_s or now - session.began >= self.whole_s

    def _forget(self, now: float) -> None:
        for key in [key for key, each in self._kept.items() if self._is_over(each, now)]:
            del self._kept[key]


def _shows_a_person(session: _Session, asked: str, now: float) -> bool:
    if not asked:
        return True
    before = session.asked.get(asked)
    if before is None and len(session.asked) >= _ASKED_MAX:
        session.asked.pop(min(session.asked, key=lambda each: session.asked[each]))
    session.asked[asked] = now
    return before is None or now - before >= POLL_S


def _key(token: str) -> bytes:
    return sha256(token.encode(errors="surrogatepass")).digest()
