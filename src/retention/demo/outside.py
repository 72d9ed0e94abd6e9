"""The outside world of the demonstration: an S3 server and a mail server, on loopback."""

import json
import secrets
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
from aiosmtpd.controller import Controller

from retention import wiring
from retention.adapters.prefect.processes import free_port
from retention.errors import StoreUnavailableError

START_WITHIN_S = 60.0
TRIES = 100
STOP_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Store:
    """Where the store is, and its credentials by role: (access key, secret)."""

    endpoint_url: str
    region: str
    credentials: dict[str, tuple[str, str]]
    real: bool  # enforces roles; the embedded one takes anybody's word
    kms_key: str | None = None  # where a store encrypts only under a named key


ROLES = ("owner", "surveyor", "destroyer", "verifier")


@contextmanager
def embedded_store(folder: Path) -> Iterator[Store]:
    """Run moto's server: it keeps versions in memory and enforces no roles."""
    port = free_port()
    with (folder / "s3.log").open("ab") as log:
        child = subprocess.Popen(  # noqa: S603  # our own interpreter and module
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{url}/moto-api/", child)
        credentials = {role: (f"demo-{role}", f"demo-{role}-secret") for role in ROLES}
        yield Store(url, "eu-west-2", credentials, real=False)
    finally:
        child.kill()  # it keeps nothing, and may be busy
        child.wait(STOP_WITHIN_S)


@contextmanager
def ceph_store(folder: Path, scripts: Path) -> Iterator[Store]:
    """Run a Ceph object gateway by ``infra/ceph``; its roles are enforced by bucket policies."""
    first = _free_run(3)  # the monitor takes two in a row
    ports = {"CEPH_MON_PORT": str(first), "CEPH_PORT": str(first + 2)}
    environment = {**wiring.environment(), **ports}
    try:
        subprocess.run(  # noqa: S603  # our own script
            [scripts / "start.sh", folder], check=True, env=environment, stdout=subprocess.DEVNULL
        )
        said = json.loads((folder / "users.json").read_text(encoding="utf-8"))
        users = said["users"]
        credentials = {role: (users[role]["access_key"], users[role]["secret"]) for role in ROLES}
        yield Store(said["endpoint_url"], "us-east-1", credentials, real=True, kms_key="testkey-1")
    finally:
        subprocess.run([scripts / "stop.sh", folder], check=True)  # noqa: S603  # our own script
        shutil.rmtree(folder)


def _free_run(count: int) -> int:
    """Return the first of *count* free loopback ports in a row, below those given out at will."""
    for _ in range(TRIES):
        first = 20_000 + secrets.randbelow(10_000)
        if all(_is_free(first + n) for n in range(count)):
            return first
    raise StoreUnavailableError("no ports are free", hint="see what listens on this machine")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _wait_for(url: str, child: "subprocess.Popen[bytes]") -> None:
    until = monotonic() + START_WITHIN_S
    while monotonic() < until and child.poll() is None:
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            sleep(0.1)
        else:
            return
    raise StoreUnavailableError("the demo's S3 server did not start", hint="read s3.log")


class Post:
    """A mail server that puts every letter into a folder, in the order of arrival."""

    def __init__(self, folder: Path) -> None:
        """Deliver into *folder*."""
        self._folder = folder
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    @property
    def port(self) -> int:
        """Where it listens, on loopback."""
        port: int = self._controller.port
        return port

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        """Keep one letter."""
        self.keep(envelope.content)
        return "250 2.0.0 kept"

    def keep(self, content: bytes) -> Path:
        """Write a letter under the next number."""
        with self._lock:
            number = len(list(self._folder.glob("*.eml"))) + 1
            message = message_from_bytes(content, policy=policy.default)
            who = str(message["to"]).partition("@")[0].rpartition("<")[2]
            path = self._folder / f"{number:02d}-to-{who}.eml"
            path.write_bytes(content)
            return path

    def letters(self, to: str) -> list[EmailMessage]:
        """Return the letters to an address, oldest first."""
        read = [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in sorted(self._folder.glob("*.eml"))
        ]
        return [each for each in read if to in str(each["to"])]

    @contextmanager
    def open(self) -> Iterator["Post"]:
        """Listen."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._controller.start()
        try:
            yield self
        finally:
            self._controller.stop()
