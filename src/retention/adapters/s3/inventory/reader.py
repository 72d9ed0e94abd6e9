"""The newest inventory of a bucket, and what it comes to by folder.

Below the place of a configuration there is a folder for each inventory, named by its instant, with
the manifest in it and, once all is written, the MD5 of the manifest.
Source: Amazon S3 User Guide, *Locating your inventory list*.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import duckdb

from retention.adapters.s3.faults import FAULTS, store_error
from retention.adapters.s3.inventory.files import download, no_room, read_small
from retention.adapters.s3.inventory.manifest import (
    CHECKSUM,
    CSV,
    MANIFEST,
    File,
    Manifest,
    read,
    unreliable,
)
from retention.adapters.s3.inventory.rows import check_columns, rewrite, show
from retention.adapters.s3.inventory.sums import DEPTH_MAX, Sums
from retention.adapters.s3.place import bucket_and_prefix
from retention.errors import StoreError
from retention.ports.inventory import Group, Snapshot

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MANIFEST_BYTES_MAX: Final = 64_000_000  # some 250,000 files
CHECKSUM_BYTES_MAX: Final = 1_000
BATCH_BYTES: Final = 2_000_000_000  # of files that lie in the scratch folder at a time
PAGES_MAX: Final = 100  # of folders below a configuration: daily ones of 270 years

_FOLDER = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}Z/")


class S3Inventories:
    """Fits ``ports.inventory.Inventories``, for places such as ``s3://inventories/records/daily/``.

    Files are fetched into a new folder below *scratch*, as many at a time as have BATCH_BYTES
    together (one at least), and are removed with it.  They hold keys in the clear: *scratch*
    must lie where data of patients may lie.
    """

    def __init__(
        self,
        client: "S3Client",
        scratch: Path,
        *,
        memory_bytes: int = 500_000_000,
        threads: int = 2,
        batch_bytes: int = BATCH_BYTES,
    ) -> None:
        """Ask through *client*; add up in about *memory_bytes*, by *threads*."""
        self._client = client
        self._scratch = scratch
        self._memory_bytes = memory_bytes
        self._threads = threads
        self._batch_bytes = batch_bytes

    def newest(self, where: str) -> Snapshot:
        """Return the newest whole inventory below *where*; StoreError if there is none.

        One without a checksum is still being written, and passed over.  Raises ValueError if
        *where* is not a place of S3.
        """
        bucket, prefix = bucket_and_prefix(where)
        for folder in sorted(self._folders(bucket, prefix), reverse=True):
            key = f"{prefix}{folder}{MANIFEST}"
            found = self._manifest(bucket, key)
            if found is not None:
                return Snapshot(found.place, found.as_of, found.digest, f"s3://{bucket}/{key}")
        raise StoreError(
            "no whole inventory lies there",
            hint="compare the place with what the bucket is configured to write;"
            " the first inventory may take two days",
        )

    def groups(self, snapshot: Snapshot, *, depth: int) -> Iterator[Group]:
        """Yield the totals of each folder of at most *depth* segments, ascending, each once.

        Nothing is yielded before every file was verified and read.  What is not known because
        the inventory lacks the column: ``encryption`` and ``lock_modes`` count it as UNKNOWN if
        another column says how versions are kept; else nothing was looked at.

        Raises StoreError as the port says, and also if a row comes twice; ValueError if *depth*
        is negative or larger than DEPTH_MAX.
        """
        if not 0 <= depth <= DEPTH_MAX:
            raise ValueError(f"a depth is 0 to {DEPTH_MAX}, not {depth}")
        bucket, folder = bucket_and_prefix(snapshot.manifest.removesuffix(MANIFEST))
        return self._groups(bucket, f"{folder}{MANIFEST}", snapshot.digest, depth)

    def _groups(self, bucket: str, key: str, digest: str, depth: int) -> Iterator[Group]:
        manifest = self._manifest(bucket, key)
        if manifest is None or manifest.digest != digest:
            raise unreliable("its manifest is not there any more, or is another one")
        with (
            _folder(self._scratch) as folder,
            _engine(folder, self._memory_bytes, self._threads) as engine,
        ):
            sums = Sums(engine, bucket=manifest.bucket, columns=manifest.columns, depth=depth)
            for files in _batches(manifest.files, self._batch_bytes):
                self._add(sums, engine, bucket, manifest, files, folder)
            sums.check_once()
            yield from sums.groups()

    def _add(
        self,
        sums: Sums,
        engine: duckdb.DuckDBPyConnection,
        bucket: str,
        manifest: Manifest,
        files: list[tuple[int, File]],
        folder: Path,
    ) -> None:
        """Fetch *files*, add up their rows, and remove them."""
        here = []
        for number, file in files:
            path = folder / f"{number}.parquet"
            fetched = folder / f"{number}.csv.gz" if manifest.form == CSV else path
            download(self._client, bucket, file, fetched, number=number)
            if manifest.form == CSV:
                rewrite(engine, fetched, path, manifest.columns)
                fetched.unlink()
            check_columns(engine, path, manifest.columns)
            here.append(path)
        show(engine, here, manifest.columns)
        sums.add()
        for path in here:
            path.unlink()

    def _manifest(self, bucket: str, key: str) -> Manifest | None:
        """Return the manifest, or None if it is not whole yet; StoreError if it is damaged."""
        body = read_small(self._client, bucket, key, bytes_max=MANIFEST_BYTES_MAX)
        said = read_small(
            self._client,
            bucket,
            key.removesuffix(MANIFEST) + CHECKSUM,
            bytes_max=CHECKSUM_BYTES_MAX,
        )
        if body is None or said is None:
            return None
        md5 = hashlib.md5(body, usedforsecurity=False).hexdigest()
        if said.strip().lower() != md5.encode():
            raise unreliable("its manifest has another checksum")
        return read(body)

    def _folders(self, bucket: str, prefix: str) -> Iterator[str]:
        """Yield the names of the folders of inventories, in any order."""
        more: dict[str, Any] = {}
        for _ in range(PAGES_MAX):
            try:
                page = self._client.list_objects_v2(
                    Bucket=bucket, Prefix=prefix, Delimiter="/", **more
                )
            except FAULTS as error:
                raise store_error(error) from None
            for each in page.get("CommonPrefixes", []):
                name = each.get("Prefix", "").removeprefix(prefix)
                if _FOLDER.fullmatch(name):
                    yield name
            token = page.get("NextContinuationToken")
            if not page.get("IsTruncated"):
                return
            if not token or more.get("ContinuationToken") == token:
                raise unreliable("the list of them does not go on")
            more = {"ContinuationToken": token}
        raise unreliable(f"there are more than {PAGES_MAX} pages of them")


def _batches(files: tuple[File, ...], bytes_max: int) -> Iterator[list[tuple[int, File]]]:
    """Yield *files* with their numbers, as many together as have *bytes_max*; one at least."""
    batch: list[tuple[int, File]] = []
    size = 0
    for number, file in enumerate(files, 1):
        if batch and size + file.size_bytes > bytes_max:
            yield batch
            batch, size = [], 0
        batch.append((number, file))
        size += file.size_bytes
    if batch:
        yield batch


@contextmanager
def _folder(scratch: Path) -> Iterator[Path]:
    """Give a new folder in *scratch* that nobody else may read, and remove it."""
    try:
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = TemporaryDirectory(prefix="inventory-", dir=scratch)
    except OSError as error:
        raise no_room(error) from None
    with made as name:
        yield Path(name)


@contextmanager
def _engine(folder: Path, memory_bytes: int, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a DuckDB that reads and writes in *folder* alone, and never the network.

    What it raises becomes a StoreError without its text, which quotes rows.
    """
    try:
        with duckdb.connect(
            config={
                "memory_limit": f"{memory_bytes}B",
                "threads": threads,
                "temp_directory": str(folder / "spilled"),
                "preserve_insertion_order": False,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
                "allow_persistent_secrets": False,
                "python_enable_replacements": False,
            }
        ) as engine:
            engine.execute("SET TimeZone = 'UTC'")
            engine.execute("SET enable_progress_bar = false")  # it would be printed
            engine.execute("SET allowed_directories = [$folder]", {"folder": str(folder)})
            engine.execute("SET enable_external_access = false")
            engine.execute("SET lock_configuration = true")
            yield engine
    except duckdb.OutOfMemoryException:
        raise StoreError(
            "the inventory cannot be added up in the memory that it was given",
            hint="give it more memory, or fewer levels of folders",
        ) from None
    except duckdb.IOException:
        raise StoreError(
            "a file of the inventory cannot be read, or the scratch folder is full",
            hint="give the scratch folder more room; else wait for the next inventory",
        ) from None
    except duckdb.Error:
        raise unreliable("a file cannot be read as its manifest says") from None
