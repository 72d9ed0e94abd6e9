"""Fill a bucket of a real gateway with the rows of an invented one, as fast as it takes them.

The data go in before the bucket is versioned, which this gateway takes at twice the speed, and
count as the first version of their keys, ``null``; then every delete marker is put on its key.
Requests are written by hand over kept connections and signed in version 2, which the gateway still
takes, so that hardly anything is spent on the side of the client.
"""

import asyncio
import base64
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote, urlsplit

from .made import Made

CONNECTIONS = 64
BODY_BYTES = 64


class RefusedError(Exception):
    """The gateway did not take a write; the message is the head of its answer."""


@dataclass(frozen=True)
class Writer:
    """Signs requests for one bucket, and sends them over many connections at once."""

    endpoint: str
    access_key: str
    secret: str
    bucket: str

    def request(self, method: str, key: str, body: bytes) -> bytes:
        """Return a signed request."""
        path = f"/{self.bucket}/{quote(key)}"
        date = format_datetime(datetime.now(UTC), usegmt=True)
        said = f"{method}\n\n\n{date}\n{path}".encode()
        signature = base64.b64encode(hmac.digest(self.secret.encode(), said, "sha1")).decode()
        return (
            f"{method} {path} HTTP/1.1\r\nHost: {urlsplit(self.endpoint).netloc}\r\n"
            f"Date: {date}\r\nAuthorization: AWS {self.access_key}:{signature}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    async def send_all(self, method: str, writes: Iterator[tuple[str, bytes]]) -> None:
        """Send *method* for every key and body; RefusedError if one is not taken."""
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._send_some(method, writes))

    async def _send_some(self, method: str, writes: Iterator[tuple[str, bytes]]) -> None:
        where = urlsplit(self.endpoint)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        for key, body in writes:
            writer.write(self.request(method, key, body))
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 204")):
                raise RefusedError(head[:200])
            length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
            await reader.readexactly(int(length or 0))
        writer.close()
        await writer.wait_closed()


def body(row: int) -> bytes:
    """Return the data of a row."""
    return b"m" * (row % BODY_BYTES)


def fill(writer: Writer, made: Made, versioned: Callable[[], object]) -> None:
    """Write the rows of *made*; *versioned* is called once when the bucket is to keep versions."""
    data = ((made.key_of(n), body(n)) for n in range(made.rows) if not made.is_marker(n))
    asyncio.run(writer.send_all("PUT", data))
    versioned()
    markers = ((made.key_of(n), b"") for n in range(made.rows) if made.is_marker(n))
    asyncio.run(writer.send_all("DELETE", markers))
