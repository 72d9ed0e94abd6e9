"""A real composition of a folder that a test made: the same in its process and in those it starts.

It imports no step, so that a process can be made quick before any is.
"""

import hashlib
import os
import sys
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from retention import wiring
from retention.demo.clock import SteppedClock
from retention.demo.composition import FOLDER
from retention.domain import orders
from retention.settings import Settings

BATCH = 8  # so that a few hundred versions are many batches
LEASE = timedelta(seconds=1)  # more than Ceph ever takes for so small a batch
ROLES = ("surveyor", "destroyer", "verifier")


class Courier:
    """Takes every letter, and brings it nowhere."""

    def send(self, letter):
        return "sha256:" + hashlib.sha256(letter.subject.encode()).hexdigest()


class Composed(wiring.Composition):
    """The real composition, but for the mail server."""

    courier = cached_property(lambda self: Courier())


def environment_of(folder: Path, ceph) -> dict[str, str]:
    """Return what a process is given that works in *folder*."""
    inherited = {n: v for n, v in os.environ.items() if not n.startswith("RETENTION_")}
    given = {
        FOLDER: str(folder),
        "RETENTION_HOME": str(folder),
        "RETENTION_POLICIES": str(folder / "policies"),
        "RETENTION_S3_ENDPOINT_URL": ceph.endpoint_url,
        "RETENTION_S3_REGION": "us-east-1",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *_paths()]),
    }
    for role in ROLES:
        given[f"RETENTION_S3_{role.upper()}_ACCESS_KEY"] = role
        given[f"RETENTION_S3_{role.upper()}_SECRET_KEY"] = ceph.secrets[role]
    return inherited | given


def _paths():
    return [path for path in (os.environ.get("PYTHONPATH", ""),) if path]


def clock_of(folder: Path) -> SteppedClock:
    return SteppedClock(wiring.SystemClock(), folder / "clock")


def compose(environment: dict[str, str]) -> Composed:
    """Return the composition of the folder that *environment* names."""
    folder = Path(environment[FOLDER])
    return Composed(Settings.read(environment, folder), clock_of(folder))


def be_quick() -> None:
    """Make batches small and leases short in this process; first of all, for steps read them."""
    assert "retention.steps.destroy" not in sys.modules
    orders.LEASE = LEASE
    from retention.steps import destroy

    destroy.BATCH = BATCH
