"""Unfinished uploads, which no listing of versions shows.

No encoding is asked for: Ceph would encode here without saying so.  A key that XML cannot carry
then makes the page unreadable, which is an error and not a wrong key.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from retention.adapters.s3.fast.asking import Asker
from retention.adapters.s3.fast.columns import decoded, instants
from retention.adapters.s3.fast.listing import Head, require_root
from retention.adapters.s3.fast.strict import Element, document
from retention.adapters.s3.fast.trouble import broken
from retention.domain.dataset import Kind, ObjectVersion

_MARKERS: Final = ("key-marker", "upload-id-marker")
_ROOT: Final = "ListMultipartUploadsResult"


def uploads(asker: Asker, bucket: str, prefix: str, rows: int) -> Iterator[ObjectVersion]:
    """Yield the uploads of a place, each once, in any order; raise StoreError rather than miss one.

    Holds all of them.
    """
    seen: set[ObjectVersion] = set()
    last, more = ("", ""), True
    while more:
        query = {"uploads": "", "max-uploads": str(rows)}
        for name, text in zip(("prefix", *_MARKERS), (prefix, *last), strict=True):
            query |= {name: text} if text else {}
        meant = (
            ("Bucket", bucket),
            ("Prefix", prefix),
            ("KeyMarker", last[0]),
            ("UploadIdMarker", last[1]),
            ("Delimiter", ""),
        )
        found, more = asker.ask(bucket, query, partial(_page, prefix=prefix, meant=meant))
        if more and not found:
            raise broken("a page is empty, and not the last")
        before = len(seen)
        seen.update(found)
        if len(seen) < before + len(found):
            raise broken("a row came twice")
        yield from found
        last = (found[-1].key, found[-1].version_id) if found else last


def _page(
    body: bytes, *, prefix: str, meant: Iterable[tuple[str, str]]
) -> tuple[list[ObjectVersion], bool]:
    root = document(body)
    require_root(root, _ROOT)
    head = Head(root)
    head.require(*meant)
    return [_upload(each, prefix, encoded=head.encoded) for each in root.of("Upload")], head.more


def _upload(row: Element, prefix: str, *, encoded: bool) -> ObjectVersion:
    said = {each.name: each.text for each in row.children if not each.children}
    key, upload_id, begun = (said.get(name, "") for name in ("Key", "UploadId", "Initiated"))
    if not key or not upload_id or [each.name for each in row.children].count("Key") > 1:
        raise broken("a row is not whole")
    key = decoded([key])[0] if encoded else key
    if not key.startswith(prefix):
        raise broken("a row lies elsewhere")
    return ObjectVersion(
        key,
        Kind.UPLOAD,
        upload_id,
        modified_at=instants([begun])[0] if begun else None,
        storage_class=said.get("StorageClass", ""),
    )
