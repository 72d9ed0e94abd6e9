"""`retention due` over 10 thousand, 100 thousand and a million datasets, beside two peers.

    python benchmarks/questions.py             # all sizes
    python benchmarks/questions.py 10000       # one

200 agreements, 10,000 events, 500 holds, SQLite.  The peers read the same rows of one catalogue in
the same run: python-dateutil computes two days for each and nothing else; SQLite's own date
functions compute them in one statement.  Neither knows holds, duties, reasons or working, and
SQLite has no end-of-month rule: they say what the plain arithmetic costs, not what an answer does.
"""

import argparse
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from agreements_made import COMMAND, write

from retention import wiring
from retention.adapters.catalogue import SqlCatalogue
from retention.adapters.catalogue import migrate as migrate_catalogue
from retention.domain.dataset import DatasetId
from retention.domain.entry import FACTS, Draft, Entry
from retention.domain.totals import Totals
from retention.ports.catalogue import LISTING, Part, Survey
from retention.ports.store import WHOLE

SIZES = (10_000, 100_000, 1_000_000)
AGREEMENTS, ROUNDS, HOLDS = 200, 50, 500
HELP_RUNS = 5

DATEUTIL = """
import sqlite3, sys
from datetime import date, timedelta
from dateutil.relativedelta import relativedelta
base = sqlite3.connect(sys.argv[1])
due = 0
today = date(2026, 11, 25)
for agreement, dataset in base.execute("SELECT agreement, dataset FROM holding"):
    on = date(int(dataset.split("/")[3]), 6, 30)
    n = int(agreement[5:])
    year = on.year if (on.month, on.day) <= (3, 31) else on.year + 1
    through = date(year, 3, 31) + relativedelta(years=3 + n % 17)
    last = on + relativedelta(years=5 + n % 17, months=n % 11)
    due += through + timedelta(days=1) <= today or last < today
print(due)
"""
SQLITE = """
import sqlite3, sys
base = sqlite3.connect(sys.argv[1])
print(base.execute('''
    SELECT count(*) FROM (
      SELECT date(on_, '+' || ((n % 17) + 3) || ' years') AS through,
             date(on_, '+' || ((n % 17) + 5) || ' years', '+' || (n % 11) || ' months') AS last
      FROM (SELECT CAST(substr(agreement, 6) AS INTEGER) AS n,
                   substr(place, -10, 4) || '-06-30' AS on_ FROM holding)
    ) WHERE through < '2026-11-25' OR last < '2026-11-25'
''').fetchone()[0])
"""
# Small and between: what a process forks from counts as its own largest size.
MEASURES = """
import os, subprocess, sys
out = open(os.devnull, "w")
child = subprocess.Popen([sys.executable, *sys.argv[1:]], stdout=out)
_, status, used = os.wait4(child.pid, 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@dataclass(frozen=True)
class Took:
    """What one process took: seconds by the clock and of CPU, and megabytes at its largest."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def parts(reference: str, count: int, seen_at: datetime) -> Iterator[Part]:
    """Yield *count* datasets of one agreement, in two nations, fifty rounds and many parts."""
    for number in range(count):
        nation = ("england", "wales")[number % 2]
        round_ = str(1990 + number // 2 % ROUNDS)
        part = str(number // (2 * ROUNDS))
        binding = (("nation", nation), ("round", round_), ("part", part))
        name = str(DatasetId(reference, "patient-level", binding))
        place = f"s3://{reference.lower()}/{part}/{nation}/{round_}/data/"
        totals = Totals(12, 1, 0, 5_000_000 + number, None, seen_at)
        yield Part(name, reference, "patient-level", binding, "primary", place, totals)


def fill_catalogue(url: str, size: int) -> float:
    """Write *size* datasets and return how long it took, in seconds."""
    migrate_catalogue(url)
    began = time.perf_counter()
    seen_at = datetime(2026, 11, 24, 3, tzinfo=UTC)
    with SqlCatalogue(url) as catalogue:
        for n in range(AGREEMENTS):
            reference, none = f"MADE-{n:04}", (0, 0, 0, 0, 0)
            store = reference.lower()
            run = catalogue.begin(store, source=LISTING, terms="", now=seen_at)
            counted = parts(reference, size // AGREEMENTS, seen_at)
            catalogue.keep(run, [WHOLE], counted, [], now=seen_at)
            times = (seen_at, seen_at, seen_at)
            said = Survey(store, f"s3://{store}/", LISTING, *times, "", "", *none)
            catalogue.conclude(run, said)
    return time.perf_counter() - began


def fill_ledger() -> None:
    """Record 10,000 events and 500 holds, as the commands would."""
    work = wiring.compose()
    for n in range(AGREEMENTS):
        reference = f"MADE-{n:04}"
        events = [
            {"agreement": reference, "event": "round-published", "value": str(1990 + r)}
            | {"on": date(1991 + r, 6, 30).isoformat(), "by": "audit-01"}
            for r in range(ROUNDS)
            if 1991 + r <= 2026
        ]
        # The rounds that lie ahead are recorded as corrections of the oldest, to make up 10,000.
        events += [dict(each) for each in events[: ROUNDS - len(events)]]
        facts = [dict.fromkeys(FACTS[Entry.EVENT], "sha256:0") | each for each in events]
        stream = f"agreement:{reference}"
        work.ledger.append_all([Draft(stream, Entry.EVENT, each) for each in facts])
    holds = []
    for n in range(HOLDS):
        reference = f"MADE-{n % AGREEMENTS:04}"
        dataset = f"{reference}/patient-level/england/{1990 + n % ROUNDS}/0" if n % 5 else ""
        said = {"hold": f"H-{n:04}", "ground": "court", "agreement": reference}
        said |= {"class": "patient-level", "dataset": dataset}
        holds.append(dict.fromkeys(FACTS[Entry.HOLD_PLACED], "") | said)
    work.ledger.append_all([Draft("holds", Entry.HOLD_PLACED, each) for each in holds])


def took(arguments: list[str], folder: Path) -> Took:
    """Run a process to its end and return what it took; SystemExit if it fails."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-S", "-c", MEASURES, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(done.stderr)
    cpu, peak = done.stdout.split()
    return Took(wall, float(cpu), float(peak))


def measure(folder: Path, size: int) -> None:
    """Print the rows of one size."""
    path = folder / f"catalogue-{size}.db"
    wrote = fill_catalogue(f"sqlite:///{path}", size)
    os.environ["RETENTION_CATALOGUE_URL"] = f"sqlite:///{path}"
    command = ["-c", COMMAND]
    ours = took([*command, "due"], folder)
    as_json = took([*command, "due", "--json"], folder)
    peers = {"dateutil": DATEUTIL, "SQLite dates": SQLITE}
    theirs = {name: took(["-c", code, str(path)], folder) for name, code in peers.items()}
    base = theirs["dateutil"].cpu_s
    rows = {"retention due": ours, "retention due --json": as_json, **theirs}
    for name, each in rows.items():
        print(
            f"| {size:>9,} | {name:<20} | {each.wall_s:7.2f} | {each.cpu_s * 1e6 / size:7.1f} "
            f"| {each.peak_mb:6.0f} | {each.cpu_s / base:11.2f} |"
        )
    print(f"|           | (catalogue written in {wrote:.1f} s, {path.stat().st_size / 1e6:.0f} MB)")
    path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description="Time `retention due`.")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    sizes = parser.parse_args().sizes
    print(f"{platform.python_implementation()} {platform.python_version()}, "
          f"SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores")  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "policies", AGREEMENTS)
        os.chdir(folder)
        fill_ledger()
        helped = min(took(["-c", COMMAND, "--help"], folder).wall_s for _ in range(HELP_RUNS))
        print(f"retention --help: {helped:.2f} s with start-up, the best of {HELP_RUNS}\n")
        print("| datasets  | what                 | seconds | CPU s/M | MB     | to dateutil |")
        print("| --------: | :------------------- | ------: | ------: | -----: | ----------: |")
        for size in sizes:
            measure(folder, size)


if __name__ == "__main__":
    main()
