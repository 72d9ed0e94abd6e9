"""How fast a bucket is listed, version by version: our engines beside named peers, in one run.

    python benchmarks/listing.py                             # as `make bench` runs it
    python benchmarks/listing.py --sizes 100000 --ceph-rows  # one size, no gateway
    python benchmarks/listing.py --ceph-rows 1000000 --keep  # filled once, and kept for later runs

Twice: on a server that only says pages, which costs next to nothing, so that what is seen is the
client; and on a real Ceph object gateway, where most of the time is the gateway's.  Each row is a
process of its own, its start included, and seen from outside; what it printed is counted, so that
one that misses rows shows.  Ours and the scripts for boto3 and obstore look at every field of
every row.  Each peer is installed in an environment of its own under .bench/peers.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from support.made import Made
from support.measure import FailedError, Took, took
from support.peers import BOTO3, CEILING, FOLDER, OURS, PEERS, S5CMD, Peer
from support.servers import MEMORY, Server, gateway, on_stub, stub

SIZES = (10_000, 100_000, 1_000_000)
CEPH_ROWS = (10_000, 100_000)
RUNS_MAX = 3
RUNS_S_MAX = 12.0  # a row that took as long is not run again
ONCE_FROM_ROWS = 1_000_000
EXTRA_ROWS = 100_000  # of the two buckets that are otherwise
ODD = Made(EXTRA_ROWS, odd=50)
SLOW = Made(EXTRA_ROWS, wait_ms=50)
FASTEST = OURS[-1].name
GOALS = {"stub": {S5CMD: 4.0, BOTO3: 15.0}, "ceph": {S5CMD: 1.8}}
MB_GOAL = 120.0


@dataclass
class Figures:
    """What one client did with one bucket."""

    server: str
    rows: int
    what: str
    bucket: str
    expected: tuple[int, int, int]
    runs: list[Took] = field(default_factory=list)
    said: dict[str, object] = field(default_factory=dict)
    failed: str = ""

    @property
    def best(self) -> Took:
        """The least of its runs."""
        return Took.best(self.runs)

    @property
    def saw(self) -> int:
        """How many rows it said there are; those that there are, if it counts none."""
        return int(self.said.get("rows", self.rows))

    @property
    def wrong(self) -> list[str]:
        """Name what it says otherwise than it is."""
        known = dict(zip(("rows", "markers", "bytes"), self.expected, strict=True))
        return [name for name, value in known.items() if self.said.get(name, value) != value]


def measure(
    homes: dict[Peer, Path], name: str, server: Server, made: Made, runs_max: int
) -> list[Figures]:
    """Run every client in turn, and again in turn, so that what else is going on falls on all."""
    all_of_them = {
        peer: Figures(name, made.rows, peer.name, made.name, server.expected) for peer in homes
    }
    for _ in range(runs_max):
        for peer, home in homes.items():
            figures = all_of_them[peer]
            if figures.failed or sum(each.wall_s for each in figures.runs) >= RUNS_S_MAX:
                continue
            command = peer.command(home, server)
            try:
                with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
                    said = Path(folder) / "said"
                    figures.runs.append(took(command, server.environment, said))
                    figures.said = peer.count(said)
            except FailedError as error:
                figures.failed = str(error)
    return list(all_of_them.values())


def table(found: Sequence[Figures]) -> Iterator[str]:
    """Yield the lines of one size's table; each peer is named with what it is measured against."""
    done = {each.what: each for each in found if not each.failed}

    def times(each: Figures, peer: str) -> str:
        if peer not in done or each.what == CEILING.name:
            return "-"
        return f"{rate(each) / rate(done[peer]):.2f}"

    for each in found:
        if each.failed:
            yield f"| {each.rows:>9,} | {each.what:<19} | failed: {each.failed.splitlines()[-1]} |"
            continue
        best = each.best
        saw = f"{each.saw:,}" if "rows" in each.said else "-"
        yield (
            f"| {each.rows:>9,} | {each.what:<19} | {saw:>9} | {best.wall_s:7.2f} "
            f"| {rate(each):>9,.0f} | {best.cpu_s * 1e6 / each.saw:7.2f} | {best.peak_mb:5.0f} "
            f"| {times(each, S5CMD):>8} | {times(each, BOTO3):>8} |"
        )


def rate(figures: Figures) -> float:
    """Return rows seen a second, by the clock, start included."""
    return figures.saw / figures.best.wall_s


def head() -> None:
    """Print the names of the columns."""
    print("\n| rows      | what                | saw       | seconds | rows/s    | CPU s/M | MB    "
          "| to s5cmd | to boto3 |")  # fmt: skip
    print("| --------: | :------------------ | --------: | ------: | --------: | ------: | ----: "
          "| -------: | -------: |")  # fmt: skip


def ratios(found: Sequence[Figures]) -> Iterator[str]:
    """Yield how the fastest engine stands to what it is to reach, for the largest bucket of each
    server."""
    for server, goals in GOALS.items():
        plain = [
            each
            for each in found
            if each.server == server and each.bucket == Made(each.rows).name and each.runs
        ]
        rows = max((each.rows for each in plain), default=0)
        here = {each.what: each for each in plain if each.rows == rows}
        mine = here.get(FASTEST)
        if mine is None:
            continue
        for peer, goal in goals.items():
            if peer not in here:
                continue
            clock = rate(mine) / rate(here[peer])
            cpu = here[peer].best.cpu_s / here[peer].saw * mine.saw / mine.best.cpu_s
            yield (
                f"{server}, {rows:,} rows: {FASTEST} is {clock:.1f} times as fast as {peer} "
                f"(wanted: {goal}), and takes 1/{cpu:.1f} of its CPU"
            )
        most = max(each.best.peak_mb for each in plain if each.what == FASTEST)
        yield f"{server}: {most:.0f} MB at most (wanted: under {MB_GOAL:.0f})"


def about_bucket(made: Made) -> str:
    """Return in what a bucket differs from the others, or the empty string."""
    if made.odd:
        return f"one key in {made.odd} has letters that a listing must encode:"
    return f"each page comes {made.wait_ms} ms later, as over a network:" if made.wait_ms else ""


def starts(homes: dict[Peer, Path], endpoint: str) -> str:
    """Return how long each takes to start, to ask, and to find a single row."""
    single = Made(1, 1)
    found = measure(homes, "stub", on_stub(endpoint, single), single, RUNS_MAX)
    return ", ".join(f"{each.what} {each.best.wall_s:.2f} s" for each in found if each.runs)


def homes_of(peers: Sequence[Peer], folder: Path) -> dict[Peer, Path]:
    """Install *peers*, and say which could not be."""
    homes = {}
    for peer in peers:
        try:
            homes[peer] = peer.environment(folder)
        except subprocess.SubprocessError as error:
            said = (getattr(error, "stderr", b"") or b"").decode(errors="replace").strip()
            print(f"{peer.name} is left out, for it could not be installed: {said[-300:]}")
    return homes


def numbers(text: str) -> list[int]:
    """Read numbers between commas; none from an empty text."""
    return [int(each) for each in text.split(",") if each]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time listings beside named peers.")
    joined = {"type": numbers, "nargs": "?", "const": []}
    parser.add_argument(
        "--sizes", default=list(SIZES), **joined, help="rows on the stub: 1000,2000"
    )
    parser.add_argument("--ceph-rows", default=list(CEPH_ROWS), **joined, help="rows on Ceph")
    parser.add_argument("--only", default="", help="clients whose names have one of: s5cmd,fast")
    parser.add_argument("--peers", type=Path, default=FOLDER, help="where peers are installed")
    parser.add_argument("--keep", action="store_true", help="keep the filled gateway's data")
    parser.add_argument("--json", type=Path, help="write every figure to this file")
    return parser.parse_args()


def about(homes: dict[Peer, Path]) -> None:
    """Print where and with what this is measured."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    print(
        f"{datetime.now(UTC):%d %B %Y}; {os.cpu_count()} cores, {gigabytes:.0f} GB, "
        f"{platform.freedesktop_os_release().get('PRETTY_NAME', platform.system())}, "
        f"{platform.python_implementation()} {platform.python_version()}; "
        f"load {os.getloadavg()[0]:.1f}"
    )
    for peer in homes:
        if peer.requirement or peer.note:
            print(f"{peer.name}: {', '.join(filter(None, (peer.requirement, peer.note)))}")


def main() -> None:
    asked = arguments()
    words = asked.only.split(",")
    wanted = [peer for peer in (*PEERS, *OURS) if any(word in peer.name for word in words)]
    homes = homes_of(wanted, asked.peers)
    about(homes)
    found: list[Figures] = []
    with stub() as endpoint:
        print(f"\nStart, and a bucket of one row: {starts(homes, endpoint)}.")
        print("\nA server that only says pages: what the client costs.")
        head()
        extra = [ODD, SLOW] if EXTRA_ROWS in asked.sizes else []
        for made in [*map(Made, asked.sizes), *extra]:
            if remark := about_bucket(made):
                print(f"|           | {remark} |")
            runs = 1 if made.rows >= ONCE_FROM_ROWS or made in extra else RUNS_MAX
            mine = homes | {CEILING: Path()}
            server = on_stub(endpoint, made, current=any(peer.current for peer in mine))
            found += (now := measure(mine, "stub", server, made, runs))
            print(*table(now), sep="\n", flush=True)
    if asked.ceph_rows:
        with gateway(keep=asked.keep) as running:
            print("\nA real Ceph object gateway.")
            head()
            for made in map(Made, asked.ceph_rows):
                server, seconds = running.filled(made)
                runs = 1 if made.rows >= ONCE_FROM_ROWS else RUNS_MAX
                found += (now := measure(homes, "ceph", server, made, runs))
                print(*table(now), sep="\n", flush=True)
                print(f"(filled in {seconds:.0f} s)")
    print("", *ratios(found), f"load {os.getloadavg()[0]:.1f}", sep="\n")
    if asked.json:
        figures = [asdict(each) for each in found]
        asked.json.write_text(json.dumps({"python": sys.version, "figures": figures}, indent=1))
    bad = [each for each in found if each.what.startswith("ours") and (each.failed or each.wrong)]
    if bad:
        raise SystemExit("\n".join(f"{e.what}, {e.rows:,}: {e.failed or e.wrong}" for e in bad))


if __name__ == "__main__":
    main()
