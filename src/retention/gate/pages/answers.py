"""Answers of the gate's own pages: whole, or as a stream, and never kept by anybody on the way."""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs, urlsplit

from anyio import CapacityLimiter, to_thread

from retention.gate.http import Message, Receive, Scope, Send
from retention.views.pages import policy

BODY_MAX_BYTES: Final = 20_000  # of a form: a key has 1,024 bytes, each as three letters at most
CHUNK_BYTES: Final = 262_144
SEND_S: Final = 120.0  # for a quarter of a megabyte; whoever takes longer has stopped reading
COOKIE: Final = "retention_session"


class BadFormError(ValueError):
    """A form that cannot be read, or comes from somewhere else."""


class BrokenOffError(Exception):
    """A stream that had begun is not whole: the connection ends before its end."""


class Asked:
    """One request as the pages see it; *has_begun* says whether its answer has."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope, self.receive, self._send = scope, receive, send
        self.has_begun = False

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        self.has_begun = True
        await self._send(message)

    @property
    def method(self) -> str:
        """GET, POST or another one."""
        method: str = self.scope["method"]
        return method

    @property
    def path(self) -> str:
        """The path, decoded."""
        path: str = self.scope["path"]
        return path

    def header(self, name: bytes) -> str:
        """Return a header, or ""."""
        found: bytes = dict(self.scope["headers"]).get(name, b"")
        return found.decode("latin-1")

    @property
    def address(self) -> str:
        """Where it comes from."""
        client: tuple[str, int] | None = self.scope.get("client")
        return client[0] if client else ""

    @property
    def wants_a_page(self) -> bool:
        """Whether a browser asks, and not a program."""
        return "text/html" in self.header(b"accept")

    def query(self, name: str) -> str:
        """Return a value of the query, or ""."""
        text: bytes = self.scope.get("query_string", b"")
        return parse_qs(text.decode("latin-1")).get(name, [""])[0]

    def token(self) -> str:
        """Return the session that its cookie names, or ""."""
        try:
            morsel = SimpleCookie(self.header(b"cookie")).get(COOKIE)
        except CookieError:
            return ""
        return morsel.value if morsel is not None else ""

    def require_from_here(self) -> None:
        """Raise BadFormError for a form that another site made the browser send."""
        origin = self.header(b"origin")
        if origin and urlsplit(origin).netloc != self.header(b"host"):
            raise BadFormError("a form of another site")
        if self.header(b"sec-fetch-site") not in {"", "same-origin", "none"}:
            raise BadFormError("a form of another site")

    async def form(self) -> dict[str, str]:
        """Return the fields of a form; raise BadFormError for what is none, or has one twice."""
        if self.header(b"content-type").partition(";")[0] != "application/x-www-form-urlencoded":
            raise BadFormError("no form")
        body, more = b"", True
        while more:
            message = await self.receive()
            if message["type"] != "http.request":
                raise BadFormError("it broke off")
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > BODY_MAX_BYTES:
                raise BadFormError("it is too long")
        try:
            fields = parse_qs(
                body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20
            )
        except ValueError as error:
            raise BadFormError("it cannot be read") from error
        if any(len(values) != 1 for values in fields.values()):
            raise BadFormError("a field stands twice")
        return {name: values[0] for name, values in fields.items()}

    async def answer(
        self, status: int, body: str | bytes, kind: str = "text/html; charset=utf-8",
        more: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Answer with *body*."""
        content = body.encode("utf-8") if isinstance(body, str) else body
        headers = _headers(kind, {**(more or {}), "content-length": str(len(content))})
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": content})

    async def see(self, where: str, more: Mapping[str, str] | None = None) -> None:
        """Answer that it is *where*."""
        await self.answer(303, b"", more={"location": where, **(more or {})})

    async def stream(
        self, pieces: Generator[bytes], kind: str, more: Mapping[str, str], limit: CapacityLimiter
    ) -> None:
        """Answer with *pieces* as they come, in threads, until they end or nobody listens.

        What they raise before the first of them, this raises; after it BrokenOffError, which ends
        the connection before its end.
        """
        leaving = asyncio.create_task(_left(self.receive))
        try:
            piece = await to_thread.run_sync(_chunk, pieces, limiter=limit)
            start = {"type": "http.response.start", "status": 200, "headers": _headers(kind, more)}
            await self.send(start)
            while piece and not leaving.done():
                await self._send_in_time(piece)
                piece = await self._next(pieces, limit)
            if not leaving.done():
                await self.send({"type": "http.response.body", "body": b""})
        finally:
            leaving.cancel()
            with suppress(asyncio.CancelledError):
                await leaving
            await to_thread.run_sync(pieces.close)

    async def _send_in_time(self, piece: bytes) -> None:
        try:
            async with asyncio.timeout(SEND_S):
                await self.send({"type": "http.response.body", "body": piece, "more_body": True})
        except TimeoutError:
            raise BrokenOffError("nobody reads it") from None

    async def _next(self, pieces: Generator[bytes], limit: CapacityLimiter) -> bytes:
        try:
            return await to_thread.run_sync(_chunk, pieces, limiter=limit)
        except Exception as error:  # noqa: BLE001  # an entry point: whatever it is, the list is not whole
            raise BrokenOffError(type(error).__name__) from None


def cookie(token: str, scope: Scope) -> str:
    """Return the header that sets the cookie of a session, or takes it back for ""."""
    secure = "; Secure" if scope.get("scheme") == "https" else ""
    ends = "" if token else "; Max-Age=0"
    return f"{COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/retention{secure}{ends}"


def _headers(kind: str, more: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    said = {
        "content-type": kind,
        "content-security-policy": policy(),
        "cache-control": "no-store",
        "referrer-policy": "same-origin",  # under no-referrer a browser hides where a form is from
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        **more,
    }
    return [(name.encode(), value.encode("latin-1")) for name, value in said.items()]


def _chunk(pieces: Generator[bytes]) -> bytes:
    """Return the next pieces as one, of about a quarter of a megabyte; b"" at the end."""
    kept: list[bytes] = []
    length = 0
    for piece in pieces:
        kept.append(piece)
        length += len(piece)
        if length >= CHUNK_BYTES:
            break
    return b"".join(kept)


async def _left(receive: Receive) -> None:
    """Return when whoever asked has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
