"""List a bucket and count bytes, nothing more: the ceiling of the server, whatever the client.

Standard library only; ENDPOINT and BUCKET are its arguments.  It takes the markers of the next
page from the head of the last one, and counts no rows: it says how many it was told to find.
"""

import json
import socket
import sys
from urllib.parse import quote, urlsplit

HEAD_BYTES = 4096
BUFFER_BYTES = 1 << 20


def text_of(page: bytes, name: bytes) -> str:
    """Return the text of an element in the head of a page, or the empty string."""
    _, found, rest = page.partition(b"<" + name + b">")
    return rest[: rest.index(b"<")].decode() if found else ""


def main() -> None:
    endpoint, bucket = sys.argv[1:]
    where = urlsplit(endpoint)
    buffer = memoryview(bytearray(BUFFER_BYTES))
    pages, come, query = 0, 0, "versions="
    with socket.create_connection((where.hostname, where.port)) as connection:
        while True:
            request = f"GET /{bucket}?{query} HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n"
            connection.sendall(request.encode())
            page = b""
            while len(page) < HEAD_BYTES and b"</ListVersionsResult>" not in page:
                page += connection.recv(BUFFER_BYTES)
            head, _, body = page.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            left = length - len(body)
            while left:
                left -= connection.recv_into(buffer, min(left, BUFFER_BYTES))
            pages, come = pages + 1, come + length
            if text_of(body, b"IsTruncated") != "true":
                break
            key = quote(text_of(body, b"NextKeyMarker"), safe="")
            version = text_of(body, b"NextVersionIdMarker")
            query = f"key-marker={key}&version-id-marker={version}&versions="
    print(json.dumps({"pages": pages, "bytes": come}))


if __name__ == "__main__":
    main()
