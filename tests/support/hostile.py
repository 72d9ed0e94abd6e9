"""A real HTTP server on loopback that answers listings as S3 does, and misbehaves as it is told.

Each bucket has a script: a trick for each request, or none.  *Passing* tricks are what networks
and busy stores do; *lies* are pages that cannot be true.  Signatures are checked by hand, with a
secret for each access key, so that what signs is not what checks.
"""

import hashlib
import hmac
import random
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
from tests.support.tricks import FINAL, LIES, PASSING

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
    refuses: Callable[[dict[str, str]], bool] = field(default=lambda query: False)
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
            self.error(404, "NoSuchBucket")
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
            self.error(*wrong)
            return
        if script.refuses(query):
            self.error(403, "AccessDenied")
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

    def error(self, status, code, more="", **headers):
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
