"""A real S3 server for the session: the Ceph object gateway, by our own scripts in infra/ceph."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from retention.adapters.s3.client import client
from retention.adapters.s3.fast import FastLists, FastMany, Login
from retention.adapters.s3.roles import bucket_policy, ceph_principal
from tests.support.net import free_ports
from tests.support.stores import S3Bucket, fresh_name

SCRIPTS = Path(__file__).parents[2] / "infra" / "ceph"


@dataclass(frozen=True)
class Ceph:
    """A running gateway and who may log in: owner, surveyor, destroyer, verifier."""

    directory: Path
    endpoint_url: str
    secrets: Mapping[str, str]

    @cached_property
    def owner(self):
        """The client of who may do everything."""
        return self.client("owner")

    def client(self, user, *, secret=None, **options):
        """Return a client of one role; *secret* is for those who try a wrong one."""
        return client(
            endpoint_url=self.endpoint_url,
            region="us-east-1",
            access_key=user,
            secret=secret or self.secrets[user],
            **options,
        )

    def fast(self, user, *, secret=None, **options):
        """Return the fast engine of one role."""
        login = Login(user, secret or self.secrets[user])
        return FastLists(
            endpoint_url=self.endpoint_url,
            region="us-east-1",
            credentials=lambda: login,
            **options,
        )

    def add_user(self, name):
        """Add somebody who may do what a bucket policy says and nothing else."""
        command = ["radosgw-admin", "-c", self.directory / "ceph.conf", "user", "create"]
        command += [f"--uid={name}", f"--display-name={name}", "--max-buckets=-1"]
        command += [f"--access-key={name}", f"--secret-key={name}-test-secret"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        self.secrets[name] = f"{name}-test-secret"

    def many(self, user, *, secret=None, **options):
        """Return the fast way of one role to delete lists of versions."""
        login = Login(user, secret or self.secrets[user])
        return FastMany(
            endpoint_url=self.endpoint_url,
            region="us-east-1",
            credentials=lambda: login,
            **options,
        )

    def bucket(self, *, versioned=True, lock=False):
        """Return a new bucket of the owner's, in which each role may do its own and no more."""
        bucket = S3Bucket(self.owner, fresh_name(), versioned=versioned, lock=lock)
        names = ("surveyor", "verifier", "destroyer", "custodian")
        roles = {role: ceph_principal(role) for role in names}
        bucket.client.put_bucket_policy(
            Bucket=bucket.name, Policy=bucket_policy(bucket.name, **roles, ceph=True)
        )
        return bucket


@pytest.fixture(scope="session")
def ceph():
    """Start a gateway in memory, and stop it by its pids."""
    memory = Path("/dev/shm")
    directory = Path(tempfile.mkdtemp(prefix="rc-", dir=memory if memory.is_dir() else "/tmp"))
    gateway, mon = free_ports(2)
    environment = {**os.environ, "CEPH_PORT": str(gateway), "CEPH_MON_PORT": str(mon)}
    try:
        subprocess.run([SCRIPTS / "start.sh", directory], env=environment, check=True, timeout=400)
        said = json.loads((directory / "users.json").read_text())
        secrets = {name: user["secret"] for name, user in said["users"].items()}
        yield Ceph(directory, said["endpoint_url"], secrets)
    finally:
        subprocess.run([SCRIPTS / "stop.sh", directory], check=True, timeout=120)
        shutil.rmtree(directory)
