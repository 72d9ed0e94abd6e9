"""How fast a survey brings the catalogue to date: the real step, engine and catalogue.

    python benchmarks/survey.py                    # a million versions in a thousand datasets
    python benchmarks/survey.py 100000 --datasets 100000

The store is the stub that only says pages.  SQLite in a file, and PostgreSQL where a server can be
started; each is surveyed twice, since the second survey replaces the first.  Beside it stands what
the listing alone takes in the same run: the rest is counting, and the catalogue.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from support.made import Made
from support.measure import Took, took
from support.servers import Server, on_stub, stub

ROWS, DATASETS = 1_000_000, 1000
WALL_S_GOAL = 15.0
POSTGRES = Path("/usr/lib/postgresql")


@contextmanager
def postgres(folder: Path) -> Iterator[str | None]:
    """Run a PostgreSQL server on a socket in *folder*, and stop it; None where there is none."""
    found = sorted(POSTGRES.glob("*/bin/initdb"))
    as_user = [] if os.geteuid() else ["runuser", "-u", "postgres", "--"]
    if not found or (as_user and shutil.which("runuser") is None):
        yield None
        return
    programs, data = found[-1].parent, folder / "pg"
    folder.chmod(0o755)
    data.mkdir()
    if as_user:
        shutil.chown(data, "postgres", "postgres")
    quietly([*as_user, programs / "initdb", "-D", data, "-U", "made", "-A", "trust"])
    options = f"-c listen_addresses='' -c unix_socket_directories={data}"
    control = [*as_user, programs / "pg_ctl", "-D", data, "-w"]
    quietly([*control, "-o", options, "-l", data / "log", "start"])
    try:
        yield f"postgresql+psycopg://made@/postgres?host={data}"
    finally:
        quietly([*control, "-m", "immediate", "stop"])


def quietly(command: list[str | Path]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def surveyed(server: Server, url: str, folder: Path) -> tuple[Took, dict[str, int]]:
    """Survey once, in a process of its own."""
    command = [sys.executable, "-m", "support.survey_ours", server.endpoint, server.bucket, url]
    said = folder / "said"
    return took(command, environment(server), said), json.loads(said.read_text())


def listed(server: Server, folder: Path) -> Took:
    """List once, in a process of its own."""
    command = [sys.executable, "-m", "support.list_ours", "fast-columns"]
    command += [server.endpoint, server.region, server.bucket]
    return took(command, environment(server), folder / "said")


def environment(server: Server) -> dict[str, str]:
    return {**server.environment, "PYTHONPATH": str(Path(__file__).parent)}


def row(what: str, took: Took, rows: int) -> str:
    per_million = took.cpu_s * 1_000_000 / rows
    rate = rows / took.wall_s
    return (
        f"| {what:<34} | {took.wall_s:>7.1f} | {rate:>9,.0f} | {per_million:>10.1f} "
        f"| {took.peak_mb:>5.0f} |"
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("rows", type=int, nargs="?", default=ROWS)
    asked.add_argument("--datasets", type=int, default=DATASETS)
    given = asked.parse_args()
    made = Made(given.rows, given.datasets)
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    print(f"{made.rows:,} versions and markers in {made.datasets:,} datasets\n")
    print(f"| {'':<34} |   s     |  rows/s   | CPU s/mill. | MB   |")
    print("|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name, stub() as endpoint:
        folder, server = Path(name), on_stub(endpoint, made)
        print(row("the listing alone", listed(server, folder), made.rows), flush=True)
        with postgres(folder) as url:
            urls = {"SQLite": f"sqlite:///{folder}/catalogue.db", "PostgreSQL": url}
            for what, each in urls.items():
                for turn in ("first survey", "again") if each else ():
                    took, said = surveyed(server, each, folder)
                    assert said == {"rows": made.rows, "datasets": made.datasets}, said
                    print(row(f"{turn}, {what}", took, made.rows), flush=True)
                    if made == Made(ROWS, DATASETS) and took.wall_s > WALL_S_GOAL:
                        print(f"  the goal of {WALL_S_GOAL:.0f} s is missed")


if __name__ == "__main__":
    main()
