"""A real HTTP server on loopback that answers listings as S3 does, and misbehaves as it is told.

Each bucket has a script: a trick for each request, or none.  *Passing* tricks are what networks
and busy stores do; *lies* are pages that cannot be true.  Signatures are checked by hand, with a
secret for each access key, so that what signs is not what checks.
"""

import hashlib
import hmac
import random
import re
import socket
import ssl
import struct
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from urllib.parse import parse_qsl, urlsplit

from tests.support.s3_pages import AMAZON, Style, element, uploads_page, versions_page
from tests.support.stores import fresh_name

HANG_S = 0.6
REGION = "us-east-1"


@dataclass
class Script:
    """A bucket and what its server will do; *tricks* are used up one by one, None is none."""

    stored: object
    style: Style = AMAZON
    tricks: list[str | None] = field(default_factory=list)
    region: str = REGION
    tokens: list[str] = field(default_factory=list)  # valid, if not empty; the last is the newest
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    ports: set[int] = field(default_factory=set)  # of clients
    together: int = 0  # requests at this moment
    together_most: int = 0
    pages: dict[str, list[bytes]] = field(default_factory=dict)  # that were said, by their root
    elsewhere: str = ""  # where redirects point to
    held: Event = field(default_factory=Event)  # until then, who is held gets no answer
    holding: Event = field(default_factory=Event)  # somebody is
    lock: Lock = field(default_factory=Lock)

    def trick(self):
        """Return the next trick."""
        with self.lock:
            return self.tricks.pop(0) if self.tricks else None


def seeded(seed, names, *, requests, share):
    """Return a script of *requests* in which about *share* are tricks of these *names*."""
    chance = random.Random(seed)
    return [chance.choice(names) if chance.random() < share else None for _ in range(requests)]


class Hostile:
    """A running server."""

    def __init__(self, secrets=None):
        self.secrets = secrets or {"surveyor": "a-secret"}
        self.scripts = {}
        self.stopping = Event()
        self.endpoint_url = ""

    def play(self, script):
        """Serve a bucket by *script*, under a new name, and return its whole place."""
        # A name of its own: what is still on its way to an earlier one does not arrive here.
        script.stored = replace(script.stored, name=fresh_name())
        self.scripts[script.stored.name] = script
        return f"s3://{script.stored.name}/"


@contextmanager
def hostile(secrets=None, *, context: ssl.SSLContext | None = None):
    """Start a server, and stop it."""
    said = Hostile(secrets)

    class Answers(_Answers):
        server_said = said

    server = _Server(("127.0.0.1", 0), Answers)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "http" if context is None else "https"
    said.endpoint_url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield said
    finally:
        said.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """Say nothing: a client that goes away is what half of the tests are about."""


class _Answers(BaseHTTPRequestHandler):
    server_said: Hostile
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        """Say nothing."""

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        url = urlsplit(self.path)
        name = url.path.strip("/")
        script = self.server_said.scripts.get(name)
        if script is None:
            self._error(404, "NoSuchBucket")
            return
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        with script.lock:
            script.asked.append(query)
            script.headers.append(dict(self.headers.items()))
            script.ports.add(self.client_address[1])
            script.together += 1
            script.together_most = max(script.together_most, script.together)
        try:
            self._play(script, url, query)
        finally:
            with script.lock:
                script.together -= 1

    def _play(self, script, url, query):
        wrong = self._wrong_login(script, url)
        if wrong:
            self._error(*wrong)
            return
        trick = script.trick()
        act = PASSING.get(trick) or FINAL.get(trick)
        if act is not None:
            act(self, script, query)
            return
        page = (uploads_page if "uploads" in query else versions_page)(
            script.stored, query, script.style
        )
        body = LIES[trick](page, script) if trick else page.written()
        script.pages.setdefault(page.root, []).append(body)
        self.send(200, body)

    def _wrong_login(self, script, url):
        token = self.headers.get("x-amz-security-token", "")
        if script.tokens and token != script.tokens[-1]:
            return (400, "ExpiredToken") if token in script.tokens else (403, "InvalidToken")
        said = self.headers.get("Authorization", "")
        if not said.startswith("AWS4-HMAC-SHA256 Credential="):
            return 403, "AccessDenied"
        access_key, _, region = said.partition("=")[2].split("/")[:3]
        if region != script.region:
            return 400, "AuthorizationHeaderMalformed", element("Region", script.region)
        secret = self.server_said.secrets.get(access_key)
        if secret is None:
            return 403, "InvalidAccessKeyId"
        wanted = signature(secret, said, self.command, url, self.headers)
        return None if said.endswith(f"Signature={wanted}") else (403, "SignatureDoesNotMatch")

    def _error(self, status, code, more="", **headers):
        text = f"<Error>{element('Code', code)}{element('Message', 'p/4711')}{more}</Error>"
        self.send(status, text.encode(), **headers)

    def send(self, status, body, *, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self._headers_buffer += [b"\r\n", body if self.command != "HEAD" else b""]
        self.flush_headers()

    def reset(self):
        """End the connection as a broken network does."""
        self.wfile.flush()
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True
        self.connection.close()

    def page(self, script, query):
        """Return what would have been said."""
        make = uploads_page if "uploads" in query else versions_page
        return make(script.stored, query, script.style).written()


def signature(secret, said, method, url, headers):
    """Return the signature of a request, by the steps of Signature Version 4."""
    fields = dict(part.strip().split("=", 1) for part in said.partition(" ")[2].split(","))
    scope = fields["Credential"].split("/", 1)[1]
    names = fields["SignedHeaders"].split(";")
    canonical = "\n".join(
        [
            method,
            url.path,
            "&".join(sorted(p if "=" in p else f"{p}=" for p in url.query.split("&"))),
            *(f"{name}:{' '.join(headers[name].split())}" for name in names),
            "",
            fields["SignedHeaders"],
            headers["x-amz-content-sha256"],
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


# What networks, proxies and busy stores do


def _says(status, code):
    return lambda answers, script, query: answers._error(status, code)


def _sends(body, status=200, **headers):
    return lambda answers, script, query: answers.send(status, body, **headers)


def _reset(answers, script, query):
    answers.reset()


def _reset_in_body(answers, script, query):
    body = answers.page(script, query)
    answers.send(200, body[: len(body) // 2], length=len(body))
    answers.reset()


def _half(answers, script, query):
    body = answers.page(script, query)
    answers.close_connection = True
    answers.send(200, body[: len(body) // 2], length=len(body))


def _cut(answers, script, query):
    body = answers.page(script, query)
    answers.send(200, body[: random.Random(len(body)).randrange(len(body))])


def _hang(answers, script, query):
    answers.server_said.stopping.wait(HANG_S)
    answers.close_connection = True


def _no_http(answers, script, query):
    answers.wfile.write(b"this is no HTTP at all\r\n\r\n")
    answers.close_connection = True


def _hold(answers, script, query):
    script.holding.set()
    script.held.wait(900)
    answers.close_connection = True


def _moved(status, code):
    def says(answers, script, query):
        answers._error(status, code, Location=script.elsewhere)

    return says


def _to_another_region(answers, script, query):
    region = f"eu-west-{len(script.asked)}"
    answers._error(301, "PermanentRedirect", x_amz_bucket_region=region)
    script.region = region


def _endless(answers, script, query):
    answers.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    answers.close_connection = True
    while not answers.server_said.stopping.is_set():
        answers.wfile.write(b" " * 1_000_000)


def _drip(answers, script, query):
    answers.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    answers.close_connection = True
    while not answers.server_said.stopping.wait(0.02):
        answers.wfile.write(b" ")


def _by_location(answers, script, query):
    script.region = "eu-west-3"
    location = "https://bucket.s3.eu-west-3.amazonaws.com/?versions"
    answers._error(307, "TemporaryRedirect", Location=location)


# What is neither passing nor a lie
FINAL: dict[str, Callable] = {
    "denied": _says(403, "AccessDenied"),
    "hold": _hold,
    "endless": _endless,
    "drip": _drip,
    "moved_for_good": _moved(301, "PermanentRedirect"),
    "moved_for_now": _moved(307, "TemporaryRedirect"),
    "to_another_region": _to_another_region,
    "to_another_region_by_location": _by_location,
}

HTML = b"<!DOCTYPE html><html><body><p>Sorry<br>try later</body></html>"
PASSING: dict[str, Callable] = {
    "slow_down": _says(503, "SlowDown"),
    "internal": _says(500, "InternalError"),
    "too_many": _says(429, "TooManyRequests"),
    "timed_out": _says(400, "RequestTimeout"),
    "unavailable_html": _sends(HTML, 502),
    "slow_down_in_200": _sends(b"<Error><Code>SlowDown</Code></Error>"),
    "internal_in_200": _sends(b"<?xml version='1.0'?>\n<Error><Code>InternalError</Code></Error>"),
    "html_in_200": _sends(HTML),
    "xhtml_in_200": _sends(
        b"<html xmlns='http://www.w3.org/1999/xhtml'><body>p/4711</body></html>"
    ),
    "empty_200": _sends(b""),
    "reset": _reset,
    "reset_in_body": _reset_in_body,
    "half": _half,
    "cut": _cut,
    "no_http": _no_http,
}
HANGING: dict[str, Callable] = {"hang": _hang}
PASSING |= HANGING


# Pages that cannot be true


def _head(page, script, **said):
    page.head = [(name, said.get(name, text)) for name, text in page.head]
    return page.written()


def _without_truncated(page, script):
    page.head = [each for each in page.head if each[0] != "IsTruncated"]
    return page.written()


def _truncated_twice(page, script):
    page.head = [*page.head, ("IsTruncated", "false")]
    return page.written()


def _empty_and_more(page, script):
    page.rows, page.rows_text = [], [""]
    return _head(page, script, IsTruncated="true")


def _first_row_again(page, script):
    page.rows = [*page.rows, *page.rows[:1]]
    return page.written()


def _backwards(page, script):
    page.rows = page.rows[::-1]
    return page.written()


def _page_again(number):
    def lie(page, script):
        pages = script.pages.get(page.root)
        return pages[number] if pages else page.written()

    return lie


def _in_folders(page, script):
    """Answer as if common prefixes had been asked for."""
    page.rows, page.prefixes = [], ["p/"]
    return _head(page, script, IsTruncated="false")


def _delimited(page, script):
    page.rows, page.head = [], [*page.head, ("Delimiter", "/")]
    return _head(page, script, IsTruncated="false")


def _in_text(old, new):
    """Return a lie that changes the first *old* behind the head of a page."""

    def lie(page, script):
        before, tag, rest = page.written().partition(b"<Key>")
        return before + tag + rest.replace(old, new, 1) if tag else before

    return lie


def _not_utf_8(page, script):
    body = page.written()  # without an encoding these letters are a key as good as any
    encoded = page.encoded and page.style.encodes
    return body.replace(b"</Key>", b"%FF</Key>", 1) if encoded else body


def _everywhere(old, new):
    return lambda page, script: page.written().replace(old, new)


LIES: dict[str, Callable] = {
    "without_truncated": _without_truncated,
    "truncated_twice": _truncated_twice,
    "truncated_maybe": lambda page, script: _head(page, script, IsTruncated="maybe"),
    "empty_and_more": _empty_and_more,
    "in_folders": _in_folders,
    "delimited": _delimited,
    "first_row_again": _first_row_again,
    "backwards": _backwards,
    "last_page_again": _page_again(-1),
    "first_page_again": _page_again(0),
    "other_bucket": lambda page, script: _head(page, script, Name="other", Bucket="other"),
    "other_prefix": lambda page, script: _head(page, script, Prefix="q/"),
    "other_marker": lambda page, script: _head(page, script, KeyMarker="p/zzz"),
    "other_encoding": lambda page, script: _head(page, script, EncodingType="base64"),
    "other_root": _everywhere(b"ListVersionsResult", b"ListBucketResult"),
    "not_utf_8": _not_utf_8,
    "not_utf_8_at_all": _in_text(b"</Key>", b"\xff</Key>"),
    "no_key": _in_text(b"</Key>", b"</Key><Key>p/x</Key>"),
    "no_id": lambda page, script: re.sub(rb"<(\w+)Id>[^<]*</\1Id>", b"", page.written(), count=4),
    "elsewhere": lambda page, script: page.written().replace(b"<Key>p", b"<Key>\x7fp"),
    "two_roots": lambda page, script: page.written() * 2,
    "no_end": lambda page, script: page.written().rpartition(b"</")[0],
    "entity": lambda page, script: page.written().replace(
        b"?>\n", b'?>\n<!DOCTYPE x [<!ENTITY k "p/a">]>', 1
    ),
    "utf_16": lambda page, script: page.written().decode().encode("utf-16"),
    "another_namespace": _in_text(b"<Size>", b'<Size xmlns="urn:other">'),
}
