"""Run the gate as a process of its own, until it is told to stop."""

import os
import signal
import sys
from collections.abc import Sequence
from threading import Thread

import click
import uvicorn

from retention.gate.http import App

GRACE_S = 5  # browsers keep connections open


def serve(application: App, *, host: str, port: int) -> None:
    """Serve *application* on *host* and *port*; return when the process is told to stop."""
    uvicorn.run(
        application,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,  # paths name runs, and somebody reads them
        server_header=False,
        proxy_headers=False,  # or whoever sends X-Forwarded-For could pass for the proxy
        timeout_keep_alive=5,
        timeout_graceful_shutdown=GRACE_S,
    )


def stop_with_parent() -> None:
    """Stop this process when whoever started it is gone: then its standard input ends."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    Thread(target=wait, daemon=True).start()


def address(arguments: Sequence[str] | None = None) -> tuple[str, int]:
    """Read ``--host``, ``--port`` and ``--with-parent`` as every gate process takes them."""
    seen: list[tuple[str, int]] = []

    @click.command()
    @click.option("--host", default="127.0.0.1", show_default=True)
    @click.option("--port", default=4200, show_default=True)
    @click.option("--with-parent", is_flag=True, help="Stop when standard input ends.")
    def read(*, host: str, port: int, with_parent: bool) -> None:
        if with_parent:
            stop_with_parent()
        seen.append((host, port))

    read.main(arguments, standalone_mode=False)
    return seen[0] if seen else sys.exit(0)
