"""Start and stop the server and the workers: by pid, with everything they started, in bounded time.

A child whose parent is gone stops by itself: its standard input ends.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Self

import httpx

from retention.adapters.prefect.access import Access
from retention.errors import StoreUnavailableError

START_WITHIN_S = 90.0  # a first start migrates the database
STOP_WITHIN_S = 8.0
LOOK_EVERY_S = 0.1
QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_COLORS": "false",
    "PREFECT_CLI_COLORS": "false",
}


class Process:
    """One child process in a process group of its own, with its log in a file."""

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Remember what to run; *environment* is the whole of it."""
        self._arguments = [sys.executable, *arguments]
        self._environment = dict(environment)
        self._child: subprocess.Popen[bytes] | None = None
        self.log = log

    @property
    def pid(self) -> int | None:
        """The process id, or None while it does not run."""
        return self._child.pid if self._child else None

    def launch(self) -> None:
        """Start the child; do nothing if it was started."""
        if self._child is not None:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                self._arguments,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def alive(self) -> bool:
        """Tell whether the child runs."""
        return self._child is not None and self._child.poll() is None

    def stop(self) -> None:
        """Ask the child to end, and end it and all that it started after a bounded wait."""
        child, self._child = self._child, None
        if child is None:
            return
        family = [child.pid, *_descendants(child.pid)]
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(STOP_WITHIN_S)
        for pid in {*family, *_descendants(child.pid), *_of_session(child.pid)}:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        child.wait(STOP_WITHIN_S)
        if child.stdin:
            child.stdin.close()

    def __enter__(self) -> Self:
        """Start."""
        self.launch()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop, whatever happened."""
        self.stop()


class Server(Process):
    """The gate with the Prefect server behind it, on a loopback port."""

    def __init__(
        self,
        folder: Path,
        *,
        environment: Mapping[str, str],
        module: str = "retention.gate",
        host: str = "127.0.0.1",
        port: int | None = None,
        database_url: str = "",
    ) -> None:
        """Remember where to serve; *module* composes the gate from *environment*.

        *database_url* is of Prefect's own database, as ``postgresql+asyncpg://…``.
        """
        self.port = port or free_port()
        self.url = f"http://{host}:{self.port}"
        self.api_url = f"{self.url}/api"
        given = {
            **_inherited(environment),
            **QUIET,
            "PREFECT_HOME": str(folder / "home"),
            "PREFECT_API_DATABASE_CONNECTION_URL": database_url
            or f"sqlite+aiosqlite:///{folder}/prefect.db",
            "PREFECT_UI_API_URL": "/api",  # wherever the browser reached us
            "PREFECT_SERVER_UI_V2_ENABLED": "true",
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": self.url,
            "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",  # no automation, whoever made it
            "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
        }
        arguments = ["-m", module, "--host", host, "--port", str(self.port), "--with-parent"]
        super().__init__(arguments, given, folder / "server.log")

    def launch(self) -> None:
        """Start, and return once it answers; StoreUnavailableError if it does not in time."""
        super().launch()
        until = monotonic() + START_WITHIN_S
        with httpx.Client(trust_env=False) as client:
            while monotonic() < until and self.alive():
                with suppress(httpx.TransportError):
                    if client.get(f"{self.api_url}/health").status_code == httpx.codes.OK:
                        return
                sleep(LOOK_EVERY_S)
        self.stop()
        raise StoreUnavailableError(
            "the Prefect server did not start", hint=f"read {self.log.name} in its folder"
        )


class Worker(Process):
    """The worker of one pool, with the credential of that pool and no other."""

    def __init__(
        self,
        folder: Path,
        access: Access,
        *,
        environment: Mapping[str, str],
        query_s: float = 1.0,
    ) -> None:
        """Remember what to run; its flows are given *environment* as well."""
        self.pool = access.service
        given = {
            **_inherited(environment),
            **QUIET,
            "PATH": f"{Path(sys.executable).parent}:{environment.get('PATH', os.defpath)}",
            "PREFECT_API_URL": access.api_url,
            "PREFECT_API_AUTH_STRING": access.credential,
            "PREFECT_HOME": str(folder / "home" / self.pool),
            "PREFECT_WORKER_QUERY_SECONDS": str(query_s),
            "PREFECT_WORKER_PREFETCH_SECONDS": "1",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
            "PREFECT_CLIENT_METRICS_ENABLED": "false",
        }
        arguments = ["-m", "retention.adapters.prefect.worker", self.pool]
        super().__init__(arguments, given, folder / f"worker-{self.pool}.log")


def free_port() -> int:
    """Return a loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """Leave out what would make a child another one than we describe, or twice as slow to start."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith("PREFECT_") and name != "PYTHONDONTWRITEBYTECODE"
    }


def _of_session(leader: int) -> list[int]:
    """Return whoever is left of a session: what a child had started outlives it without parents."""
    return [pid for pid, _, session in _processes() if session == leader]


def _processes() -> Iterator[tuple[int, int, int]]:
    """Yield the id of every process, of its parent and of its session."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            fields = status.read_text().rpartition(")")[2].split()
            yield int(status.parent.name), int(fields[1]), int(fields[3])


def _descendants(pid: int) -> list[int]:
    """Return the children of *pid* and theirs: a run of a flow has a process group of its own."""
    parents: dict[int, list[int]] = {}
    for child, parent, _ in _processes():
        parents.setdefault(parent, []).append(child)
    found: list[int] = []
    edge = [pid]
    while edge:
        edge = [child for each in edge for child in parents.get(each, [])]
        found += edge
    return found
