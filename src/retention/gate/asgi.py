"""The gate itself: knows the caller, asks the table, hands on with the server's own credential."""

import asyncio
import base64
import json
import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from anyio import CapacityLimiter, to_thread

from retention.domain.agreement import Person
from retention.domain.canonical import canonical
from retention.domain.case import run_stream
from retention.domain.entry import Draft, Entry
from retention.gate.http import (
    App,
    BadBodyError,
    Receive,
    Scope,
    Send,
    answer,
    answer_json,
    ask,
    keeping_within,
    read_json,
)
from retention.gate.inner import WAITS_S, Prefect
from retention.gate.login import Logins
from retention.gate.rules import Act, Caller, rule_for
from retention.gate.sockets import Sockets
from retention.gate.starting import Starting
from retention.gate.witness import has_template, signed_record
from retention.ports.clock import Clock
from retention.ports.ledger import Ledger
from retention.ports.seal import Signs

OPEN = frozenset({"/api/health", "/api/ready"})  # asked by whoever watches the server
# What the UI asks of the server's settings: without an answer it would call its makers.
UI_SETTINGS = {"server": {"analytics_enabled": False, "ui": {"show_promotional_content": False}}}
CANCELLATIONS = frozenset({"CANCELLING", "CANCELLED"})
_UNREADABLE = "This answer cannot be read in one way only; it was not given."
_EMPTY = "Nothing was answered: fill in the form. An empty resume approves nothing."
_NOT_NOW = "Ledger or people cannot be read just now, so no answer is taken. Try again in a while."
_NOT_WRITTEN = "The answer could not be written to the ledger and counts for nothing: see the run."
_STRANGER = "You may look, but you are not among the people who decide; ask whoever keeps the list."

log = logging.getLogger("retention.gate")


class Gate:
    """An ASGI app around *inner*, the Prefect server.

    Laws: nothing under ``/api`` but health is answered to a caller who proves nothing; the
    credential of *inner* is known to this process alone; what is signed is what *inner* stored.
    """

    def __init__(
        self,
        inner: App,
        *,
        credential: str,
        logins: Logins,
        people: Callable[[], Sequence[Person]],
        ledger: Ledger,
        signer: Signs,
        clock: Clock,
        startable: Collection[str] = (),
    ) -> None:
        """Guard *inner*, which takes *credential* (``name:secret``) and no other."""
        self._inner = inner
        self._authorization = b"Basic " + base64.b64encode(credential.encode())
        self._prefect = Prefect(inner, self._authorization)
        self._starting = Starting(self._prefect, startable, self._write)
        self._sockets = Sockets(inner, credential, logins)
        self._logins = logins
        self._people = people
        self._ledger = ledger
        self._signer = signer
        self._clock = clock
        self._ledger_turn = CapacityLimiter(1)
        self._one_answer = asyncio.Lock()  # SQLite takes one writer, and Prefect does not queue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
        elif scope["type"] != "http":
            await self._inner(scope, receive, send)
        elif not _guarded(scope):
            await self._inner(scope, receive, keeping_within(send))
        elif (caller := await self._caller(scope)) is None:
            await answer(send, 401, "Unauthorized")
        else:
            await self._ask_the_table(caller, scope, receive, send)

    async def _caller(self, scope: Scope) -> Caller | None:
        headers = dict(scope["headers"])
        return await self._logins.by_header(headers.get(b"authorization"))

    async def _ask_the_table(
        self, caller: Caller, scope: Scope, receive: Receive, send: Send
    ) -> None:
        rule = rule_for(scope["method"], scope["path"])
        act = rule.act(caller)
        scope = self._trusted(scope)
        if act is Act.ALLOW:
            await self._inner(scope, receive, send)
            return
        if act is Act.REFUSE:
            await answer(send, 403, rule.why)
            return
        if act is Act.SETTINGS:
            await answer_json(send, 200, UI_SETTINGS)
            return
        try:
            body = await read_json(receive)
        except BadBodyError:
            await answer(send, 403, _UNREADABLE)
            return
        if act is Act.WITNESS:
            await self._witness(caller.name, body, scope, receive, send)
        elif act is Act.START:
            await self._start(caller.name, body, scope, send)
        elif (kept := _kept(act, body)) is None:
            await answer(send, 403, rule.why)
        elif act is Act.CANCEL and not await self._write(_cancelled(caller, scope)):
            await answer(send, 503, _NOT_NOW)
        else:
            exact = json.dumps(kept).encode()
            for message in await ask(self._inner, scope, receive, exact, WAITS_S):
                await send(message)

    async def _witness(
        self, person: str, body: dict[str, Any], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Hand on an answer, and sign who gave it if the server takes it."""
        try:
            run = UUID(scope["path"].split("/")[3])
            run_input = body.get("run_input")
            if not run_input or not isinstance(run_input, dict):
                await answer(send, 403, _EMPTY)
                return
            if has_template(run_input):
                await answer(send, 403, _UNREADABLE)
                return
            exact = canonical({"run_input": run_input})  # stored and signed from the same bytes
        except (TypeError, ValueError, RecursionError):
            await answer(send, 403, _UNREADABLE)
            return
        if not await self._is_ours(person, send):
            return
        key = await self._prefect.pause_key(run)
        record = key and signed_record(
            person, run, key, run_input, signer=self._signer, clock=self._clock
        )
        async with self._one_answer:
            messages = await ask(self._inner, scope, receive, exact, WAITS_S)
        # 201: taken.  200: refused, in a body that may be compressed.
        taken = messages[0]["status"] == 201  # noqa: PLR2004  # the sentence above
        if taken and record and not await self._write(record):
            await answer(send, 503, _NOT_WRITTEN)
            return
        for message in messages:
            await send(message)

    async def _start(self, person: str, body: dict[str, Any], scope: Scope, send: Send) -> None:
        if not await self._is_ours(person, send):
            return
        started = await self._starting.start(person, scope["path"].split("/")[3], body)
        if started.why:
            await answer(send, started.status, started.why)
        else:
            await answer_json(send, started.status, started.run)

    async def _is_ours(self, person: str, send: Send) -> bool:
        """Tell whether *person* is on the list and the ledger answers; if not, that is answered."""
        try:
            people = await to_thread.run_sync(self._people)
            await to_thread.run_sync(self._ledger.size, limiter=self._ledger_turn)
        except Exception as error:  # noqa: BLE001  # an entry point: whatever it is, nothing is taken
            log.error("nothing is taken: %s", type(error).__name__)  # noqa: TRY400  # no content in logs
            await answer(send, 503, _NOT_NOW)
            return False
        if person in {each.id for each in people}:
            return True
        await answer(send, 403, _STRANGER)
        return False

    async def _write(self, record: Draft) -> bool:
        """Put what a person did on the ledger; False if that failed."""
        try:
            await to_thread.run_sync(self._ledger.append, record, limiter=self._ledger_turn)
        except Exception as error:  # noqa: BLE001  # an entry point: whatever it is, it counts for nothing
            log.error("what a person did was not written: %s", type(error).__name__)  # noqa: TRY400  # no content in logs
            return False
        return True

    def _trusted(self, scope: Scope) -> Scope:
        kept = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
        return {**scope, "headers": [*kept, (b"authorization", self._authorization)]}


def _cancelled(caller: Caller, scope: Scope) -> Draft:
    """Return the ledger entry that somebody cancelled a run: written before it is handed on."""
    run = str(UUID(scope["path"].split("/")[3]))
    return Draft(run_stream(run), Entry.CANCELLED, {"run": run, "person": caller.name})


def _guarded(scope: Scope) -> bool:
    path: str = scope["path"]
    if path in OPEN and scope["method"] == "GET":
        return False
    return path == "/api" or path.startswith("/api/")


def _kept(act: Act, body: dict[str, Any]) -> dict[str, Any] | None:
    """Return what may be handed on of *body*, or None if nothing may."""
    if act is Act.CANCEL:
        state = body.get("state")
        kind = state.get("type") if isinstance(state, dict) else None
        return {"state": {"type": kind}} if kind in CANCELLATIONS else None
    key = body.get("key")
    return body if isinstance(key, str) and not key.endswith("-response") else None
