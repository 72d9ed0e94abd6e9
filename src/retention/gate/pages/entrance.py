"""The way in to the gate's pages: a form, and a session in a cookie that is sent nowhere else."""

import re
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from retention.gate.http import Scope
from retention.gate.pages.answers import Asked, BadFormError, cookie
from retention.gate.rules import Caller, Kind
from retention.gate.turns import BusyError
from retention.views.links import PROPOSALS
from retention.views.pages import LOGIN, Frame, login_page

ONWARD: Final = re.compile(rf"{PROPOSALS}(?:/[0-9a-f]{{64}}(?:\.(?:csv|pdf|xlsx))?)?")
_WRONG: Final = "Name and password do not fit, or this account is locked for a while."
_BUSY: Final = "Too many log in at once: try again in a minute."
_NOT_OURS: Final = "This form did not come from this page. Log in here."


class Proves(Protocol):
    """What tells whether a name and a password fit."""

    async def by_credential(self, credential: str, address: str = "") -> Caller | None:
        """Return whose ``name:password`` it is, or None; raises BusyError where many wait."""
        ...


class Keeps(Protocol):
    """What keeps sessions."""

    async def begin(self, person: str) -> str:
        """Return the token of a new session."""
        ...

    async def person_of(self, token: str) -> str | None:
        """Return whose session it is, or None if it is over."""
        ...

    def end(self, token: str) -> None:
        """End it."""
        ...


class Entrance:
    """Knows who asks: by the cookie of these pages, or as the gate knows callers elsewhere."""

    def __init__(
        self,
        logins: Proves,
        sessions: Keeps,
        caller: Callable[[Scope], Awaitable[Caller | None]],
    ) -> None:
        """Take *caller* for who comes without our cookie: by password, or by a proxy."""
        self._logins, self._sessions, self._caller = logins, sessions, caller

    async def person(self, asked: Asked) -> tuple[str, bool] | None:
        """Return who asks, and whether by our cookie; None if it is proved of nobody.

        What says outright who it is, a password or a proxy, goes before a cookie.
        A service is no person: it opens nothing.
        """
        caller = await self._caller(asked.scope)
        if caller is not None:
            return (caller.name, False) if caller.kind is Kind.PERSON else None
        if not asked.header(b"authorization") and (token := asked.token()):
            known = await self._sessions.person_of(token)
            return None if known is None else (known, True)
        return None

    async def log_in(self, asked: Asked, frame: Frame) -> None:
        """Show the form, or take it."""
        if asked.method == "GET":
            await asked.answer(200, login_page(frame, onward(asked.query("next")), ""))
            return
        try:
            asked.require_from_here()
            form = await asked.form()
        except BadFormError:
            await asked.answer(403, login_page(frame, PROPOSALS, _NOT_OURS))
            return
        where = onward(form.get("next", ""))
        credential = f"{form.get('name', '')}:{form.get('password', '')}"
        caller = None
        if ":" not in form.get("name", ""):
            try:
                caller = await self._logins.by_credential(credential, asked.address)
            except BusyError:
                await asked.answer(429, login_page(frame, where, _BUSY))
                return
        if caller is None or caller.kind is not Kind.PERSON:
            await asked.answer(401, login_page(frame, where, _WRONG))
            return
        if token := asked.token():
            self._sessions.end(token)
        begun = await self._sessions.begin(caller.name)
        await asked.see(where, {"set-cookie": cookie(begun, asked.scope)})

    async def log_out(self, asked: Asked) -> None:
        """End the session, and lead to the form."""
        try:
            asked.require_from_here()
        except BadFormError:
            await asked.answer(403, _NOT_OURS, "text/plain; charset=utf-8")
            return
        if token := asked.token():
            self._sessions.end(token)
        await asked.see(LOGIN, {"set-cookie": cookie("", asked.scope)})


def onward(where: str) -> str:
    """Return *where* if it is a page of ours, and the list of proposals otherwise."""
    return where if ONWARD.fullmatch(where) else PROPOSALS
