"""What the manifest of an inventory says: of which bucket, when, in what form, in which files.

Source: Amazon S3 User Guide, *Cataloging and analyzing your data with S3 Inventory*, and there
*Locating your inventory list*.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from retention.adapters.s3.place import bucket_and_prefix
from retention.domain.canonical import sha256
from retention.errors import StoreError, StoreRefusedError

MANIFEST, CHECKSUM = "manifest.json", "manifest.checksum"
CSV, PARQUET = "CSV", "Parquet"
VERSION: Final = "2016-11-30"  # the only one there has been
NEEDED: Final = ("bucket", "key", "version_id", "is_latest", "is_delete_marker", "size")

# Columns that we read, by their names in CSV; in Parquet they are called like the values.
NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Bucket": "bucket",
        "Key": "key",
        "VersionId": "version_id",
        "IsLatest": "is_latest",
        "IsDeleteMarker": "is_delete_marker",
        "Size": "size",
        "LastModifiedDate": "last_modified_date",
        "ETag": "e_tag",
        "StorageClass": "storage_class",
        "ChecksumAlgorithm": "checksum_algorithm",
        "EncryptionStatus": "encryption_status",
        "ObjectLockRetainUntilDate": "object_lock_retain_until_date",
        "ObjectLockMode": "object_lock_mode",
        "ObjectLockLegalHoldStatus": "object_lock_legal_hold_status",
    }
)
_READ = frozenset(NAMES.values())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MD5 = re.compile(r"[0-9a-f]{32}")
_FIELD = re.compile(r"\b(?:required|optional|repeated)\s+[a-z0-9_]+\s+([A-Za-z0-9_]+)")


@dataclass(frozen=True, slots=True)
class File:
    """One file of rows."""

    key: str = field(repr=False)
    size_bytes: int
    md5: str  # in hexadecimal digits


@dataclass(frozen=True, slots=True)
class Manifest:
    """One inventory; *columns* are those of its files in order, "" for each that we do not read."""

    bucket: str  # the one that is listed
    as_of: datetime
    digest: str  # sha256:…
    form: str  # CSV or PARQUET
    columns: tuple[str, ...]
    files: tuple[File, ...]

    @property
    def place(self) -> str:
        """What it lists."""
        return f"s3://{self.bucket}/"


def unreliable(what: str) -> StoreError:
    """Return what to raise for an inventory that is not as S3 would write it."""
    return StoreError(
        f"the inventory cannot be relied on: {what}",
        hint="nothing was concluded from it; wait for the next one, or list the bucket itself",
    )


def read(body: bytes) -> Manifest:
    """Read the manifest with this *body*; raise StoreError if it is of no use to us."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise unreliable("its manifest is no JSON") from None
    if not isinstance(said, dict) or said.get("version") != VERSION:
        raise unreliable(f"its manifest is not of version {VERSION}")
    form = said.get("fileFormat")
    if form not in {CSV, PARQUET}:
        raise StoreRefusedError(
            "the inventory is neither in Parquet nor in CSV",
            hint="configure the inventory to be written in Parquet (or CSV)",
        )
    bucket = said.get("sourceBucket")
    if not isinstance(bucket, str) or not _is_bucket(bucket):
        raise unreliable("its manifest names no bucket")
    return Manifest(
        bucket=bucket,
        as_of=_instant(said.get("creationTimestamp")),
        digest=sha256(body),
        form=form,
        columns=_columns(form, said.get("fileSchema")),
        files=_files(said.get("files")),
    )


def _is_bucket(name: str) -> bool:
    try:
        return bucket_and_prefix(f"s3://{name}/") == (name, "")
    except ValueError:
        return False


def _instant(milliseconds: object) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=int(str(milliseconds)))
    except (ValueError, OverflowError):
        raise unreliable("its manifest does not say when it was made") from None


def _columns(form: str, schema: object) -> tuple[str, ...]:
    if not isinstance(schema, str):
        raise unreliable("its manifest does not say what the files hold")
    if form == CSV:
        named = [NAMES.get(name.strip(), "") for name in schema.split(",")]
    else:
        named = [name if name in _READ else "" for name in _FIELD.findall(schema)]
    read_by_us = [name for name in named if name]
    if not set(NEEDED) <= set(read_by_us):
        raise StoreError(
            "the inventory does not list all versions with their sizes",
            hint="configure an inventory of all versions, with the field Size at least;"
            " one of current versions only shows a part of what is kept",
        )
    if len(read_by_us) != len(set(read_by_us)):
        raise unreliable("its manifest names a column twice")
    return tuple(named)


def _files(listed: object) -> tuple[File, ...]:
    if not isinstance(listed, list):
        raise unreliable("its manifest names no files")
    files = tuple(_file(each) for each in listed)
    if len({file.key for file in files}) != len(files):
        raise unreliable("its manifest names a file twice")
    return files


def _file(said: Any) -> File:
    said = said if isinstance(said, dict) else {}
    key, size, md5 = said.get("key"), said.get("size"), said.get("MD5checksum")
    if not (isinstance(key, str) and key and isinstance(md5, str) and _MD5.fullmatch(md5.lower())):
        raise unreliable("its manifest does not say all of a file")
    if not isinstance(size, int) or size < 0:
        raise unreliable("its manifest does not say how large a file is")
    return File(key, size, md5.lower())
