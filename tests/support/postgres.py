"""PostgreSQL from Debian's packages, for one session of tests, on a loopback port of its own."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.support.net import free_ports

START_TIMEOUT_S = 60


def _program(name):
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name) or f"missing-{name}"


def _as_postgres(*command):
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return command
    return ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command)


@contextmanager
def server():
    """Give the URL of a new server, without a database, and stop it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="retention-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data, [port] = folder / "data", free_ports()
    initdb = [_program("initdb"), "-D", data, "-U", "retention", "-A", "trust", "-E", "UTF8"]
    subprocess.run(
        _as_postgres(*initdb, "--locale=C.UTF-8", "--no-sync"),
        check=True,
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
        "max_connections": 50,
        "shared_buffers": "32MB",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            _as_postgres(_program("postgres"), "-D", data, *options), cwd=folder, stderr=log
        )
    try:
        _wait(process, port, folder / "log")
        yield f"postgresql+psycopg://retention@127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)  # fast shutdown: whoever is connected is sent away
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder)


def _wait(process, port, log):
    end = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(
                host="127.0.0.1", port=port, user="retention", dbname="postgres"
            ).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}") from None
            time.sleep(0.1)
        else:
            return


@pytest.fixture(scope="session")
def postgres_url():
    """A function that makes an empty database and returns its URL."""
    numbers = count(1)
    with server() as url:

        def fresh():
            name = f"test{next(numbers)}"
            admin = url.replace("+psycopg", "") + "/postgres"
            with psycopg.connect(admin, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            return f"{url}/{name}"

        yield fresh
