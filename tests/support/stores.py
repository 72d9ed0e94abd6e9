"""Stores to test with: one in memory that can be made to misbehave, and buckets to fill.

A bucket of either kind is filled through the same words: *put*, *hide*, *start_upload*,
*suspend*, *resume*.  Each returns what a listing must show.
"""

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count

from retention.domain.dataset import Answer, Kind, ObjectVersion
from retention.domain.pattern import key_prefix
from retention.errors import StoreRefusedError, StoreUnavailableError
from retention.ports.probe import Capabilities, Looked
from retention.ports.store import Page, Span, Swept

_NUMBERS = count(1)
_EPOCH = datetime(2019, 1, 1, tzinfo=UTC)


def fresh_name():
    """Return the name of a bucket that this process has not used yet."""
    return f"bucket-{next(_NUMBERS)}"


GOOD = Capabilities(
    versioning="enabled",
    mfa_delete=False,
    object_lock=True,
    lock_default="",
    encryption="AES256",
    region="eu-west-2",
    public=(),
    replicates_to=(),
    expires=(),
    inventories=(),
    surveyor_can=(),
)
SWEPT_ROWS = 3  # on a page of a sweep


def paged(rows):
    """Return versions and markers as columns."""
    page = Page()
    for row in rows:
        marker = row.kind is Kind.MARKER
        page.keys.append(row.key)
        page.ids.append(row.version_id)
        page.markers.append(marker)
        page.sizes.append(row.size_bytes)
        page.etags.append(row.etag)
        page.modified.append(row.modified_at)
        page.classes.append(row.storage_class)
        page.checksums.append("")
    return page


class MemoryStore:
    """Fits ``Lists`` and ``Destroys``; keeps the laws of both unless a test says otherwise.

    *locked* are refused, under a legal hold or what *looks* says of them, and stay; *failing* fail,
    *silent* get no answer, and stay; *lying* are said to be taken, and stay; *vanishing* go without
    an answer.  A listing breaks off after *rows_max* rows; *unreachable* answers nothing at all;
    *denied* names buckets that may not be listed.  *orders* holds every batch that was ordered, *calls* how often each port was used; *before*
    is called with the name of the port, and may raise what a power cut would.
    """

    def __init__(self):
        self.buckets = {}
        self.locked, self.failing, self.silent = set(), set(), set()
        self.looks = {}
        self.lying, self.vanishing = set(), set()
        self.denied = set()
        self.rows_max = None
        self.unreachable = False
        self.orders = []
        self.calls = Counter()
        self.before = lambda port: None
        self.said = GOOD

    def bucket(self, name=None, *, versioned=True, lock=False):
        """Return a new bucket."""
        name = name or fresh_name()
        assert name not in self.buckets
        self.buckets[name] = MemoryBucket(self, name, versioned=versioned)
        return self.buckets[name]

    @property
    def held(self):
        """All that is there, in every bucket."""
        return {version for bucket in self.buckets.values() for version in bucket.held}

    def versions(self, place):
        """List, as ``ports.store.Lists``."""
        _, name, prefix = key_prefix(place)
        return self._listing(name, prefix)

    def _listing(self, name, prefix):
        self.calls["versions"] += 1
        self.before("versions")
        self._require(name)
        rows = sorted(v for v in self.buckets[name].held if v.key.startswith(prefix))
        for number, row in enumerate(rows):
            if number == self.rows_max:
                raise StoreUnavailableError("the store did not answer", hint="try again")
            yield row

    def _require(self, name):
        if self.unreachable:
            raise StoreUnavailableError("the store did not answer", hint="try again")
        if name not in self.buckets or name in self.denied:
            raise StoreRefusedError("the store refused", hint="look at the place and the role")

    def sweep(self, place, spans):
        """List in columns, as ``ports.store.Sweeps``: one lane, a few rows to a page."""
        _, name, prefix = key_prefix(place)
        rows = [v for v in self._listing(name, prefix) if v.kind is not Kind.UPLOAD]
        for span in spans:
            inside = [v for v in rows if span.holds(v.key)]
            after = span.after
            for number in range(0, len(inside), SWEPT_ROWS):
                page = inside[number : number + SWEPT_ROWS]
                rest = inside[number + SWEPT_ROWS :]
                # A span ends between two keys, or at its own end.
                through = page[-1].key if rest and rest[0].key > page[-1].key else None
                finished = None if through is None else Span(after, through)
                after = after if through is None else through
                yield Swept(0, paged(page), finished)
            yield Swept(0, Page(), Span(after, span.through))

    def uploads(self, place):
        """List unfinished uploads, as ``ports.store.Sweeps``."""
        _, name, prefix = key_prefix(place)
        yield from (v for v in self._listing(name, prefix) if v.kind is Kind.UPLOAD)

    def capabilities(self, place, *, only=()):
        """Say what a good bucket says, as ``ports.probe.Probes``; *said* changes it."""
        self._require(key_prefix(place)[1])
        return self.said

    def look(self, place, version, *, locks):
        """Look at one version, as ``ports.probe.Probes``."""
        self._require(key_prefix(place)[1])
        self.calls["look"] += 1
        self.before("look")
        if version in self.looks:
            return self.looks[version]
        locked = version in self.locked and locks
        return Looked("AES256", "", None, locked)

    def destroy(self, place, versions):
        """Order the end of *versions*, as ``ports.destruction.Destroys``."""
        _, name, prefix = key_prefix(place)
        answers = dict.fromkeys(versions, Answer.REFUSED)
        asked = [v for v in answers if v.version_id and v.key and v.key.startswith(prefix)]
        if asked:
            self.calls["destroy"] += 1
            self.before("destroy")
            self.orders.append(tuple(asked))
        return answers | {version: self._answer(name, version) for version in asked}

    def _answer(self, name, version):
        if self.unreachable or version in self.silent:
            return Answer.UNKNOWN
        if name not in self.buckets or version in self.failing:
            return Answer.FAILED
        if version in self.locked:
            return Answer.REFUSED
        if version not in self.lying:
            self.buckets[name].held.discard(version)
        return Answer.UNKNOWN if version in self.vanishing else Answer.TAKEN


class MemoryBucket:
    """Holds what a bucket of S3 would hold after the same calls."""

    def __init__(self, store, name, *, versioned):
        self.store, self.name = store, name
        self.held = set()
        self._keeps = versioned

    def place(self, path=""):
        """Return the place of *path*, which ends in a slash or is empty."""
        return f"s3://{self.name}/{path}"

    def put(self, key, content=b""):
        """Write an object."""
        return self._add(key, Kind.DATA, content)

    def hide(self, key):
        """Delete as a person would: leave a delete marker."""
        return self._add(key, Kind.MARKER, b"")

    def start_upload(self, key):
        """Begin an upload, and never finish it."""
        upload = ObjectVersion(key, Kind.UPLOAD, f"upload-{next(_NUMBERS)}", modified_at=_now())
        self.held.add(upload)
        return upload

    def lock(self, version):
        """Lay a legal hold on *version*."""
        self.store.locked.add(version)

    def suspend(self):
        """Keep no further versions: what is written next has the id ``null``."""
        self._keeps = False

    def resume(self):
        """Keep versions again."""
        self._keeps = True

    def _add(self, key, kind, content):
        version_id = f"v{next(_NUMBERS)}" if self._keeps else "null"
        etag = hashlib.md5(content).hexdigest() if kind is Kind.DATA else ""
        version = ObjectVersion(
            key,
            kind,
            version_id,
            len(content),
            etag,
            modified_at=_now(),
            storage_class="STANDARD" if kind is Kind.DATA else "",
        )
        if version_id == "null":
            self.held = {v for v in self.held if (v.key, v.version_id) != (key, "null")}
        self.held.add(version)
        return version


def _now():
    return _EPOCH + timedelta(seconds=next(_NUMBERS))


class S3Bucket:
    """A bucket on a server, made and filled by its owner's *client*."""

    def __init__(self, client, name, *, versioned=True, lock=False):
        self.client, self.name = client, name
        client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
        if versioned:
            self.resume()

    def place(self, path=""):
        """Return the place of *path*, which ends in a slash or is empty."""
        return f"s3://{self.name}/{path}"

    def put(self, key, content=b"", **lock):
        """Write an object; *lock* is passed on."""
        said = self.client.put_object(Bucket=self.name, Key=key, Body=content, **lock)
        return ObjectVersion(
            key, Kind.DATA, said.get("VersionId", "null"), len(content), said["ETag"].strip('"')
        )

    def hide(self, key):
        """Delete as a person would: leave a delete marker."""
        said = self.client.delete_object(Bucket=self.name, Key=key)
        return ObjectVersion(key, Kind.MARKER, said.get("VersionId", "null"))

    def start_upload(self, key):
        """Begin an upload, and never finish it."""
        said = self.client.create_multipart_upload(Bucket=self.name, Key=key)
        return ObjectVersion(key, Kind.UPLOAD, said["UploadId"])

    def lock(self, version):
        """Lay a legal hold on *version*."""
        self.client.put_object_legal_hold(
            Bucket=self.name,
            Key=version.key,
            VersionId=version.version_id,
            LegalHold={"Status": "ON"},
        )

    def suspend(self):
        """Keep no further versions: what is written next has the id ``null``."""
        self._set_versioning("Suspended")

    def resume(self):
        """Keep versions again."""
        self._set_versioning("Enabled")

    def _set_versioning(self, status):
        self.client.put_bucket_versioning(
            Bucket=self.name, VersioningConfiguration={"Status": status}
        )
