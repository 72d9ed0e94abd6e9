"""A server that says listings as Amazon would, and does nothing else: it shows what clients cost.

    python -m support.stub_s3             # from benchmarks/; prints the port, ends with its stdin

Any bucket whose name ``made.py`` can read is there.  Its rows are written to a file when it is
first asked for, and a page is a stretch of that file, so that a page costs one copy; where the
name says so, each answer waits, as it would on a network.  It answers ListObjectVersions,
ListObjectsV2 (prefix, delimiter, markers, tokens, max-keys, encoding-type), ListMultipartUploads
(none), HEAD and location; whatever else is asked is refused, and no signature is looked at.
"""

import argparse
import asyncio
import functools
import mmap
import socket
import sys
import tempfile
from array import array
from dataclasses import dataclass
from itertools import accumulate
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

from .made import PAST_ALL, Made, current_rows, escaped, version_id, version_rows

ROWS_OF_A_PAGE_MAX = 1000
REQUEST_BYTES_MAX = 65_536
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
REGION = "us-east-1"
CONTENT = {"versions": version_rows, "current": current_rows}


@dataclass(frozen=True)
class Written:
    """The rows of a bucket as text: row *n* goes from starts[n] to starts[n + 1]."""

    text: memoryview
    starts: "array[int]"

    def stretch(self, first: int, after: int) -> memoryview:
        """Return the text of rows *first* up to, and without, *after*."""
        return self.text[self.starts[first] : self.starts[after]]


@functools.cache
def written(made: Made, content: str, *, encoded: bool) -> Written:
    """Write the rows of *made* to a file of their own, which nobody else can see."""
    lengths: array[int] = array("Q")
    with tempfile.TemporaryFile() as file:
        for text in CONTENT[content](made, encoded=encoded):
            lengths.append(len(text))
            file.write(text)
        file.flush()
        starts = array("Q", accumulate(lengths, initial=0))
        if not starts[-1]:
            return Written(memoryview(b""), starts)
        whole = mmap.mmap(file.fileno(), starts[-1], access=mmap.ACCESS_READ)
        return Written(memoryview(whole), starts)


def rows_of(made: Made, content: str, *, encoded: bool) -> Written:
    """Return the rows; keys without odd letters stand in both forms of a page alike."""
    return written(made, content, encoded=encoded and bool(made.odd))


class Asked:
    """What the client asked for: a bucket, and the options of a listing."""

    def __init__(self, target: str) -> None:
        path, _, query = target.partition("?")
        self.bucket, _, self.key = unquote(path).lstrip("/").partition("/")
        self.options = {
            name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()
        }

    def get(self, name: str) -> str:
        """Return an option, or the empty string."""
        return self.options.get(name, "")

    @property
    def encoded(self) -> bool:
        """Tell whether keys are to be encoded."""
        return self.get("encoding-type") == "url"


@dataclass
class Found:
    """A page: stretches of rows, prefixes that stand for others, and the row to go on with."""

    stretches: list[tuple[int, int]]
    prefixes: list[str]
    rows: int
    goes_on_at: int | None  # None at the end
    last: str  # the key or the common prefix that came last


def first_row(made: Made, asked: Asked, after: str, after_id: str = "") -> int:
    """Return the first row behind key *after*, or behind its version *after_id*."""
    if not after:
        return made.first_from(asked.get("prefix"))
    delimiter = asked.get("delimiter")
    if delimiter and after.endswith(delimiter):  # a common prefix, and all that it stands for
        return made.first_from(after + PAST_ALL)
    row = made.first_from(after)
    while row < made.rows and made.key_of(row) == after:
        row += 1
        if after_id and version_id(row - 1) == after_id:
            break
    return max(row, made.first_from(asked.get("prefix")))


def find(made: Made, asked: Asked, row: int, *, current: bool) -> Found:
    """Fill a page from *row* on."""
    most = min(int(asked.get("max-keys") or ROWS_OF_A_PAGE_MAX), ROWS_OF_A_PAGE_MAX)
    prefix, delimiter = asked.get("prefix"), asked.get("delimiter")
    end = made.first_from(prefix + PAST_ALL) if prefix else made.rows
    found = Found([], [], 0, None, "")
    while row < end and found.rows < most:
        if current and not made.is_current(row):
            row += 1
            continue
        head, cut, _ = made.key_of(row)[len(prefix) :].partition(delimiter or "\0")
        if cut:
            found.last = prefix + head + cut
            found.prefixes.append(found.last)
            found.rows += 1
            row = made.first_from(found.last + PAST_ALL)
            continue
        # Between delimiters rows are looked at one by one; without, a whole stretch is taken.
        after = row + 1 if delimiter else min(made.behind(row, most, current=current), end)
        found.rows += made.shown(row, after, current=current)
        found.stretches.append((row, after))
        found.last, row = made.key_of(after - 1), after
    while current and row < end and not made.is_current(row):
        row += 1
    found.goes_on_at = row if row < end else None
    return found


def page(made: Made, asked: Asked, content: str) -> list[bytes | memoryview]:
    """Return the body of a page, in pieces."""
    current = content == "current"
    if current:
        token, after = asked.get("continuation-token"), asked.get("start-after")
        row = int(token) if token else first_row(made, asked, after)
    else:
        row = first_row(made, asked, asked.get("key-marker"), asked.get("version-id-marker"))
    found = find(made, asked, row, current=current)
    shown = functools.partial(escaped, encoded=asked.encoded)
    more = found.goes_on_at is not None
    says = {"Name": made.name, "Prefix": shown(asked.get("prefix"))}
    if current:
        says |= {"StartAfter": shown(asked.get("start-after"))} if asked.get("start-after") else {}
        says |= {"KeyCount": str(found.rows)}
        says |= {"NextContinuationToken": str(found.goes_on_at)} if more else {}
    else:
        says |= {"KeyMarker": shown(asked.get("key-marker"))}
        says |= {"VersionIdMarker": asked.get("version-id-marker")}
        says |= {"NextKeyMarker": shown(found.last)} if more else {}
        if more and found.last == made.key_of(found.goes_on_at - 1):
            says |= {"NextVersionIdMarker": version_id(found.goes_on_at - 1)}
    says |= {"MaxKeys": asked.get("max-keys") or str(ROWS_OF_A_PAGE_MAX)}
    says |= {"Delimiter": shown(asked.get("delimiter"))} if asked.get("delimiter") else {}
    says |= {"EncodingType": "url"} if asked.encoded else {}
    says |= {"IsTruncated": "true" if more else "false"}
    root = "ListBucketResult" if current else "ListVersionsResult"
    head = "".join(f"<{name}>{text}</{name}>" for name, text in says.items())
    tail = "".join(
        f"<CommonPrefixes><Prefix>{shown(each)}</Prefix></CommonPrefixes>"
        for each in found.prefixes
    )
    rows = rows_of(made, content, encoded=asked.encoded)
    return [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">{head}'.encode(),
        *(rows.stretch(first, after) for first, after in joined(found.stretches)),
        f"{tail}</{root}>".encode(),
    ]


def joined(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return *stretches* with neighbours made one."""
    whole: list[tuple[int, int]] = []
    for first, after in stretches:
        if whole and whole[-1][1] == first:
            whole[-1] = (whole[-1][0], after)
        else:
            whole.append((first, after))
    return whole


def answer(method: str, target: str) -> tuple[str, list[bytes | memoryview], int]:
    """Return the status and the body for a request, and how many milliseconds they wait."""
    asked = Asked(target)
    made = Made.parse(asked.bucket)
    if made is None:
        return "404 Not Found", [fault("NoSuchBucket")], 0
    body: list[bytes | memoryview] | None = None
    if method == "HEAD" and not asked.key:
        body = []
    elif method == "GET" and not asked.key:
        if "versions" in asked.options:
            body = page(made, asked, "versions")
        elif asked.get("list-type") == "2":
            body = page(made, asked, "current")
        else:
            plain = (plain for word, plain in PLAIN.items() if word in asked.options)
            body = [document(*said) for said in plain] or None
    if body is None:
        return "501 Not Implemented", [fault("NotImplemented")], 0
    return "200 OK", body, made.wait_ms


PLAIN = {
    "uploads": ("ListMultipartUploadsResult", "<IsTruncated>false</IsTruncated>"),
    "location": ("LocationConstraint", ""),
    "versioning": ("VersioningConfiguration", "<Status>Enabled</Status>"),
}


def document(root: str, said: str) -> bytes:
    """Return a small document."""
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<{root} xmlns="{NAMESPACE}">{said}</{root}>'.encode()


def fault(code: str) -> bytes:
    """Return an error in S3's form."""
    return f"<Error><Code>{escape(code)}</Code><Message>made</Message></Error>".encode()


class Connection(asyncio.Protocol):
    """One client's connection, kept open; requests are answered in their order."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._come = b""
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._come += data
        while (end := self._come.find(b"\r\n\r\n")) >= 0:
            head, self._come = self._come[:end], self._come[end + 4 :]
            method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
            status, body, wait_ms = answer(method, target)
            if wait_ms:  # a client that asks once more meanwhile is none of those we run
                asyncio.get_running_loop().call_later(wait_ms / 1000, self._say, status, body)
            else:
                self._say(status, body)
        if len(self._come) > REQUEST_BYTES_MAX:
            self._transport.abort()

    def _say(self, status: str, body: list[bytes | memoryview]) -> None:
        length = sum(map(len, body))
        headers = (
            f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nServer: made\r\n"
            f"x-amz-request-id: 1\r\nx-amz-bucket-region: {REGION}\r\n"
            f"Content-Length: {length}\r\n\r\n"
        ).encode()
        first, *rest = body or [b""]
        self._transport.write(headers + first)
        for piece in rest:
            self._transport.write(piece)


async def serve(port: int) -> None:
    """Serve on loopback until stdin ends; print the port once it is open."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve invented listings on loopback.")
    parser.add_argument("--port", type=int, default=0)
    asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
