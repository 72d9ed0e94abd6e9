"""The servers that are listed: the one that only says pages, and a real gateway that is filled."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from retention.adapters.s3.client import client
from tests.support.net import free_ports

from .filling import Writer, body, fill
from .made import Made

ROOT = Path(__file__).resolve().parents[2]
CEPH_SCRIPTS = ROOT / "infra" / "ceph"
CEPH_BYTES_MAX = 17_179_869_184  # the sparse file of its data; a million rows take a part of it
MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())
KEPT = MEMORY / "retention-bench-ceph"


@dataclass(frozen=True)
class Server:
    """Where a bucket is, who may list it, and what a whole listing of it comes to."""

    endpoint: str
    access_key: str
    secret: str
    bucket: str
    provider: str  # as rclone names it
    expected: tuple[int, int, int]  # rows, markers, and bytes of data
    region: str = "us-east-1"

    @property
    def environment(self) -> dict[str, str]:
        """What a client finds in its environment, and nothing from the user of this machine."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "RCLONE_CONFIG": "",
        }


@contextmanager
def stub(module: str = "stub_s3") -> Iterator[str]:
    """Run the server that only says pages, or another, and stop it; yields its endpoint."""
    with subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.{module}"],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def on_stub(endpoint: str, made: Made, *, current: bool = True) -> Server:
    """Return where the bucket of *made* is; its pages are written now, before any clock runs.

    Those of its *current* objects take as long again, and are left out if nobody asks for them.
    """
    asked = ["versions=", "versions=&encoding-type=url", *(["list-type=2"] if current else [])]
    for query in asked:
        connection = http.client.HTTPConnection(endpoint.removeprefix("http://"))
        connection.request("GET", f"/{made.name}?{query}&max-keys=1")
        if connection.getresponse().status != 200:
            raise RuntimeError("the stub does not know its own bucket")
        connection.close()
    return Server(endpoint, "made", "made-secret", made.name, "AWS", made.totals())


@dataclass(frozen=True)
class Gateway:
    """A running Ceph object gateway, and the folder where it keeps everything."""

    folder: Path
    endpoint: str
    secret: str

    def filled(self, made: Made) -> tuple[Server, float]:
        """Return where the rows of *made* are, and in how many seconds they were written.

        A bucket that an earlier run filled to its end is taken as it is, for 0 seconds.
        """
        register = self.folder / "filled.json"
        known = json.loads(register.read_text()) if register.exists() else {}
        owner = client(
            endpoint_url=self.endpoint, region="us-east-1", access_key="owner", secret=self.secret
        )
        took_s = 0.0
        if made.name not in known:
            bucket = f"{made.name}-{len(owner.list_buckets()['Buckets'])}"
            owner.create_bucket(Bucket=bucket)
            began = time.perf_counter()
            fill(
                Writer(self.endpoint, "owner", self.secret, bucket),
                made,
                lambda: owner.put_bucket_versioning(
                    Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
                ),
            )
            took_s = time.perf_counter() - began
            register.write_text(json.dumps(known | {made.name: bucket}))
            known[made.name] = bucket
        rows, markers, _ = made.totals()
        size = sum(len(body(row)) for row in range(rows) if not made.is_marker(row))
        where = (self.endpoint, "owner", self.secret, known[made.name], "Ceph")
        return Server(*where, (rows, markers, size)), took_s


@contextmanager
def gateway(*, keep: bool) -> Iterator[Gateway]:
    """Start a gateway, and stop it by its pids; with *keep*, its data stay for the next run."""
    folder = KEPT if keep else Path(tempfile.mkdtemp(prefix="rb-", dir=MEMORY))
    port, mon = free_ports(2)
    given = {"CEPH_PORT": port, "CEPH_MON_PORT": mon, "CEPH_SIZE_BYTES": CEPH_BYTES_MAX}
    environment = {**os.environ, **{name: str(value) for name, value in given.items()}}
    try:
        subprocess.run(
            [CEPH_SCRIPTS / "start.sh", folder],
            env=environment,
            check=True,
            timeout=400,
            stdout=subprocess.DEVNULL,
        )
        said = json.loads((folder / "users.json").read_text())
        yield Gateway(folder, said["endpoint_url"], said["users"]["owner"]["secret"])
    finally:
        subprocess.run([CEPH_SCRIPTS / "stop.sh", folder], check=True, timeout=120)
        if not keep:
            shutil.rmtree(folder)
