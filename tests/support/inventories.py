"""Inventories to test with: one in memory, and a writer that writes what S3 would write.

What rows come to is worked out here once more, row by row and in plain words: ``expected``.
"""

import csv
import gzip
import hashlib
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote_plus

import duckdb

from retention.domain.sketch import chosen
from retention.domain.totals import UNKNOWN, Totals
from retention.errors import StoreError
from retention.ports.inventory import Group, Snapshot

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MARKER_FIELDS = ("Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker")
LOCKS = ("ObjectLockRetainUntilDate", "ObjectLockMode", "ObjectLockLegalHoldStatus")
FIELDS = (
    *("Size", "LastModifiedDate", "ETag", "StorageClass", "IsMultipartUploaded"),
    *("ReplicationStatus", "EncryptionStatus", *LOCKS),
    *("IntelligentTieringAccessTier", "BucketKeyStatus", "ChecksumAlgorithm"),
    *("ObjectAccessControlList", "ObjectOwner"),
)
KINDS = {
    "SSE-S3": "AES256",
    "SSE-KMS": "aws:kms",
    "DSSE-KMS": "aws:kms:dsse",
    "SSE-C": "SSE-C",
    "NOT-SSE": "none",
}
FLAGS = ("IsLatest", "IsDeleteMarker", "IsMultipartUploaded")
INSTANTS = ("LastModifiedDate", "ObjectLockRetainUntilDate")


@dataclass(frozen=True)
class Row:
    """One version or delete marker, in the words of S3; None is what S3 leaves empty."""

    key: str
    version_id: str | None = None  # None is that of a bucket that never kept versions
    marker: bool = False
    size: int | None = 0
    modified_at: datetime | None = EPOCH
    etag: str | None = None
    class_: str | None = "STANDARD"
    checksum: str | None = None
    encryption: str | None = "SSE-S3"
    until: datetime | None = None
    lock: str | None = None
    hold: bool | None = None
    bucket: str | None = None  # another one than the inventory's

    def values(self, bucket):
        """What stands in each column."""
        return {
            "Bucket": self.bucket or bucket,
            "Key": self.key,
            "VersionId": self.version_id,
            "IsLatest": True,
            "IsDeleteMarker": self.marker,
            "Size": self.size,
            "LastModifiedDate": self.modified_at,
            "ETag": self.etag,
            "StorageClass": self.class_,
            "IsMultipartUploaded": False,
            "EncryptionStatus": self.encryption,
            "ObjectLockRetainUntilDate": self.until,
            "ObjectLockMode": self.lock,
            "ObjectLockLegalHoldStatus": {True: "On", False: "Off", None: None}[self.hold],
            "ChecksumAlgorithm": self.checksum,
        }


def data(key, content=b"", **more):
    """Return the row of an object with this content."""
    etag = hashlib.md5(content).hexdigest()
    return Row(key, **{"version_id": None, "size": len(content), "etag": etag} | more)


def marker(key, version_id, **more):
    """Return the row of a delete marker, of which S3 says little."""
    blank = {"size": None, "etag": None, "class_": None, "encryption": None}
    return Row(key, version_id, marker=True, **blank | more)


# What rows come to


def expected(rows, depth, fields=FIELDS):
    """Return the groups of *rows* of which the inventory says *fields*."""
    groups = {}
    for row in rows:
        folders = row.key.split("/")[:-1][:depth]
        groups.setdefault("".join(f"{each}/" for each in folders), []).append(row)
    return [Group(folder, totals_of(groups[folder], fields)) for folder in sorted(groups)]


def totals_of(rows, fields=FIELDS):
    """Return the totals of *rows*."""
    totals, etags, looks = Totals(), set(), {"EncryptionStatus", *LOCKS[1:]} & set(fields)
    for row in rows:
        at = row.modified_at if "LastModifiedDate" in fields else None
        totals.between(at, at)
        if row.marker:
            totals.markers += 1
            continue
        traits = totals.traits
        totals.versions += 1
        totals.size_bytes += row.size
        if "StorageClass" in fields and row.class_:
            traits.classes[row.class_] += 1
        if "ChecksumAlgorithm" in fields and row.checksum:
            traits.checksums[row.checksum] += 1
        if "ETag" in fields and row.etag and row.size:
            etags.add(row.etag)
        if looks:
            traits.looked_at += 1
            said = row.encryption if "EncryptionStatus" in fields else None
            traits.encryption[KINDS.get(said, UNKNOWN)] += 1
            if "ObjectLockMode" not in fields:
                traits.lock_modes[UNKNOWN] += 1
            elif row.lock:
                traits.lock_modes[row.lock.upper()] += 1
        if LOCKS[0] in fields and row.until is not None:
            traits.locked_until = max(traits.locked_until or row.until, row.until)
        traits.legal_holds += LOCKS[2] in fields and row.hold is True
    totals.traits.sketch = chosen(etags)
    return totals


class MemoryInventories:
    """Fits ``Inventories``; holds what was published to it."""

    def __init__(self):
        self._held = {}

    def publish(self, bucket, rows, *, at, fields=FIELDS, whole=True):
        """Keep an inventory of *bucket*; return where."""
        digest = hashlib.sha256(f"{bucket} {at} {rows}".encode()).hexdigest()
        where = f"s3://inventories/{bucket}/all/"
        snapshot = Snapshot(f"s3://{bucket}/", at, f"sha256:{digest}", f"{where}{at}")
        self._held.setdefault(where, []).append((snapshot, bucket, list(rows), fields, whole))
        return where

    def newest(self, where):
        """Find one, as ``ports.inventory.Inventories``."""
        whole = [each[0] for each in self._held.get(where, []) if each[-1]]
        if not whole:
            raise StoreError("no whole inventory lies there", hint="compare the place")
        return max(whole, key=lambda snapshot: snapshot.as_of)

    def groups(self, snapshot, *, depth):
        """Add up, as ``ports.inventory.Inventories``."""
        held = [each for several in self._held.values() for each in several if each[0] == snapshot]
        for _, bucket, rows, fields, _ in held:
            if "Size" not in fields:
                raise StoreError("it does not list sizes", hint="configure it anew")
            if any(row.bucket not in {None, bucket} for row in rows):
                raise StoreError("it has rows of another bucket", hint="wait for the next one")
            if len({(row.key, row.version_id or "null") for row in rows}) < len(rows):
                raise StoreError("a row comes twice", hint="wait for the next one")
            yield from expected(rows, depth, fields)


# What S3 writes


class Published:
    """An inventory that a test writes to a bucket, and may then damage; *form* is CSV or Parquet."""

    def __init__(self, client, to, bucket, rows, *, at, form, fields=FIELDS, files=1):
        """Write *rows* of *bucket* in so many *files* to the bucket *to*."""
        self._client, self.to, self.form = client, to, form
        self.fields = (*MARKER_FIELDS, *fields)
        self.base = f"all/{bucket}/daily/"
        self.folder = f"{self.base}{at:%Y-%m-%dT%H-%MZ}/"
        self.files = []
        for number in range(files):
            part = [row.values(bucket) for row in rows[number::files]]
            self.add_file(self.content(part), f"{at:%Y%m%d%H%M}-{number}")
        self.manifest = {
            "sourceBucket": bucket,
            "destinationBucket": f"arn:aws:s3:::{to}",
            "version": "2016-11-30",
            "creationTimestamp": str((at - EPOCH) // timedelta(milliseconds=1)),
            "fileFormat": form,
            "fileSchema": schema_of(form, self.fields),
            "files": self.files,
        }
        self.write_manifest()

    @property
    def where(self):
        """The place of the configuration."""
        return f"s3://{self.to}/{self.base}"

    def content(self, rows):
        """Return a file of *rows*."""
        return (csv_of if self.form == "CSV" else parquet_of)(rows, self.fields)

    def add_file(self, content, name):
        """Write a data file, and name it in the manifest."""
        key = f"{self.base}data/{name}.{self.form.lower()}"
        self._client.put_object(Bucket=self.to, Key=key, Body=content)
        md5 = hashlib.md5(content).hexdigest()
        self.files.append({"key": key, "size": len(content), "MD5checksum": md5})

    def write_manifest(self, *, checksum=None):
        """Write the manifest as it is now, with its *checksum* or another."""
        body = json.dumps(self.manifest, indent=2).encode()
        self.put("manifest.json", body)
        self.put("manifest.checksum", checksum or f"{hashlib.md5(body).hexdigest()}\n".encode())

    def put(self, name, body):
        """Write a file beside the manifest."""
        self._client.put_object(Bucket=self.to, Key=self.folder + name, Body=body)

    def remove(self, name):
        """Remove a file beside the manifest."""
        self._client.delete_object(Bucket=self.to, Key=self.folder + name)

    def read_file(self, *, number=0):
        """Return the content of a data file."""
        key = self.files[number]["key"]
        return self._client.get_object(Bucket=self.to, Key=key)["Body"].read()

    def write_file(self, content, *, number=0):
        """Write another content of a data file, which the manifest does not know."""
        key = self.files[number]["key"]
        self._client.put_object(Bucket=self.to, Key=key, Body=content)

    def replace_file(self, content, *, number=0):
        """Write another content of a data file, and say so in the manifest."""
        self.write_file(content, number=number)
        md5 = hashlib.md5(content).hexdigest()
        self.files[number] |= {"size": len(content), "MD5checksum": md5}
        self.write_manifest()


def snake(name):
    """Return what a column is called in Parquet."""
    if name == "ETag":
        return "e_tag"
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).removeprefix("_")


def schema_of(form, fields):
    """Return the schema of a manifest."""
    if form == "CSV":
        return ", ".join(fields)
    written = []
    for name in fields:
        need = "required" if name in {"Bucket", "Key"} else "optional"
        kind, said = ("binary", " (STRING)")
        if name in FLAGS:
            kind, said = "boolean", ""
        elif name == "Size":
            kind, said = "int64", ""
        elif name in INSTANTS:
            kind, said = "int64", " (TIMESTAMP(MILLIS,true))"
        written.append(f"  {need} {kind} {snake(name)}{said};")
    return f"message s3.inventory {{{''.join(written)}}}"


def csv_of(rows, fields):
    """Return a file as S3 writes it: gzip, no header, all in quotes, keys encoded."""
    out = StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
    for row in rows:
        writer.writerow([_text(name, row.get(name)) for name in fields])
    return gzip.compress(out.getvalue().encode(), mtime=0)


def _text(name, value):
    if value is None:
        return ""
    if name == "Key":
        return quote_plus(value, safe="/*")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)


def parquet_of(rows, fields, **types):
    """Return a file as S3 writes it: snappy; *types* are those of columns that shall have others."""
    kinds = dict.fromkeys(fields, "VARCHAR") | dict.fromkeys(FLAGS, "BOOLEAN")
    kinds |= {"Size": "BIGINT"} | dict.fromkeys(INSTANTS, "TIMESTAMPTZ") | types
    columns = ", ".join(f"{snake(name)} {kinds[name]}" for name in fields)
    blanks = ", ".join("?" for _ in fields)
    with TemporaryDirectory() as folder, duckdb.connect() as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute(f"CREATE TABLE t ({columns})")
        values = [[row.get(name) for name in fields] for row in rows]
        if values:
            cells = [cell for row in values for cell in row]
            engine.execute(
                f"INSERT INTO t VALUES {', '.join([f'({blanks})'] * len(values))}", cells
            )
        path = Path(folder, "x.parquet")
        engine.execute(f"COPY t TO '{path}' (FORMAT parquet, COMPRESSION snappy)")
        return path.read_bytes()


def shuffled(rows, seed=0):
    """Return *rows* in another order."""
    rows = list(rows)
    random.Random(seed).shuffle(rows)
    return rows
