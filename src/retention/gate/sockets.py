"""Websockets: the server asks for its credential in the first message, so the gate looks there."""

import asyncio
import json
import logging
from contextvars import Context
from time import monotonic

from retention.gate.events import Owns, may_say
from retention.gate.http import App, Message, Receive, Scope, Send
from retention.gate.login import Logins
from retention.gate.rules import SOCKETS

FIRST_MESSAGE_S = 15.0
EVENTS = "/api/events/in"
REFUSED_MAX = 1000  # events in a row; then nobody listens any more

log = logging.getLogger("retention.gate")


class Sockets:
    """Lets services through with the server's credential; to all others it gives a wrong one.

    People need no socket: the UI asks by HTTP.  The server's own refusal then ends the connection.
    """

    def __init__(self, inner: App, credential: str, logins: Logins, known: Owns) -> None:
        """Guard the sockets of *inner*, which takes *credential*; *known* tells whose a run is."""
        self._inner, self._credential, self._logins = inner, credential, logins
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        found = SOCKETS.fullmatch(scope["path"])
        if found is None:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "no such socket"})
            return
        seen_first, service = False, ""
        until = monotonic() + FIRST_MESSAGE_S

        async def checked() -> Message:
            nonlocal seen_first, service
            if seen_first:
                return await self._heard(service, scope["path"], receive)
            try:
                async with asyncio.timeout(until - monotonic()):
                    message = await receive()
            except TimeoutError:
                message = {"type": "websocket.receive", "text": ""}
            if message["type"] == "websocket.receive":
                seen_first = True
                service = self._service(message, found["pool"])
                token = self._credential if service else ""
                text = json.dumps({"type": "auth", "token": token})
                message = {"type": "websocket.receive", "text": text}
            return message

        headers = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
        await self._inner({**scope, "headers": headers}, checked, send)

    async def _heard(self, service: str, path: str, receive: Receive) -> Message:
        """Return the next message that this service may send."""
        for _ in range(REFUSED_MAX):
            message = await receive()
            if path != EVENTS or message["type"] != "websocket.receive":
                return message
            text = message.get("text") or message.get("bytes") or ""
            # In a context of its own: within that of a socket the server answers no other question.
            asked = asyncio.create_task(may_say(service, text, self._known), context=Context())
            if await asked:
                return message
            log.warning("an event of the %s is not its own to tell", service)
        return {"type": "websocket.disconnect", "code": 1008}

    def _service(self, message: Message, pool: str | None) -> str:
        """Return the service that proves itself, on its own pool's socket or on nobody's; or ""."""
        try:
            first = json.loads(message.get("text") or message.get("bytes") or "")
            caller = self._logins.service_of(first["token"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return ""
        return caller.name if caller is not None and pool in {None, caller.name} else ""
