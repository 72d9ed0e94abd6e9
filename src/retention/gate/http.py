"""The little of ASGI that the gate needs: read a body once, hand it on, answer by itself."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_MAX_BYTES = 1_000_000
ANSWERED_WITHIN_S = 300.0


# A page may talk to nobody but us, and nobody may put it in a frame to steal a click.
WITHIN = (
    b"connect-src 'self'; img-src 'self' data: blob:; form-action 'self'; frame-ancestors 'none'"
)


class BadBodyError(ValueError):
    """A body that the gate cannot read in one way only."""


async def answer(send: Send, status: int, sentence: str) -> None:
    """Answer with *sentence*, where both the browser and the Prefect client look for it."""
    await answer_json(send, status, {"exception_message": sentence, "detail": sentence})


async def answer_json(send: Send, status: int, value: Mapping[str, Any]) -> None:
    """Answer with *value*."""
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def keeping_within(send: Send) -> Send:
    """Return *send* with headers that keep the page's requests within this server."""

    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            policy = [(b"content-security-policy", WITHIN), (b"referrer-policy", b"same-origin")]
            message["headers"] = [*message.get("headers", []), *policy]
        await send(message)

    return told


def adding(send: Send, headers: Sequence[tuple[bytes, bytes]]) -> Send:
    """Return *send* with *headers* beside those of the answer."""

    async def added(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *headers]
        await send(message)

    return added


def without_coding(scope: Scope) -> Scope:
    """Return a request whose answer is not compressed, for whoever must read it."""
    kept = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    return {**scope, "headers": kept}


def json_of(messages: Sequence[Message]) -> dict[str, Any]:
    """Return the JSON object that was answered, or an empty one for anything else."""
    try:
        value = json.loads(b"".join(each.get("body", b"") for each in messages))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def heard_out(receive: Receive) -> Receive:
    """Return *receive* without the news that whoever asked has left, once the question is whole.

    A browser leaves with every page.  A question that the server breaks off in the midst can leave
    its SQLite locked for a minute; so it is answered, and then nobody waits any more.
    """
    whole = False

    async def told() -> Message:
        nonlocal whole
        message = await receive()
        if message["type"] == "http.disconnect" and whole:
            await asyncio.sleep(ANSWERED_WITHIN_S)  # it is answered long before: then this ends
        whole = whole or not message.get("more_body", False)
        return message

    return told


async def read_json(receive: Receive) -> dict[str, Any]:
    """Return the JSON object in the request's body; raise BadBodyError for anything else."""
    value = await read_value(receive)
    if not isinstance(value, dict):
        raise BadBodyError("the body is no JSON object")
    return value


async def read_value(receive: Receive, bytes_max: int = BODY_MAX_BYTES) -> object:
    """Return what the request's body says in JSON; raise BadBodyError for anything else.

    A name that stands twice is refused, for another reader might take the other one.
    """
    pieces: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise BadBodyError("the request broke off")
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
        if sum(map(len, pieces)) > bytes_max:
            raise BadBodyError("the body is too long")
    try:
        value: object = json.loads(b"".join(pieces) or b"{}", object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise BadBodyError("the body is no plain JSON") from error
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice")
    return value


async def ask(
    inner: App, scope: Scope, receive: Receive, body: bytes, waits_s: Sequence[float]
) -> list[Message]:
    """Return the whole answer of *inner* to a request with *body*; it must be a short one.

    With SQLite, Prefect answers 503 or 500 when another writer held its database.  Nothing was
    stored then, so it is asked again after each of *waits_s*.
    """
    for wait_s in (*waits_s, None):
        messages: list[Message] = []

        async def keep(message: Message, kept: list[Message] = messages) -> None:
            kept.append(message)

        with suppress(Exception):  # an error is answered first, and then raised for a log
            await inner(*with_body(scope, receive, body), keep)
        if not messages:
            await answer(keep, 500, "The server did not answer.")
        if wait_s is None or messages[0]["status"] < 500:  # noqa: PLR2004  # the docstring says it
            break
        await asyncio.sleep(wait_s)
    return messages


def with_body(scope: Scope, receive: Receive, body: bytes) -> tuple[Scope, Receive]:
    """Return a request like this one with *body*, and what it then receives."""
    kept = [(k, v) for k, v in scope["headers"] if k not in {b"content-length", b"content-type"}]
    headers = [
        *kept,
        (b"content-length", b"%d" % len(body)),
        (b"content-type", b"application/json"),
    ]
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return {**scope, "headers": headers}, replay
