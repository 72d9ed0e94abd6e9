"""Freeze and approve a made dataset (*prepare*), or destroy it (*destroy*), in a folder.

    python -m support.destroy_ours prepare FOLDER ROWS [PLACE ENDPOINT ACCESS_KEY SECRET]
    python -m support.destroy_ours destroy FOLDER ENDPOINT ACCESS_KEY SECRET WAY

The real steps, ledger (SQLite), evidence (sealed), authority and adapters.  Without a place the
rows are made up, and the begin-listing says that all of them are there; with one they are listed.
WAY is *fast*, or *careful* for botocore alone.
"""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from retention.adapters.evidence import FolderEvidence, KeyFolder
from retention.adapters.ledger import SqlLedger, migrate
from retention.adapters.s3.client import client
from retention.adapters.s3.destroys import S3Destroys
from retention.adapters.s3.fast import FastLists, FastMany, Login
from retention.domain.agreement import Limits
from retention.domain.dataset import Kind, ObjectVersion
from retention.domain.pattern import Pattern
from retention.ports.progress import NoProgress
from retention.steps.begin import begin
from retention.steps.destroy import Destruction, destroy
from retention.steps.dispose import approved
from retention.steps.steady import SteadyAuthority
from retention.wiring.disposals import LANES
from tests.support.signer import CheckpointKey
from tests.support.world import World

DATASET = "patient/2019/"
AT = datetime(2019, 1, 1, tzinfo=UTC)


class Rows:
    """A store of so many made versions that is only listed."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def versions(self, place: str) -> Iterator[ObjectVersion]:
        if not place.startswith("s3://records/"):
            return
        for n in range(self.rows):
            key = f"{DATASET}site-{n // 1000:05d}/episode-{n:09d}.csv"
            yield ObjectVersion(key, Kind.DATA, f"{n:032x}", 64, f"{n:032x}", modified_at=AT)


class Made(World):
    """A world whose ledger and evidence lie in *folder*, and whose store is elsewhere."""

    def __init__(self, folder: Path, bucket: str) -> None:
        super().__init__(limits=Limits(40, 10**8, 10**14, 100))
        (kind,) = self.library.now.classes
        place = Pattern.parse(f"s3://{bucket}/patient/{{round:[0-9]{{4}}}}/")
        changed = {"datasets": (place,), "copies": ()}
        self.library.now = replace(self.library.now, classes=(replace(kind, **changed),))
        url = f"sqlite:///{folder}/ledger.db"
        migrate(url)
        self.ledger = SqlLedger(url, clock=self.clock, signer=CheckpointKey())
        self.evidence = FolderEvidence(folder / "evidence", keys=KeyFolder(folder / "keys"))


def main() -> None:
    act, folder, *given = sys.argv[1:]
    if act == "prepare":
        prepare(Path(folder), int(given[0]), *given[1:])
    else:
        run(Path(folder), *given)


def prepare(folder: Path, rows: int, *place: str) -> None:
    """Freeze and approve, and take the begin-listing."""
    bucket = place[0] if place else "records"
    world = Made(folder, bucket)
    lister: Any = Rows(rows)
    if place:
        login = Login(*place[2:])
        lister = FastLists(endpoint_url=place[1], region="us-east-1", credentials=lambda: login)
    elif bucket not in world.buckets:
        world.store.bucket(bucket)
    if bucket not in world.buckets:
        world.buckets[bucket] = world.store.bucket(bucket)
    world.put(f"{DATASET}seen", copy=bucket)  # so that a survey finds a dataset
    world.publish()
    world.survey()
    world.buckets[bucket].held.clear()
    world.notify()
    world.controllers_answer()
    listed, world.store.versions = world.store.versions, lister.versions
    proposal = world.propose()[-1]
    world.approve(proposal)
    approval, manifests = approved(proposal, world.ledger, world.evidence)
    begin(
        manifests,
        approval,
        authority=world.authority,
        lister=lister,
        ledger=world.ledger,
        evidence=world.evidence,
        clock=world.clock,
    )
    world.store.versions = listed
    said = {"proposal": proposal, "versions": sum(m.versions for m in manifests), "bucket": bucket}
    (folder / "prepared.json").write_text(json.dumps(said))


def run(folder: Path, endpoint: str, access_key: str, secret: str, way: str) -> None:
    """Destroy what was approved, and say how long it took without the start of Python."""
    said = json.loads((folder / "prepared.json").read_text())
    world = Made(folder, said["bucket"])
    who = {"endpoint_url": endpoint, "region": "us-east-1"}
    login = Login(access_key, secret)
    many = FastMany(**who, credentials=lambda: login) if way == "fast" else None
    store = S3Destroys(client(**who, access_key=access_key, secret=secret), many)
    ports = Destruction(
        SteadyAuthority(world.authority, world.ledger, world.clock, world.library.edition),
        store,
        world.ledger,
        world.evidence,
        world.clock,
        NoProgress(),
        "destroyer:made",
        worker="made",
        wait=time.sleep,
        lanes=LANES,
    )
    approval, manifests = approved(said["proposal"], world.ledger, world.evidence)
    began, cpu = time.perf_counter(), time.process_time()
    for manifest in manifests:
        destroy(manifest, approval, ports)
    took = {"s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}
    outcomes = world.case(said["proposal"]).outcomes.values()
    taken = sum(r.number("taken") for each in outcomes for r in each.values())
    print(json.dumps({"taken": taken, **took}))


if __name__ == "__main__":
    main()
