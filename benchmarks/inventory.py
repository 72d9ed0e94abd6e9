"""An inventory of ten million versions to totals of a thousand datasets, beside three peers.

    python benchmarks/inventory.py             # 10,000,000 rows in Parquet, 1,000,000 in CSV
    python benchmarks/inventory.py 1000000     # fewer

Made: 16 columns in 10 snappy Parquet files, sorted by key, a tenth of the rows delete markers, and
a twentieth of the contents twice.  Ours verifies each row, finds rows that come twice, and yields
counts, bytes, times, classes, checksums, encryption, locks and a sketch of contents by folder.
The peers count versions, markers, bytes, times and classes by folder, and nothing else: they say
what the plain adding up costs.  polars is installed into a folder that is removed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

import duckdb
from support.measure import FailedError, Took, took

ROWS, CSV_ROWS, DATASETS, FILES, DEPTH = 10_000_000, 1_000_000, 1_000, 10, 4
SECONDS_MAX, MEGABYTES_MAX = 5, 600
POLARS = "polars==1.*"
INSTALL_S_MAX = 300

MAKE = """
SELECT
    'made-bucket' AS bucket,
    format('audit-{:02d}/patient-level/{}/{}/part-{:02d}/file-{:09d}.parquet', d // 50,
        ['england', 'wales'][1 + d % 2], 2000 + d % 50 // 2, i % 100, i) AS key,
    md5('v' || i) AS version_id, true AS is_latest, i % 10 = 9 AS is_delete_marker,
    if(i % 10 = 9, NULL, (i * 7919) % 10000000) AS size,
    to_timestamp(1546300800 + i * 13) AS last_modified_date,
    md5((i % <contents>)::VARCHAR) AS e_tag,
    ['STANDARD', 'GLACIER', 'STANDARD_IA'][1 + i % 3] AS storage_class,
    false AS is_multipart_uploaded, NULL::VARCHAR AS replication_status,
    if(i % 10 = 9, NULL, 'SSE-KMS') AS encryption_status,
    if(i % 100 = 0, to_timestamp(1900000000), NULL) AS object_lock_retain_until_date,
    if(i % 100 = 0, 'COMPLIANCE', NULL) AS object_lock_mode,
    if(i % 100 = 0, 'Off', NULL) AS object_lock_legal_hold_status,
    'CRC64NVME' AS checksum_algorithm
FROM (SELECT i, i * <datasets> // <rows> AS d FROM range(<from>, <to>) r(i))
"""
NAMES = (
    *("Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker", "Size", "LastModifiedDate"),
    *("ETag", "StorageClass", "IsMultipartUploaded", "ReplicationStatus", "EncryptionStatus"),
    *("ObjectLockRetainUntilDate", "ObjectLockMode", "ObjectLockLegalHoldStatus"),
    "ChecksumAlgorithm",
)
# As `groups` does, but that the files lie there already, verified.
OURS = """
import json, sys
from pathlib import Path
from retention.adapters.s3.inventory.manifest import NAMES
from retention.adapters.s3.inventory.reader import _engine
from retention.adapters.s3.inventory.rows import check_columns, rewrite, show
from retention.adapters.s3.inventory.sums import Sums
folder, depth = Path(sys.argv[1]), int(sys.argv[2])
columns = [NAMES.get(name, "") for name in json.loads(sys.argv[3])]
with _engine(folder, 500_000_000, 2) as engine:
    sums = Sums(engine, bucket="made-bucket", columns=columns, depth=depth)
    parquets = sorted(folder.glob("*.parquet"))
    for csv in sorted(folder.glob("*.csv.gz")):
        parquets.append(csv.with_suffix(".rewritten"))
        rewrite(engine, csv, parquets[-1], columns)
    for parquet in parquets:
        check_columns(engine, parquet, columns)
    show(engine, parquets, columns)
    sums.add()
    sums.check_once()
    found = {group.folder: group.totals for group in sums.groups()}
for rewritten in folder.glob("*.rewritten"):
    rewritten.unlink()
total = [len(found), *(sum(getattr(t, name) for t in found.values())
                       for name in ("versions", "markers", "size_bytes"))]
print(json.dumps(total))
"""
FETCH = """
import hashlib, json, sys, tempfile
from pathlib import Path
from retention.adapters.s3.inventory.files import CHUNK_BYTES, download
from retention.adapters.s3.inventory.manifest import File
class Body:
    def __init__(self, path):
        self._file = open(path, "rb")
    def iter_chunks(self, size):
        return iter(lambda: self._file.read(size), b"")
    def close(self):
        self._file.close()
class Here:
    def get_object(self, Bucket, Key):
        return {"Body": Body(Key)}
files = json.loads(sys.argv[1])
with tempfile.TemporaryDirectory(dir=sys.argv[2]) as name:
    for number, (key, size, md5) in enumerate(files):
        download(Here(), "made", File(key, size, md5), Path(name, str(number)), number=number)
        Path(name, str(number)).unlink()
print("[]")
"""
BARE = r"""
import json, sys
import duckdb
engine = duckdb.connect(config={"threads": 2, "memory_limit": "500MB",
                                "temp_directory": sys.argv[1] + "/spilled"})
engine.execute("SET enable_progress_bar = false")
engine.execute('''
CREATE TABLE found AS
SELECT regexp_extract(key, '^(?:[^/]*/){0,' || $depth || '}') AS folder, storage_class,
    count(*) FILTER (NOT is_delete_marker) AS versions,
    count(*) FILTER (is_delete_marker) AS markers, coalesce(sum(size), 0) AS size,
    min(last_modified_date), max(last_modified_date)
FROM read_parquet($files) GROUP BY ALL
''', {"files": [sys.argv[1] + "/*.parquet"], "depth": sys.argv[2]})
total = "SELECT count(DISTINCT folder), sum(versions), sum(markers), sum(size) FROM found"
print(json.dumps([int(each) for each in engine.execute(total).fetchone()]))
"""
WITH_POLARS = r"""
import json, sys
from pathlib import Path
import polars as pl
folder, depth, names = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
if list(folder.glob("*.parquet")):
    rows = pl.scan_parquet(sorted(folder.glob("*.parquet")))
else:
    rows = pl.scan_csv(sorted(folder.glob("*.csv.gz")), has_header=False, new_columns=names)
    rows = rows.select(
        key="Key", is_delete_marker="IsDeleteMarker", size="Size", storage_class="StorageClass",
        last_modified_date="LastModifiedDate")
marker = pl.col("is_delete_marker").cast(pl.Boolean)
found = (
    rows.with_columns(folder=pl.col("key").str.extract("^((?:[^/]*/){0,%s})" % depth, 1))
    .group_by("folder", "storage_class")
    .agg(
        versions=(~marker).sum(), markers=marker.sum(), size=pl.col("size").sum(),
        oldest=pl.col("last_modified_date").min(), newest=pl.col("last_modified_date").max(),
    )
    .collect(engine="streaming")
)
total = found.select(pl.col("folder").n_unique(), pl.sum("versions", "markers", "size"))
print(json.dumps(list(total.row(0))))
"""
WITH_CSV = """
import csv, gzip, io, json, sys
from pathlib import Path
from urllib.parse import unquote_plus
depth, found = int(sys.argv[2]), {}
for path in sorted(Path(sys.argv[1]).glob("*.csv.gz")):
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.reader(file):
            folder = "/".join(unquote_plus(row[1]).split("/")[:-1][:depth])
            totals = found.setdefault((folder, row[8]), [0, 0, 0, "~", ""])
            if row[4] == "true":
                totals[1] += 1
            else:
                totals[0] += 1
                totals[2] += int(row[5])
            totals[3], totals[4] = min(totals[3], row[6]), max(totals[4], row[6])
print(json.dumps([len({folder for folder, _ in found}),
                  *(sum(totals[n] for totals in found.values()) for n in range(3))]))
"""


def make(folder: Path, rows: int, *, form: str) -> None:
    """Write an inventory of *rows*."""
    folder.mkdir()
    files = FILES if form == "parquet" else 1
    with duckdb.connect(config={"threads": 2}) as engine:
        engine.execute("SET enable_progress_bar = false")
        engine.execute("SET TimeZone = 'UTC'")
        for number in range(files):
            said = MAKE.replace("<rows>", str(rows)).replace("<datasets>", str(DATASETS))
            said = said.replace("<contents>", str(rows * 19 // 20))
            said = said.replace("<from>", str(rows * number // files))
            said = said.replace("<to>", str(rows * (number + 1) // files))
            if form == "parquet":
                to = f"'{folder}/{number}.parquet' (FORMAT parquet, COMPRESSION snappy)"
            else:
                said = "SELECT * REPLACE (" + ", ".join(
                    f"coalesce(strftime({name}, '%Y-%m-%dT%H:%M:%S.000Z'), '') AS {name}"
                    for name in ("last_modified_date", "object_lock_retain_until_date")
                ) + f") FROM ({said})"  # fmt: skip
                to = f"'{folder}/{number}.csv.gz' (FORMAT csv, HEADER false, FORCE_QUOTE *, "
                to += "NULLSTR '', COMPRESSION gzip)"
            engine.execute(f"COPY ({said}) TO {to}")


def polars(folder: Path) -> Path | None:
    """Install polars below *folder* and return the Python that has it; None if there is no way."""
    venv.create(folder, with_pip=True)
    python = folder / "bin/python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", POLARS]
    try:
        subprocess.run(install, check=True, timeout=INSTALL_S_MAX, capture_output=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        print("(polars cannot be installed here: its rows are left out)")
        return None
    return python


def digests(folder: Path) -> str:
    """Return the name, size and MD5 of each file, as JSON."""
    said = subprocess.run(
        ["md5sum", *sorted(folder.iterdir())], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    paths = [(line[34:], line[:32]) for line in said]
    return json.dumps([(path, Path(path).stat().st_size, md5) for path, md5 in paths])


def row(rows: int, what: str, command: Sequence[str | Path], scratch: Path) -> tuple[Took, str]:
    """Measure one process, print its row of the table, and return what it said."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    out = scratch / "said"
    each = took(command, environment | {"POLARS_MAX_THREADS": "2"}, out)
    print(f"| {rows:>10,} | {what:<44} | {each.wall_s:7.2f} | {each.cpu_s:6.2f} "
          f"| {each.peak_mb:6.0f} |", flush=True)  # fmt: skip
    return each, out.read_text()


def compare(rows: int, folder: Path, scratch: Path, peers: dict[str, list[str | Path]]) -> Took:
    """Print the rows of one inventory; SystemExit if they do not come to the same."""
    arguments = [str(folder), str(DEPTH), json.dumps(NAMES)]
    ours, said = row(
        rows, "ours, from verified files", [sys.executable, "-c", OURS, *arguments], scratch
    )
    row(rows, "fetching and verifying the files, beside it",
        [sys.executable, "-c", FETCH, digests(folder), scratch], scratch)  # fmt: skip
    for name, command in peers.items():
        _, theirs = row(rows, name, [*command, *arguments], scratch)
        if theirs != said:
            raise SystemExit(
                f"{name} comes to something else: {theirs.strip()}, not {said.strip()}"
            )
    folders, versions, markers, size = json.loads(said)
    print(f"(all come to {folders:,} folders, {versions:,} versions, {markers:,} markers, "
          f"{size:,} bytes)\n")  # fmt: skip
    return ours


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the reading of an inventory.")
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder, scratch = Path(name), Path(name, "scratch")
        scratch.mkdir()
        make(folder / "parquet", rows, form="parquet")
        make(folder / "csv", min(rows, CSV_ROWS), form="csv")
        sizes = {each: sum(f.stat().st_size for f in (folder / each).iterdir())
                 for each in ("parquet", "csv")}  # fmt: skip
        python = polars(folder / "polars")
        with_polars: dict[str, list[str | Path]] = (
            {} if python is None else {"polars, totals alone": [python, "-c", WITH_POLARS]}
        )
        print(f"{os.cpu_count()} cores, DuckDB {duckdb.__version__}; Parquet "
              f"{sizes['parquet'] / 1e6:.0f} MB, CSV {sizes['csv'] / 1e6:.0f} MB\n")  # fmt: skip
        print(f"| {'rows':>10} | {'what':<44} | seconds |  CPU s |     MB |")
        print(f"| {'-' * 9}: | :{'-' * 43} | ------: | -----: | -----: |")
        try:
            bare = {"DuckDB, totals alone": [sys.executable, "-c", BARE]}
            ours = compare(rows, folder / "parquet", scratch, bare | with_polars)
            plain = {"csv of Python, totals alone": [sys.executable, "-c", WITH_CSV]}
            compare(min(rows, CSV_ROWS), folder / "csv", scratch, plain | with_polars)
        except FailedError as error:
            raise SystemExit(f"a process failed: {error}") from None
    print(f"Goal for {ROWS:,} rows: under {SECONDS_MAX} s and {MEGABYTES_MAX} MB; "
          f"these {rows:,}: {ours.wall_s:.2f} s and {ours.peak_mb:.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
