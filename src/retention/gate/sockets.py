"""Websockets: the server asks for its credential in the first message, so the gate looks there."""

import asyncio
import json
from time import monotonic

from retention.gate.http import App, Message, Receive, Scope, Send
from retention.gate.login import Logins
from retention.gate.rules import SOCKETS

FIRST_MESSAGE_S = 15.0


class Sockets:
    """Lets services through with the server's credential; to all others it gives a wrong one.

    People need no socket: the UI asks by HTTP.  The server's own refusal then ends the connection.
    """

    def __init__(self, inner: App, credential: str, logins: Logins) -> None:
        """Guard the sockets of *inner*, which takes *credential*."""
        self._inner, self._credential, self._logins = inner, credential, logins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        found = SOCKETS.fullmatch(scope["path"])
        if found is None:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "no such socket"})
            return
        seen_first = False
        until = monotonic() + FIRST_MESSAGE_S

        async def checked() -> Message:
            nonlocal seen_first
            if seen_first:
                return await receive()
            try:
                async with asyncio.timeout(until - monotonic()):
                    message = await receive()
            except TimeoutError:
                message = {"type": "websocket.receive", "text": ""}
            if message["type"] == "websocket.receive":
                seen_first = True
                token = self._token(message, found["pool"])
                text = json.dumps({"type": "auth", "token": token})
                message = {"type": "websocket.receive", "text": text}
            return message

        headers = [(name, value) for name, value in scope["headers"] if name != b"authorization"]
        await self._inner({**scope, "headers": headers}, checked, send)

    def _token(self, message: Message, pool: str | None) -> str:
        """Return the server's credential for a service, on its own pool's socket or on nobody's."""
        try:
            first = json.loads(message.get("text") or message.get("bytes") or "")
            caller = self._logins.service_of(first["token"])
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return ""
        ours = caller is not None and pool in {None, caller.name}
        return self._credential if ours else ""
