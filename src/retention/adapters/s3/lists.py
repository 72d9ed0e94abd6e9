"""What a bucket holds: every version, delete marker and unfinished upload, in one order.

Servers differ in what they say of a page's end: the Ceph object gateway returns keys encoded
and the next marker bare, so that whoever decodes both goes on at the wrong place and misses
versions in silence.  Here the next page begins after a row that was seen, and nothing else, and
every row is held against the one before.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from retention.adapters.s3.faults import FAULTS, store_error
from retention.adapters.s3.place import bucket_and_prefix
from retention.adapters.s3.spans import Row, swept
from retention.domain.dataset import Kind, ObjectVersion
from retention.errors import StoreError
from retention.ports.store import Span, Swept

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListMultipartUploadsOutputTypeDef as Uploads
    from mypy_boto3_s3.type_defs import ListObjectVersionsOutputTypeDef as Versions

PAGE_ROWS_MAX = 1000

_KINDS = (("Versions", Kind.DATA), ("DeleteMarkers", Kind.MARKER))


class S3Lists:
    """Fits ``ports.store.Lists`` and ``Sweeps``, for places such as ``s3://bucket/path/``."""

    def __init__(self, client: "S3Client", *, page_rows: int = PAGE_ROWS_MAX) -> None:
        """Ask through *client*, for *page_rows* rows at a time."""
        if not 1 <= page_rows <= PAGE_ROWS_MAX:
            raise ValueError(f"a page has 1 to {PAGE_ROWS_MAX} rows, not {page_rows}")
        self._client = client
        self._page_rows = page_rows

    def versions(self, place: str) -> Iterator[ObjectVersion]:
        """Yield all that lies in *place*, ascending; raise StoreError rather than leave one out.

        Holds the rows of one key in memory, and all unfinished uploads of the place.
        """
        bucket, prefix = bucket_and_prefix(place)
        return self._merged(bucket, prefix)

    def sweep(self, place: str, spans: Sequence[Span]) -> Iterator[Swept]:
        """Yield what lies in *spans* of *place*, one span after another, all in lane 0.

        Holds a page, and the rows of one key.  Raises StoreError rather than leave one out.
        """
        bucket, prefix = bucket_and_prefix(place)
        return self._swept(bucket, prefix, tuple(spans))

    def uploads(self, place: str) -> Iterator[ObjectVersion]:
        """Yield the unfinished uploads in *place*, ascending; raise StoreError on a bad listing."""
        bucket, prefix = bucket_and_prefix(place)
        return self._each_upload(bucket, prefix)

    def _each_upload(self, bucket: str, prefix: str) -> Iterator[ObjectVersion]:
        yield from self._uploads(bucket, prefix)

    def _swept(self, bucket: str, prefix: str, spans: Sequence[Span]) -> Iterator[Swept]:
        for span in spans:
            # A marker before the whole place would say nothing, and some servers refuse it.
            begin = span.after if span.after >= prefix else ""
            rows = _by_key(self._stored(bucket, prefix, begin), begin)
            yield from swept(rows, span, self._page_rows)

    def _merged(self, bucket: str, prefix: str) -> Iterator[ObjectVersion]:
        # Uploads first: one that is finished meanwhile is then seen twice, and not never.
        uploads = self._uploads(bucket, prefix)
        stored = (version for version, _ in _by_key(self._stored(bucket, prefix)))
        yield from heapq.merge(stored, uploads)

    def _stored(self, bucket: str, prefix: str, after: str = "") -> Iterator[Row]:
        """Yield versions and markers as the store orders them: by key, newest first.

        Begins at *after* or behind it: servers differ.
        """
        marker: dict[str, Any] = {"KeyMarker": after} if after else {}
        while True:
            page = self._page_of_versions(bucket, prefix, marker)
            rows = _rows(page, prefix)
            yield from rows
            if not _goes_on(page, rows):
                return
            last = _last([version for version, _ in rows], page.get("NextVersionIdMarker"))
            marker = {"KeyMarker": last.key, "VersionIdMarker": last.version_id}

    def _page_of_versions(self, bucket: str, prefix: str, marker: dict[str, Any]) -> "Versions":
        try:
            return self._client.list_object_versions(
                Bucket=bucket,
                Prefix=prefix,
                MaxKeys=self._page_rows,
                EncodingType="url",  # asked for by us, it is decoded by us and not by botocore
                **marker,
            )
        except FAULTS as error:
            raise store_error(error) from None

    def _uploads(self, bucket: str, prefix: str) -> list[ObjectVersion]:
        """Return the unfinished uploads, sorted: stores order them by key and id run together."""
        found: set[ObjectVersion] = set()
        marker: dict[str, Any] = {}
        while True:
            page = self._page_of_uploads(bucket, prefix, marker)
            rows = [
                _upload(row, page.get("EncodingType"), prefix) for row in page.get("Uploads", [])
            ]
            before = len(found)
            found.update(rows)
            if len(found) < before + len(rows):
                raise _broken("a row came twice")
            if not _goes_on(page, rows):
                return sorted(found)
            marker = {"KeyMarker": rows[-1].key, "UploadIdMarker": rows[-1].version_id}

    def _page_of_uploads(self, bucket: str, prefix: str, marker: dict[str, Any]) -> "Uploads":
        # No encoding is asked for: Ceph would encode here without saying so.  A key that XML
        # cannot carry then makes the page unreadable, which is an error and not a wrong key.
        try:
            return self._client.list_multipart_uploads(
                Bucket=bucket, Prefix=prefix, MaxUploads=self._page_rows, **marker
            )
        except FAULTS as error:
            raise store_error(error) from None


def _rows(page: Any, prefix: str) -> list[Row]:
    """Return the rows of *page* by key: botocore gives versions and markers apart."""
    encoding = page.get("EncodingType")
    lists = (
        [
            (_version(row, kind, encoding, prefix), ",".join(row.get("ChecksumAlgorithm", [])))
            for row in page.get(name, [])
        ]
        for name, kind in _KINDS
    )
    return list(heapq.merge(*lists, key=lambda row: row[0].key))


def _last(rows: list[ObjectVersion], last_id: str | None) -> ObjectVersion:
    """Return the row to go on from; *last_id* only says which of two it is.

    Of the last key, either the last version or the last marker ended the page.  Were it the
    other one, rows would come twice, which is an error; none would be missed.
    """
    tails = {row.kind: row for row in rows if row.key == rows[-1].key}
    return next((row for row in tails.values() if row.version_id == last_id), rows[-1])


def _by_key(rows: Iterable[Row], key: str = "") -> Iterator[Row]:
    """Sort the rows of each key; raise StoreError if one is before *key* or comes twice."""
    group: dict[ObjectVersion, str] = {}
    for version, checksums in rows:
        if version.key < key:
            raise _broken("a row is out of order")
        if version.key > key:
            yield from sorted(group.items())
            key, group = version.key, {}
        if version in group:
            raise _broken("a row came twice")
        group[version] = checksums
    yield from sorted(group.items())


def _version(row: Any, kind: Kind, encoding: str | None, prefix: str) -> ObjectVersion:
    try:
        return ObjectVersion(
            _key(row["Key"], encoding, prefix),
            kind,
            _id(row["VersionId"]),
            row.get("Size", 0),
            row.get("ETag", "").strip('"'),
            modified_at=row["LastModified"],
            storage_class=row.get("StorageClass", ""),
        )
    except KeyError:
        raise _broken("a row is not whole") from None


def _upload(row: Any, encoding: str | None, prefix: str) -> ObjectVersion:
    try:
        return ObjectVersion(
            _key(row["Key"], encoding, prefix),
            Kind.UPLOAD,
            _id(row["UploadId"]),
            modified_at=row.get("Initiated"),
            storage_class=row.get("StorageClass", ""),
        )
    except KeyError:
        raise _broken("a row is not whole") from None


def _key(key: str, encoding: str | None, prefix: str) -> str:
    if encoding == "url":
        try:
            key = unquote_plus(key, errors="strict")
        except UnicodeDecodeError:
            raise _broken("a key is not UTF-8") from None
    if not key.startswith(prefix):
        raise _broken("a row lies elsewhere")
    return key


def _id(text: str) -> str:
    if not text:
        raise _broken("a row has no id")
    return text


def _goes_on(page: Any, rows: Sequence[object]) -> bool:
    """Tell whether there are more pages; raise StoreError if *page* does not say so, or lies."""
    truncated = page.get("IsTruncated")
    if truncated is None:
        raise _broken("a page does not say whether it is the last")
    if truncated and not rows:
        raise _broken("a page is empty, and not the last")
    return bool(truncated)


def _broken(what: str) -> StoreError:
    return StoreError(
        f"the listing cannot be relied on: {what}",
        hint="nothing was concluded from it; list again; if it stays so, ask the store's keeper",
    )
