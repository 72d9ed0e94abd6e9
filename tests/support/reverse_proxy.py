"""A tiny authenticating proxy: it says who somebody is, to the gate and from its own address."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

ADDRESS = "127.0.0.2"  # from where the gate believes it
HEADER = "X-Remote-User"
_HOPS = {"connection", "transfer-encoding", "keep-alive", "content-length"}


@contextmanager
def reverse_proxy(host: str, port: int, person: str) -> Iterator[str]:
    """Serve what is at *host* and *port*, as *person*; yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            """Say nothing."""

        def serve(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            kept = {k: v for k, v in self.headers.items() if k.lower() not in _HOPS}
            kept = {k: v for k, v in kept.items() if k.lower() != HEADER.lower()}
            inner = HTTPConnection(host, port, timeout=30, source_address=(ADDRESS, 0))
            inner.request(self.command, self.path, body, {**kept, HEADER: person})
            found = inner.getresponse()
            content = found.read()
            self.send_response(found.status)
            for name, value in found.getheaders():
                if name.lower() not in _HOPS:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            inner.close()

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = serve  # noqa: N815  # as the base class names them

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
