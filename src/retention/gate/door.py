"""Who stands at the gate: by a proxy's word, by a session that goes on, or by a password."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from anyio import to_thread

from retention.domain.agreement import Person
from retention.domain.proxy import Proxy
from retention.gate.http import Scope
from retention.gate.login import Logins
from retention.gate.rules import Caller, Kind
from retention.gate.sessions import Sessions
from retention.gate.standing import Standings
from retention.gate.turns import BusyError

COOKIE: Final = "retention-ui"
LOGIN: Final = ("GET", "/api/admin/version")  # what the login box of the stock UI asks, and a start
_UNKNOWN = "Unauthorized"
_OVER = "Your session is over. Load this page anew to log in."
_BUSY = "Too many log in at once: try again in a minute."
_TWICE = "More than one says who this is, so nobody is believed."
_NOT_LISTED = "You are logged in, but you are not in people.toml; ask whoever keeps the list."
_ELSEWHERE = "This comes from a page of another site, and is not done."
_LOOKS = frozenset({"GET", "HEAD"})

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Found:
    """Who is asking, or with what to answer; and what the browser is told beside."""

    caller: Caller | None
    status: int = 401
    why: str = _UNKNOWN
    headers: tuple[Header, ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """Knows the caller of a request.

    Laws: a header names a person only on a connection from the proxy; a browser whose session is
    over is nobody until somebody logs in there again, whatever password it still sends.
    Raises what the identities raise.
    """

    logins: Logins
    sessions: Sessions
    standings: Standings
    people: Callable[[], Sequence[Person]]
    proxy: Proxy | None = None

    async def who(self, scope: Scope) -> Found:
        """Return who is asking."""
        if self.is_by_proxy(scope):
            return await self._by_proxy(scope)
        credentials = _values(scope, b"authorization")
        if len(credentials) > 1:
            return Found(None, why=_TWICE)
        credential = credentials[0] if credentials else None
        try:
            if (token := _cookie(scope)) is not None:
                return await self._in_session(scope, token, credential)
            caller = await self.logins.by_header(credential, _address(scope))
        except BusyError:
            return Found(None, 429, _BUSY)
        return await self._logged_in(scope, caller)

    async def over_in(self, scope: Scope) -> tuple[Header, ...]:
        """Return the header that ends a browser's session where it is over, for a page.

        The page forgets the password with it; until then whoever sends both is nobody.
        """
        token = _cookie(scope)
        if token is None or await self.sessions.person_of(token) is not None:
            return ()
        return (_set_cookie(scope, ""),)

    def is_by_proxy(self, scope: Scope) -> bool:
        """Tell whether the proxy says who this is; anybody else's word for it is not looked at."""
        return (
            self.proxy is not None
            and self.proxy.is_at(_address(scope))
            and bool(_values(scope, self.proxy.header.encode()))
        )

    def stripped(self, headers: Sequence[Header]) -> list[Header]:
        """Return *headers* without those that say who somebody is."""
        ours = {b"authorization", b"cookie"}
        if self.proxy is not None:
            ours.add(self.proxy.header.encode())
        return [(name, value) for name, value in headers if name.lower() not in ours]

    async def _by_proxy(self, scope: Scope) -> Found:
        assert self.proxy is not None
        said = _values(scope, self.proxy.header.encode())
        if len(said) != 1:
            return Found(None, 403, _TWICE)
        if scope["method"] not in _LOOKS and not _is_of_this_site(scope):
            return Found(None, 403, _ELSEWHERE)
        person = await self.person_named(said[0])
        if person is None:
            elsewhere = f" To come as somebody else, log out: {self.proxy.logout}"
            return Found(None, 403, _NOT_LISTED + (elsewhere if self.proxy.logout else ""))
        return Found(Caller(Kind.PERSON, person))

    async def person_named(self, said: bytes) -> str | None:
        """Return the one person whose id or e-mail address is exactly *said*, if not disabled."""
        try:
            name = said.decode()
        except UnicodeDecodeError:
            return None
        listed = await to_thread.run_sync(self.people)
        found = {each.id for each in listed if name and name in {each.id, each.email}}
        if len(found) != 1:
            return None
        (person,) = found
        return None if (await self.standings.of(person)).disabled else person

    async def _in_session(self, scope: Scope, token: str, credential: bytes | None) -> Found:
        """Return who is asking in a browser that has a session, or had one."""
        asked = f"{scope['method']} {scope['path']}"
        owner = await self.sessions.person_of(token, asked)
        if owner is None:  # before its password is looked at: an old one is no guess
            return Found(None, why=_OVER)
        caller = await self.logins.by_header(credential, _address(scope), anew=False)
        if caller is None or caller.name == owner:
            return Found(caller)
        # Another person at the same browser: new here, so a lock refuses them.
        caller = await self.logins.by_header(credential, _address(scope))
        if caller is not None and _is_login(scope):
            self.sessions.end(token)
        return await self._logged_in(scope, caller)

    async def _logged_in(self, scope: Scope, caller: Caller | None) -> Found:
        """Return the caller, with a session if this is the login box; a script needs none."""
        if caller is None or caller.kind is not Kind.PERSON or not _is_login(scope):
            return Found(caller)
        token = await self.sessions.begin(caller.name)
        return Found(caller, headers=(_set_cookie(scope, token),))


def _is_login(scope: Scope) -> bool:
    return (scope["method"], scope["path"]) == LOGIN


def _address(scope: Scope) -> str:
    """Return the true other end of the connection: the server rewrites it by no header."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for each, value in scope["headers"] if each.lower() == name]


def _cookie(scope: Scope) -> str | None:
    """Return the session's token, or None if the browser brings none."""
    for value in _values(scope, b"cookie"):
        try:
            found = SimpleCookie(value.decode("latin-1")).get(COOKIE)
        except CookieError:
            continue
        if found is not None:
            return found.value
    return None


def _set_cookie(scope: Scope, token: str) -> Header:
    """Return the header that keeps *token* in the browser, or with "" forgets it there."""
    parts = [f"{COOKIE}={token}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if scope.get("scheme") == "https":
        parts.append("Secure")
    if not token:
        parts.append("Max-Age=0")
    return b"set-cookie", "; ".join(parts).encode()


def _is_of_this_site(scope: Scope) -> bool:
    """Tell whether a page of ours asks this; the proxy's cookie goes with whatever any page asks.

    Browsers say it in Sec-Fetch-Site, or else in Origin; what says neither is no browser.
    Source: W3C, Fetch Metadata Request Headers, section 2.
    """
    if sites := _values(scope, b"sec-fetch-site"):
        return all(site in {b"same-origin", b"none"} for site in sites)
    hosts = {value.decode("latin-1") for value in _values(scope, b"host")}
    origins = [value.decode("latin-1") for value in _values(scope, b"origin")]
    return all(urlsplit(origin).netloc in hosts for origin in origins)
