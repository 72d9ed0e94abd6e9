"""A page of the stock UI carries a few lines of ours, and forgets a session that is over."""

import asyncio

import pytest

from retention.gate.document import is_document, serve_document

PAGE = b"<!DOCTYPE html><html><head><title>x</title></head></html>"
OVER = [(b"set-cookie", b"retention-ui=; Max-Age=0")]
HTML = (b"content-type", b"text/html; charset=utf-8")


def scope(method="GET", *headers):
    return {"type": "http", "method": method, "path": "/v2/", "headers": list(headers)}


class Inner:
    """A server of one page; it keeps what it was asked with."""

    def __init__(self, *pieces, kind=HTML, status=200):
        self.pieces, self.kind, self.status = pieces, kind, status

    async def __call__(self, scope, receive, send):
        self.asked = scope["headers"]
        size = sum(map(len, self.pieces))
        headers = [self.kind, (b"content-length", b"%d" % size), (b"etag", b"x")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        for n, piece in enumerate(self.pieces, 1):
            more = n < len(self.pieces)
            await send({"type": "http.response.body", "body": piece, "more_body": more})


def served(inner, over=(), *headers):
    messages = []

    async def keep(message):
        messages.append(message)

    asyncio.run(serve_document(inner, scope("GET", *headers), None, keep, over))
    start, body = messages
    return start["status"], start["headers"], body["body"]


def test_a_page_gets_our_lines_before_its_own_and_the_right_length():
    status, headers, body = served(Inner(PAGE[:20], PAGE[20:]))
    assert status == 200
    assert body.startswith(b"<!DOCTYPE html><html><head><script>")
    assert body.endswith(b"<title>x</title></head></html>")
    assert dict(headers)[b"content-length"] == b"%d" % len(body)
    assert b"etag" not in dict(headers)
    assert dict(headers)[b"cache-control"] == b"no-store"
    assert b"connect-src 'self'" in dict(headers)[b"content-security-policy"]
    assert body.count(b"removeItem") == 1


def test_where_a_session_is_over_the_page_forgets_the_password_as_it_is_read():
    _, headers, body = served(Inner(PAGE), OVER)
    assert OVER[0] in headers
    first = body.index(b'<script>localStorage.removeItem("prefect-password")</script>')
    assert first < body.index(b"window.fetch")


@pytest.mark.parametrize("inner", [Inner(b"{}", kind=(b"content-type", b"application/json"))])
def test_what_is_no_page_is_as_it_is(inner):
    _, headers, body = served(inner)
    assert body == b"{}"
    assert dict(headers)[b"content-length"] == b"2"


def test_it_is_asked_for_whole_and_unpacked():
    inner = Inner(PAGE)
    asked = [(b"accept-encoding", b"gzip"), (b"if-none-match", b"x"), (b"range", b"bytes=1-")]
    served(inner, (), *asked, (b"accept", b"text/html"))
    assert inner.asked == [(b"accept", b"text/html")]


@pytest.mark.parametrize(
    ("method", "accept", "is_one"),
    [
        ("GET", b"text/html,application/xhtml+xml", True),
        ("GET", b"*/*", False),
        ("POST", b"text/html", False),
    ],
)
def test_a_browser_asks_for_a_page_by_its_kind(method, accept, is_one):
    assert is_document(scope(method, (b"accept", accept))) is is_one
