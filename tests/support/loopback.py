"""HTTP servers on loopback for tests that misbehave on purpose; what answers, and what signs."""

import hashlib
import hmac
import socket
import struct
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.support.s3_pages import element


class Answers(BaseHTTPRequestHandler):
    """Answers as a store does: whole, with an error, or by ending the connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        """Say nothing."""

    def error(self, status, code, more="", **headers):
        """Send an error of S3."""
        text = f"<Error>{element('Code', code)}{element('Message', 'p/4711')}{more}</Error>"
        self.send(status, text.encode(), **headers)

    def send(self, status, body, *, length=None, **headers):
        """Send *body*; *length* is what is said of it, if that is not true."""
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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """Say nothing: a client that goes away is what half of the tests are about."""


@contextmanager
def serving(answers, *, context=None):
    """Serve with the class *answers*, over TLS if there is a *context*; give the URL, and stop."""
    server = _Server(("127.0.0.1", 0), answers)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "http" if context is None else "https"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


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
