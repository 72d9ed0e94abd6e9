"""Pages of S3 as servers write them: a bucket of invented rows, asked as HTTP asks."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from retention.domain.dataset import Kind, ObjectVersion

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
OWNER = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"
EPOCH = datetime(2024, 2, 29, 23, 59, 30, tzinfo=UTC)


def element(name, content):
    """Return an element; *content* is XML already."""
    return f"<{name}>{content}</{name}>"


def instant_of(number):
    """Return when row *number* was written: each its own second, and a leap day among them."""
    return EPOCH + timedelta(seconds=number)


@dataclass(frozen=True)
class Stored:
    """What a bucket holds: versions and markers as a store orders them, by key, newest first."""

    name: str
    rows: tuple[ObjectVersion, ...]
    uploads: tuple[ObjectVersion, ...] = ()

    @property
    def listed(self):
        """All of it, as a listing must show it."""
        return sorted((*self.rows, *self.uploads))


def row(key, version_id, number=0, *, marker=False):
    """Return an invented version or marker."""
    if marker:
        return ObjectVersion(key, Kind.MARKER, version_id, modified_at=instant_of(number))
    return ObjectVersion(
        key,
        Kind.DATA,
        version_id,
        number * 7919 % 100_003,
        f"{number:032x}",
        modified_at=instant_of(number),
        storage_class="STANDARD" if number % 3 else "GLACIER_IR",
    )


@dataclass(frozen=True)
class Style:
    """How a server writes: what it encodes when asked to, and which elements its rows have."""

    name: str
    encodes: bool = True  # keys, when it is asked to, and says so
    encodes_markers: bool = True  # what it repeats of the question, too
    inclusive: bool = False  # begins at a marker without an id, and not behind it
    apart: bool = False  # writes all versions of a page, and then all markers
    spaced: bool = False  # puts line breaks between elements
    kinds: tuple[str, ...] = field(default=())  # checksums of data

    def key(self, text, encoded):
        """Return a key as it stands in a page."""
        if not (encoded and self.encodes):
            return escape(text).replace("\r", "&#13;")
        return quote_plus(text, safe="/*-._") if self.encodes_markers else quote(text, safe="-_.~")

    def said(self, text, encoded):
        """Return what is repeated of a question."""
        return self.key(text, encoded and self.encodes_markers)


AMAZON = Style("amazon", kinds=("CRC64NVME",))
CEPH = Style("ceph", encodes_markers=False, inclusive=True)
PLAIN = Style("plain", encodes=False, apart=True, inclusive=True)
SPACED = Style("spaced", spaced=True, kinds=("CRC32", "SHA256"))
STYLES = (AMAZON, CEPH, PLAIN, SPACED)


def row_text(version, style, *, encoded):
    """Return the XML of one row."""
    parts = {
        "Key": style.key(version.key, encoded),
        "VersionId": escape(version.version_id),
        "IsLatest": "true",
        "LastModified": version.modified_at.isoformat(timespec="milliseconds")[:-6] + "Z",
    }
    owner = element("Owner", element("ID", OWNER))
    if version.kind is Kind.MARKER:
        inside = [element(*part) for part in parts.items()] + [owner]
        return element("DeleteMarker", _joined(inside, style))
    parts["ETag"] = f"&quot;{version.etag}&quot;"
    inside = [element(*part) for part in parts.items()]
    inside += [element("ChecksumAlgorithm", kind) for kind in style.kinds]
    inside += [element("Size", version.size_bytes), element("StorageClass", version.storage_class)]
    return element("Version", _joined([*inside, owner], style))


def _joined(parts, style):
    return "\n  ".join(["", *parts, ""]) if style.spaced else "".join(parts)


def document(root, parts, style=AMAZON):
    """Return a whole page as bytes."""
    body = _joined(parts, style)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">{body}</{root}>'
    return text.encode()


@dataclass
class Page:
    """A page before it is written, so that a test can make it lie."""

    root: str
    head: list[tuple[str, str]]
    rows: list[ObjectVersion]
    style: Style
    encoded: bool
    prefixes: list[str] = field(default_factory=list)
    rows_text: list[str] | None = None

    def written(self):
        """Return the page as bytes."""
        rows = self.rows
        if self.style.apart:
            rows = sorted(rows, key=lambda version: version.kind is Kind.MARKER)
        texts = self.rows_text or [row_text(v, self.style, encoded=self.encoded) for v in rows]
        if self.root == "ListMultipartUploadsResult":
            texts = [_upload_text(v) for v in self.rows]
        folders = [
            element("CommonPrefixes", element("Prefix", self.style.key(each, self.encoded)))
            for each in self.prefixes
        ]
        head = [element(name, text) for name, text in self.head]
        return document(self.root, [*head, *texts, *folders], self.style)


def _upload_text(version):
    at = version.modified_at.isoformat(timespec="milliseconds")[:-6] + "Z"
    return element(
        "Upload",
        element("Key", escape(version.key).replace("\r", "&#13;"))
        + element("UploadId", version.version_id)
        + element("Initiated", at)
        + element("StorageClass", "STANDARD"),
    )


def versions_page(stored, query, style):
    """Return the page of ListObjectVersions that *query* asks for."""
    prefix, after = query.get("prefix", ""), query.get("key-marker", "")
    rows = [v for v in stored.rows if v.key.startswith(prefix)]
    rows = _behind(rows, after, query.get("version-id-marker", ""), inclusive=style.inclusive)
    most, delimiter = int(query.get("max-keys", 1000)), query.get("delimiter", "")
    shown, folders, more = [], [], False
    for version in rows:
        head, cut, _ = version.key[len(prefix) :].partition(delimiter or "\0")
        folder = prefix + head + cut
        if cut and delimiter and folder in folders:
            continue
        if len(shown) + len(folders) == most:
            more = True
            break
        (folders if cut and delimiter else shown).append(folder if cut and delimiter else version)
    encoded = query.get("encoding-type") == "url"
    head = [
        ("Name", stored.name),
        ("Prefix", style.said(prefix, encoded)),
        ("KeyMarker", style.said(after, encoded)),
        ("VersionIdMarker", query.get("version-id-marker", "")),
        ("MaxKeys", str(most)),
        ("IsTruncated", "true" if more else "false"),
    ]
    if encoded and style.encodes:
        head.append(("EncodingType", "url"))
    if more and shown:
        head.append(("NextKeyMarker", style.said(shown[-1].key, encoded)))
        head.append(("NextVersionIdMarker", shown[-1].version_id))
    return Page("ListVersionsResult", head, shown, style, encoded, folders)


def _behind(rows, key, version_id, *, inclusive):
    if not key:
        return rows
    if version_id:
        at = [n for n, v in enumerate(rows) if (v.key, v.version_id) == (key, version_id)]
        return rows[at[0] + 1 :] if at else [v for v in rows if v.key > key]
    return [v for v in rows if v.key > key or (inclusive and v.key == key)]


def uploads_page(stored, query, style):
    """Return the page of ListMultipartUploads that *query* asks for."""
    prefix = query.get("prefix", "")
    marker = (query.get("key-marker", ""), query.get("upload-id-marker", ""))
    rows = [
        v
        for v in sorted(stored.uploads)
        if v.key.startswith(prefix) and (v.key, v.version_id) > marker
    ]
    most = int(query.get("max-uploads", 1000))
    head = [
        ("Bucket", stored.name),
        ("Prefix", escape(prefix)),
        ("KeyMarker", escape(marker[0])),
        ("IsTruncated", "true" if len(rows) > most else "false"),
    ]
    return Page("ListMultipartUploadsResult", head, rows[:most], style, encoded=False)
