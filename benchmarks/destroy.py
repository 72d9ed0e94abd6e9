"""How fast what was approved is destroyed: the real step, gate, ledger, evidence and adapters.

    python benchmarks/destroy.py                   # 10 k, 100 k and 1 M on the stub, and on Ceph
    python benchmarks/destroy.py --no-ceph 100000

On the stub, which takes every order and keeps nothing, stands what our own side costs: asking the
authority, intents and outcomes on the ledger, answers into packs.  On the gateway of Ceph stand
s5cmd and rclone beside it, which keep no evidence at all: each empties buckets of its own that
were filled alike, and what counts is the median.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from support.filling import Writer, fill
from support.made import Made
from support.measure import Took, took
from support.peers import FOLDER, PEERS, Peer
from support.servers import Gateway, gateway, stub

from retention.adapters.s3.client import client

SIZES = (10_000, 100_000, 1_000_000)
RATE_GOAL, PEAK_MB_GOAL = 40_000, 300
CEPH_ROWS, CEPH_TURNS = 2000, 3
HERE = Path(__file__).parent
OURS = [sys.executable, "-m", "support.destroy_ours"]
PATHS = f"{HERE}{os.pathsep}{HERE.parent}"


def environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONPATH": PATHS, **more}


def prepared(folder: Path, rows: int, *place: str) -> None:
    """Freeze, approve and list, in a process of its own."""
    command = [*OURS, "prepare", str(folder), str(rows), *place]
    subprocess.run(command, check=True, env=environment(), cwd=HERE)


def destroyed(folder: Path, *where: str) -> tuple[Took, dict[str, float]]:
    """Destroy once, in a process of its own."""
    said = folder / "said"
    seen = took([*OURS, "destroy", folder, *where], environment(), said)
    return seen, json.loads(said.read_text())


def on_the_stub(sizes: list[int]) -> None:
    print("| versions | requests by | s | versions/s | CPU s/mill. | MB |")
    print("|---:|---|---:|---:|---:|---:|")
    for rows in sizes:
        for way in ("fast", "careful"):
            with tempfile.TemporaryDirectory() as name, stub("stub_deletes") as endpoint:
                folder = Path(name)
                prepared(folder, rows)
                seen, said = destroyed(folder, endpoint, "made", "made-secret", way)
            assert said["taken"] == rows, said
            rate, cpu = rows / said["s"], said["cpu_s"] * 1_000_000 / rows
            print(
                f"| {rows:,} | {'ours' if way == 'fast' else 'botocore'} | {said['s']:.2f} "
                f"| {rate:,.0f} | {cpu:.1f} | {seen.peak_mb:.0f} |",
                flush=True,
            )
            if way == "fast" and rows == max(SIZES):
                for what, missed in (
                    (f"{RATE_GOAL:,} versions/s", rate < RATE_GOAL),
                    (f"{PEAK_MB_GOAL} MB", seen.peak_mb > PEAK_MB_GOAL),
                ):
                    if missed:
                        print(f"  the goal of {what} is missed")


def filled(running: Gateway, number: int) -> str:
    """Return a new bucket with one version of each of so many keys."""
    owner = client(
        endpoint_url=running.endpoint,
        region="us-east-1",
        access_key="owner",
        secret=running.secret,
    )
    bucket = f"destroy-{number}"
    owner.create_bucket(Bucket=bucket)
    owner.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    writer = Writer(running.endpoint, "owner", running.secret, bucket)
    fill(writer, Keys(CEPH_ROWS), lambda: None)
    return bucket


class Keys(Made):
    """Rows that all lie in the place of one dataset, none of them a marker."""

    def key_of(self, row: int) -> str:
        return f"patient/2019/site-{row // 100:03d}/episode-{row:07d}.csv"

    def is_marker(self, _row: int) -> bool:
        return False


def by_peer(peer: Peer, running: Gateway, bucket: str, said: Path) -> Took:
    home = peer.environment(FOLDER)
    keys = environment(
        AWS_ACCESS_KEY_ID="owner", AWS_SECRET_ACCESS_KEY=running.secret, AWS_REGION="us-east-1",
        RCLONE_CONFIG="",
    )  # fmt: skip
    if peer.name == "s5cmd":
        program = next(home.glob("lib/python3*/site-packages/s5cmd/bin/s5cmd"))
        command = [program, "--endpoint-url", running.endpoint, "rm", "--all-versions"]
        return took([*command, f"s3://{bucket}/*"], keys, said)
    store = ["--s3-provider=Ceph", "--s3-env-auth", f"--s3-endpoint={running.endpoint}"]
    return took(
        [home / "bin/rclone", "delete", *store, "--s3-versions", f":s3:{bucket}"], keys, said
    )


def on_ceph() -> None:
    peers = [peer for peer in PEERS if peer.name in {"s5cmd", "rclone"}]
    rates: dict[str, list[float]] = {"ours": [], **{peer.name: [] for peer in peers}}
    with tempfile.TemporaryDirectory() as name, gateway(keep=False) as running:
        number = 0
        for turn in range(CEPH_TURNS):
            for (
                who,
                found,
            ) in rates.items():  # in turn: what the gateway does in the background befalls all
                number += 1
                bucket, folder = filled(running, number), Path(name) / f"{who}-{turn}"
                folder.mkdir()
                if who == "ours":
                    where = (running.endpoint, "owner", running.secret)
                    prepared(folder, 0, bucket, *where)
                    seconds = destroyed(folder, *where, "fast")[1]["s"]
                else:
                    (peer,) = (each for each in peers if each.name == who)
                    seconds = by_peer(peer, running, bucket, folder / "said").wall_s
                found.append(CEPH_ROWS / seconds)
    print(f"\nCeph, {CEPH_ROWS:,} versions, medians of {CEPH_TURNS}:\n")
    print("| | versions/s | all runs |")
    print("|---|---:|---|")
    for who, found in rates.items():
        told = ", ".join(f"{rate:,.0f}" for rate in found)
        print(f"| {who} | {median(found):,.0f} | {told} |", flush=True)
    best = max(median(found) for who, found in rates.items() if who != "ours")
    print(f"\nours / the better peer: {median(rates['ours']) / best:.2f}")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("rows", type=int, nargs="*", default=[*SIZES])
    asked.add_argument("--no-ceph", action="store_true")
    given = asked.parse_args()
    told = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores"
    print(f"{told}, Python {platform.python_version()}\n")
    on_the_stub(given.rows)
    if not given.no_ceph:
        on_ceph()


if __name__ == "__main__":
    main()
