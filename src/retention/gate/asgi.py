"""The gate itself: knows the caller, asks the table, hands on with the server's own credential."""

import asyncio
import base64
import json
import logging
import secrets
from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from anyio import CapacityLimiter, to_thread

from retention.domain.agreement import Person
from retention.domain.canonical import canonical
from retention.domain.case import run_stream
from retention.domain.entry import Draft, Entry
from retention.domain.roles import Act as Right
from retention.domain.roles import may
from retention.gate.confined import Confined
from retention.gate.document import is_document, serve_document
from retention.gate.door import Door
from retention.gate.factor import USED_UP, Factor, without_codes
from retention.gate.http import (
    App,
    BadBodyError,
    Message,
    Receive,
    Scope,
    Send,
    adding,
    answer,
    answer_json,
    ask,
    heard_out,
    json_of,
    keeping_within,
    read_json,
    without_coding,
)
from retention.gate.inner import WAITS_S, Prefect
from retention.gate.pages import Pages, is_ours
from retention.gate.rules import Act, Caller, Kind, Rule, rule_for
from retention.gate.sockets import Sockets
from retention.gate.starting import Starting
from retention.gate.witness import has_template, signed_record
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.seal import Signs
from retention.steps.opening import Opening

OPEN = frozenset({"/api/health", "/api/ready"})  # asked by whoever watches the server
# What the UI asks of the server's settings: without an answer it would call its makers.
UI_SETTINGS = {"server": {"analytics_enabled": False, "ui": {"show_promotional_content": False}}}
CANCELLATIONS = frozenset({"CANCELLING", "CANCELLED"})
_UNREADABLE = "This answer cannot be read in one way only; it was not given."
_ASKS_NOTHING = "This run asks nothing now. Your one-time code was not used."
_EMPTY = "Nothing was answered: fill in the form. An empty resume approves nothing."
_NOT_NOW = "Ledger or people cannot be read just now, so no answer is taken. Try again in a while."
_NOT_WRITTEN = "The answer could not be written to the ledger and counts for nothing: see the run."
_STRANGER = "You may look, but you are not among the people who decide; ask whoever keeps the list."
_NOT_YOURS_TO_STOP = (
    "You may cancel what you started; the rest is for those who may halt a disposal."
)

SALT_BYTES = 32
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
        door: Door,
        factor: Factor,
        people: Callable[[], Sequence[Person]],
        ledger: Ledger,
        evidence: Evidence,
        signer: Signs,
        clock: Clock,
        startable: Collection[str] = (),
        opening: Opening | None = None,
    ) -> None:
        """Guard *inner*, which takes *credential* (``name:secret``) and no other.

        With *opening* it serves the full lists of proposals itself.
        """
        self._inner = inner
        self._authorization = b"Basic " + base64.b64encode(credential.encode())
        self._prefect = Prefect(inner, self._authorization)
        self._confined = Confined(inner, self._prefect)
        self._starting = Starting(self._prefect, startable, self._write)
        self._sockets = Sockets(inner, credential, door.logins, self._confined)
        self._door, self._factor = door, factor
        self._people = people
        self._ledger, self._evidence = ledger, evidence
        self._signer = signer
        self._clock = clock
        self._ledger_turn = CapacityLimiter(1)
        self._pages: Pages | None = None
        if opening is not None:
            self._pages = Pages(
                opening,
                logins=door.logins,
                sessions=door.sessions,
                caller=self._known,
                ledger_turn=self._ledger_turn,
            )
        self._one_answer = asyncio.Lock()  # SQLite takes one writer, and Prefect does not queue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await self._sockets(scope, receive, send)
        elif scope["type"] != "http":
            await self._inner(scope, receive, send)
        else:
            await self._asked(scope, receive, send)

    async def _asked(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._pages is not None and is_ours(scope["path"]):
            await self._pages(scope, receive, send)
            return
        receive = heard_out(receive)
        if scope["path"].endswith("/ui-settings") and self._door.is_by_proxy(scope):
            await self._no_login_box(scope, receive, send)
        elif not _guarded(scope) and is_document(scope):
            await self._document(scope, receive, send)
        elif not _guarded(scope):
            await self._inner(scope, receive, keeping_within(send))
        else:
            await self._at_the_door(scope, receive, send)

    async def _known(self, scope: Scope) -> Caller | None:
        return (await self._door.who(scope)).caller

    async def _document(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            over = await self._door.over_in(scope)
        except Exception as error:  # noqa: BLE001  # an entry point: the page itself shows nothing
            log.error("a session is not looked at: %s", type(error).__name__)  # noqa: TRY400  # no content in logs
            over = ()
        await serve_document(self._inner, scope, receive, send, over)

    async def _at_the_door(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            found = await self._door.who(scope)
        except Exception as error:  # noqa: BLE001  # an entry point: whatever it is, nobody is known
            log.error("nobody is known: %s", type(error).__name__)  # noqa: TRY400  # no content in logs
            await answer(send, 503, _NOT_NOW)
            return
        send = adding(send, found.headers) if found.headers else send
        if found.caller is None:
            await answer(send, found.status, found.why)
        else:
            await self._ask_the_table(found.caller, scope, receive, send)

    async def _no_login_box(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what the UI asks first: whoever comes by the proxy has logged in there."""
        messages = await ask(self._inner, without_coding(scope), receive, b"", WAITS_S)
        await answer_json(keeping_within(send), 200, {**json_of(messages), "auth": None})

    async def _ask_the_table(
        self, caller: Caller, scope: Scope, receive: Receive, send: Send
    ) -> None:
        rule = rule_for(scope["method"], scope["path"])
        act = rule.act(caller)
        scope = self._trusted(scope)
        if act is Act.ALLOW:
            await self._inner(scope, receive, send)
        elif act is Act.REFUSE:
            await answer(send, 403, rule.why)
        elif act is Act.SETTINGS:
            await answer_json(send, 200, UI_SETTINGS)
        elif caller.kind is Kind.SERVICE:
            await self._confined(caller.name, rule, scope, receive, send)
        else:
            try:
                body = await read_json(receive)
            except BadBodyError:
                await answer(send, 403, _UNREADABLE)
            else:
                await self._with_body(caller, rule, body, scope, receive, send)

    async def _with_body(
        self,
        caller: Caller,
        rule: Rule,
        body: dict[str, Any],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        act = rule.act(caller)
        if act is Act.WITNESS:
            await self._witness(caller.name, body, scope, receive, send)
        elif act is Act.START:
            await self._start(caller.name, body, scope, send)
        elif (kept := _kept(act, body)) is None:
            await answer(send, 403, rule.why)
        elif act is not Act.CANCEL or await self._may_cancel(caller.name, scope, send):
            exact = json.dumps(kept).encode()
            for message in await ask(self._inner, scope, receive, exact, WAITS_S):
                await send(message)

    async def _may_cancel(self, name: str, scope: Scope, send: Send) -> bool:
        """Write that *name* cancels a run, before it is handed on; answer if they may not."""
        person = await self._person(name, send)
        if person is None:
            return False
        try:
            run = str(UUID(scope["path"].split("/")[3]))
            told = await to_thread.run_sync(
                self._ledger.stream, run_stream(run), limiter=self._ledger_turn
            )
        except ValueError:
            await answer(send, 403, _UNREADABLE)
            return False
        except Exception as error:  # noqa: BLE001  # an entry point: whatever it is, nothing is taken
            log.error("nothing is cancelled: %s", type(error).__name__)  # noqa: TRY400  # no content in logs
            await answer(send, 503, _NOT_NOW)
            return False
        began = any(r.kind is Entry.STARTED and r.text("person") == name for r in told)
        if not (began or may(Right.HALT, person.roles)):
            await answer(send, 403, _NOT_YOURS_TO_STOP)
            return False
        facts = {"run": run, "person": name}
        if await self._write(Draft(run_stream(run), Entry.CANCELLED, facts)):
            return True
        await answer(send, 503, _NOT_NOW)
        return False

    async def _witness(
        self, person: str, body: dict[str, Any], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Hand on an answer, and sign who gave it if the server takes it."""
        given = _given(scope, body)
        if isinstance(given, str):
            await answer(send, 403, given)
            return
        if await self._person(person, send) is None:
            return
        run, run_input = given
        key = await self._prefect.pause_key(run)
        if key is None and "code" in run_input:
            await answer(send, 409, _ASKS_NOTHING)
            return
        checked = await self._factor.checked(person, run_input)
        if checked.why:
            await answer(send, 403, checked.why)
            return
        if (salt := await self._salt()) is None:
            await answer(send, 503, _NOT_NOW)
            return
        record = key and signed_record(
            person,
            run,
            key,
            checked.run_input,
            salt=salt,
            factor=checked.factor,
            signer=self._signer,
            clock=self._clock,
        )
        exact = canonical({"run_input": checked.run_input})  # stored and signed from the same bytes
        async with self._one_answer:
            messages = await ask(self._inner, without_coding(scope), receive, exact, WAITS_S)
        taken = messages[0]["status"] == 201  # noqa: PLR2004  # 200 is a refusal
        if taken and record and not await self._write(record):
            await answer(send, 503, _NOT_WRITTEN)
        elif checked.factor and not taken:
            await _answer_used_up(send, messages)
        else:
            for message in messages:
                await send(message)

    async def _salt(self) -> str | None:
        """Return a fresh salt that the evidence store has kept; None if it could not."""
        salt = secrets.token_hex(SALT_BYTES)
        try:
            await to_thread.run_sync(self._evidence.keep, salt.encode())
        except Exception as error:  # noqa: BLE001  # an entry point: whatever it is, no answer is taken
            log.error("no salt is kept: %s", type(error).__name__)  # noqa: TRY400  # no content in logs
            return None
        return salt

    async def _start(self, person: str, body: dict[str, Any], scope: Scope, send: Send) -> None:
        if await self._person(person, send) is None:
            return
        started = await self._starting.start(person, scope["path"].split("/")[3], body)
        if started.why:
            await answer(send, started.status, started.why)
        else:
            await answer_json(send, started.status, started.run)

    async def _person(self, name: str, send: Send) -> Person | None:
        """Return who on the list it is, if the ledger answers, too; if not, that is answered."""
        try:
            people = await to_thread.run_sync(self._people)
            await to_thread.run_sync(self._ledger.size, limiter=self._ledger_turn)
        except Exception as error:  # noqa: BLE001  # an entry point: whatever it is, nothing is taken
            log.error("nothing is taken: %s", type(error).__name__)  # noqa: TRY400  # no content in logs
            await answer(send, 503, _NOT_NOW)
            return None
        found = next((each for each in people if each.id == name), None)
        if found is None:
            await answer(send, 403, _STRANGER)
        return found

    async def _write(self, record: Draft) -> bool:
        """Put what a person did on the ledger; False if that failed."""
        try:
            await to_thread.run_sync(self._ledger.append, record, limiter=self._ledger_turn)
        except Exception as error:  # noqa: BLE001  # an entry point: whatever it is, it counts for nothing
            log.error("what a person did was not written: %s", type(error).__name__)  # noqa: TRY400  # no content in logs
            return False
        return True

    def _trusted(self, scope: Scope) -> Scope:
        kept = self._door.stripped(scope["headers"])
        return {**scope, "headers": [*kept, (b"authorization", self._authorization)]}


async def _answer_used_up(send: Send, messages: Sequence[Message]) -> None:
    """Answer that the server refused, why, and that the code is spent all the same."""
    said = json_of(messages)
    details = said.get("details")
    why = details.get("reason") if isinstance(details, dict) else None
    reason = f"{why or 'The server did not take it.'} {USED_UP}"
    if messages[0]["status"] == 200:  # noqa: PLR2004  # a refusal in the server's own words
        kept = {**(details if isinstance(details, dict) else {}), "reason": reason}
        await answer_json(send, 200, {**said, "details": kept})
    else:
        await answer(send, messages[0]["status"], reason)


def _given(scope: Scope, body: dict[str, Any]) -> tuple[UUID, dict[str, Any]] | str:
    """Return the run that is answered, and its input; or why that cannot be taken."""
    try:
        run = UUID(scope["path"].split("/")[3])
        run_input = body.get("run_input")
        if not run_input or not isinstance(run_input, dict):
            return _EMPTY
        canonical(run_input)
        return _UNREADABLE if has_template(run_input) else (run, run_input)
    except (TypeError, ValueError, RecursionError):
        return _UNREADABLE


def _guarded(scope: Scope) -> bool:
    path: str = scope["path"]
    if path in OPEN and scope["method"] == "GET":
        return False
    return path == "/api" or path.startswith("/api/")


def _kept(act: Act, body: dict[str, Any]) -> dict[str, Any] | None:
    """Return what may be handed on of *body*, or None if nothing may."""
    if act is Act.VALIDATE:
        return without_codes(body)
    if act is Act.CANCEL:
        state = body.get("state")
        kind = state.get("type") if isinstance(state, dict) else None
        return {"state": {"type": kind}} if kind in CANCELLATIONS else None
    return None
