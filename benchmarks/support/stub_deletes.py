"""A server that takes every order to delete, and keeps nothing: it shows what clients cost.

    python -m support.stub_deletes        # from benchmarks/; prints the port, ends with its stdin

It answers ``POST /bucket?delete`` with a row for each that was asked, as Amazon does, and counts
them; ``GET /`` says how many.  No signature is looked at.
"""

import asyncio
import socket
import sys

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n"
RESULT = b'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</DeleteResult>'
REQUEST_BYTES_MAX = 16 * 1024 * 1024


class Taken:
    """How many versions were asked for, and in how many requests."""

    def __init__(self) -> None:
        self.versions = self.requests = 0

    def answer(self, body: bytes) -> bytes:
        """Return what Amazon says to *body*, each of whose rows it takes."""
        _, found, rest = body.partition(b"<Object>")
        rows = (found + rest).rpartition(b"</Object>")
        self.versions += body.count(b"<Object>")
        self.requests += 1
        said = (rows[0] + rows[1]).replace(b"Object>", b"Deleted>")
        return RESULT % said


async def served(taken: Taken, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer over one connection until it is closed."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
            body = await reader.readexactly(length)
            said = taken.answer(body) if body else b"%d %d" % (taken.versions, taken.requests)
            writer.write(HEAD % len(said) + said)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    taken = Taken()
    server = await asyncio.start_server(
        lambda reader, writer: served(taken, reader, writer),
        "127.0.0.1",
        0,
        limit=REQUEST_BYTES_MAX,
        family=socket.AF_INET,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
