"""A look-alike of S3 for the session, in a process of its own.

It is lax where a real server is not: it takes any secret, and knows no roles.  What only a real
server can show is shown on Ceph.
"""

import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from urllib.request import urlopen

import pytest

from retention.adapters.s3.client import client
from retention.adapters.s3.fast import FastLists, FastMany, Login
from tests.support.net import free_ports
from tests.support.stores import S3Bucket, fresh_name


@dataclass(frozen=True)
class Moto:
    """A running server."""

    endpoint_url: str

    @cached_property
    def owner(self):
        """A client."""
        return self.client("owner")

    def client(self, user="anyone", *, secret="any", **options):
        """Return a client; whoever it says it is, it may do everything."""
        return client(
            endpoint_url=self.endpoint_url,
            region="us-east-1",
            access_key=user,
            secret=secret,
            **options,
        )

    def fast(self, user="anyone", *, secret="any", **options):
        """Return the fast engine."""
        return FastLists(
            endpoint_url=self.endpoint_url,
            region="us-east-1",
            credentials=lambda: Login(user, secret),
            **options,
        )

    def many(self, user="anyone", **options):
        """Return the fast way to delete lists of versions."""
        return FastMany(
            endpoint_url=self.endpoint_url,
            region="us-east-1",
            credentials=lambda: Login(user, "any"),
            **options,
        )

    def bucket(self, *, versioned=True, lock=False):
        """Return a new bucket."""
        return S3Bucket(self.owner, fresh_name(), versioned=versioned, lock=lock)


@pytest.fixture(scope="session")
def moto():
    """Start a server on a free port, and stop it by its pid."""
    (port,) = free_ports()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **quiet) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _await(process, url, timeout_s=60)
            yield Moto(url)
        finally:
            process.kill()  # it keeps nothing


def _await(process, url, *, timeout_s):
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:  # refused, or too slow: it is still loading
            assert process.poll() is None, "the server ended at once"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)
