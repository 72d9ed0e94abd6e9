"""A wire that is overheard: whatever is sent goes on to a server as it is, and is written down."""

import socket
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from urllib.parse import urlsplit

CHUNK_BYTES = 65536


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True


@contextmanager
def overheard(url):
    """Yield a URL that leads to *url*, and what clients send there, in pieces as they come."""
    there = urlsplit(url)
    sent = []

    class Forwards(BaseRequestHandler):
        def handle(self):
            with socket.create_connection((there.hostname, there.port)) as server:
                back = Thread(target=_pass, args=(server, self.request), daemon=True)
                back.start()
                _pass(self.request, server, sent)
                back.join()

    with _Server(("127.0.0.1", 0), Forwards) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", sent
        finally:
            server.shutdown()
            thread.join()


def _pass(source, target, kept=None):
    with suppress(OSError):
        while piece := source.recv(CHUNK_BYTES):
            if kept is not None:
                kept.append(piece)
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
