"""S3 over HTTP, as far as our adapters speak it: over a store in memory, or handed on to a real one.

A backend answers what was *asked*.  What it may be made to do besides are *whims*: to pass over
rows of a list, to lie about them, to cut pages short.
"""

import hashlib
import http.client
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote
from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

from retention.domain.dataset import Kind
from tests.support.loopback import signature
from tests.support.s3_pages import AMAZON, Stored, document, element, uploads_page, versions_page

REGION = "us-east-1"
LOOKING = frozenset({"list_versions", "list_uploads", "versioning", "head"})
DESTROYING = frozenset({"delete_many", "delete_one", "abort"})
ROLES = {"surveyor": LOOKING, "verifier": LOOKING, "destroyer": DESTROYING}
SILENCE = "silence"  # instead of a code: nothing is said of a row


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    url: SplitResult
    headers: Any
    body: bytes

    @property
    def query(self):
        return dict(parse_qsl(self.url.query, keep_blank_values=True))

    @property
    def bucket(self):
        return unquote(self.url.path).split("/")[1]

    @property
    def key(self):
        return unquote(self.url.path).split("/", 2)[2]

    @property
    def operation(self):
        """What is asked for, in a word; "other" for what none of us asks."""
        query = self.query
        if self.method == "GET":
            found = {"versions": "list_versions", "uploads": "list_uploads"}
            found["versioning"] = "versioning"
            return next((found[name] for name in found if name in query), "other")
        if self.method == "POST" and "delete" in query:
            return "delete_many"
        if self.method == "DELETE" and self.key:
            return "abort" if "uploadId" in query else "delete_one"
        return "head" if self.method == "HEAD" else "other"


@dataclass(frozen=True)
class Reply:
    """What comes back."""

    status: int
    body: bytes = b""


def _carried_out(number):
    return True, ""


@dataclass(frozen=True)
class Whims:
    """*row* says of row *n* of a list whether it is carried out, and the code that is answered."""

    row: Callable[[int], tuple[bool, str]] = field(default=_carried_out)
    page_rows: int | None = None


def failure(status, code):
    """Return an error of S3."""
    inside = element("Code", code) + element("Message", "no")
    return Reply(status, f'<?xml version="1.0"?>\n{element("Error", inside)}'.encode())


class Sessions:
    """Logins by role, each with the token of a session: only the newest is valid."""

    def __init__(self):
        self.secrets = {role: f"secret-of-{role}" for role in ROLES}
        self.number = 1

    @property
    def token(self):
        """The token to log in with."""
        return f"token-{self.number}"

    def expire(self):
        """End every session: who logs in anew goes on."""
        self.number += 1

    def fault(self, asked):
        """Return an error, or None if who asks is who it says, and may."""
        said = asked.headers.get("Authorization", "")
        role = said.partition("Credential=")[2].partition("/")[0]
        if role not in self.secrets:
            return failure(403, "InvalidAccessKeyId")
        if asked.headers.get("x-amz-security-token") != self.token:
            return failure(400, "ExpiredToken")
        wanted = signature(self.secrets[role], said, asked.method, asked.url, asked.headers)
        digest = hashlib.sha256(asked.body).hexdigest()
        if not said.endswith(f"Signature={wanted}"):
            return failure(403, "SignatureDoesNotMatch")
        if asked.headers["x-amz-content-sha256"] != digest:
            return failure(400, "XAmzContentSHA256Mismatch")
        return None if asked.operation in ROLES[role] else failure(403, "AccessDenied")


class MemoryS3:
    """Answers for a :class:`tests.support.stores.MemoryStore`.

    *before_order* is called before each request that may end something, *gone* with the bucket and
    the version of each that went.
    """

    def __init__(self, store, sessions):
        self.store, self.sessions = store, sessions
        self.before_order = lambda: None
        self.gone = lambda bucket, version: None
        self._lock = RLock()

    def answer(self, asked, whims):
        """Do what was asked."""
        with self._lock:
            if (fault := self.sessions.fault(asked)) is not None:
                return fault
            if asked.bucket not in self.store.buckets:
                return failure(404, "NoSuchBucket")
            if asked.operation in DESTROYING:
                self.before_order()
            return getattr(self, f"_{asked.operation}")(asked, whims)

    def expire(self):
        """End every session."""
        self.sessions.expire()

    def _head(self, asked, whims):
        return Reply(200)

    def _versioning(self, asked, whims):
        return Reply(200, document("VersioningConfiguration", [element("Status", "Enabled")]))

    def _list_versions(self, asked, whims):
        return self._page(versions_page, "max-keys", asked, whims)

    def _list_uploads(self, asked, whims):
        return self._page(uploads_page, "max-uploads", asked, whims)

    def _page(self, made, limit, asked, whims):
        held = self.store.buckets[asked.bucket].held
        uploads = tuple(v for v in held if v.kind is Kind.UPLOAD)
        newest_first = sorted(held - set(uploads), key=lambda v: v.modified_at, reverse=True)
        rows = tuple(sorted(newest_first, key=lambda v: v.key))
        query = dict(asked.query)
        wanted = query.get(limit, "1000")
        query[limit] = str(min(int(wanted), whims.page_rows or 1000))
        page = made(Stored(asked.bucket, rows, uploads), query, AMAZON)
        page.head = [(n, wanted if n == "MaxKeys" else text) for n, text in page.head]
        return Reply(200, page.written())

    def _delete_one(self, asked, whims):
        code = self._end(asked.bucket, asked.key, asked.query.get("versionId"))
        return failure(403, code) if code else Reply(204)

    def _abort(self, asked, whims):
        named = asked.key, Kind.UPLOAD, asked.query["uploadId"]
        if not self._discard(asked.bucket, lambda v: (v.key, v.kind, v.version_id) == named):
            return failure(404, "NoSuchUpload")
        return Reply(204)

    def _delete_many(self, asked, whims):
        wanted = [
            {part.tag.rpartition("}")[2]: part.text or "" for part in each}
            for each in fromstring(asked.body)
            if each.tag.rpartition("}")[2] == "Object"
        ]
        if len(wanted) > 1000:
            return failure(400, "MalformedXML")
        said = []
        for number, each in enumerate(wanted):
            carried_out, code = whims.row(number)
            if carried_out:
                code = self._end(asked.bucket, each["Key"], each.get("VersionId")) or code
            said.append((each["Key"], each.get("VersionId", ""), code))
        return Reply(200, deletion(said))

    def _end(self, bucket, key, version_id):
        """End one version; return a code if the store refuses.  What is not there is no error."""
        held = self.store.buckets[bucket]
        if not version_id:
            held.hide(key)  # as S3 does: the data stays, and a marker is new
            return ""
        found = [v for v in held.held if v.kind is not Kind.UPLOAD and v.key == key]
        found = [v for v in found if v.version_id == version_id]
        if any(v in self.store.locked for v in found):
            return "AccessDenied"
        self._discard(bucket, lambda version: version in found)
        return ""

    def _discard(self, bucket, chosen):
        gone = [v for v in self.store.buckets[bucket].held if chosen(v)]
        for version in gone:
            self.gone(bucket, version)
            self.store.buckets[bucket].held.discard(version)
        return gone


class ForwardS3:
    """Hands everything on to the real store at *netloc*, byte for byte: signatures stay good.

    The name of the host that was signed is ours, and is handed on too.
    """

    def __init__(self, netloc):
        self._netloc = netloc
        self.before_order = lambda: None

    def answer(self, asked, whims):
        """Return the answer of the real store; it knows no whims."""
        if asked.operation in DESTROYING:
            self.before_order()
        connection = http.client.HTTPConnection(self._netloc, timeout=60)
        target = asked.url.path + (f"?{asked.url.query}" if asked.url.query else "")
        try:
            connection.putrequest(asked.method, target, skip_host=True, skip_accept_encoding=True)
            for name, text in asked.headers.items():
                connection.putheader(name, text)
            connection.endheaders(asked.body or None)
            response = connection.getresponse()
            return Reply(response.status, response.read())
        finally:
            connection.close()

    def expire(self):
        """Do nothing: the users of the real store have no sessions."""


def deletion(said):
    """Return the answer to a list of orders: (key, version id, code) of each that is spoken of."""
    rows = []
    for key, version_id, code in said:
        name = element("Key", escape(key).replace("\r", "&#13;").replace("\n", "&#10;"))
        name += element("VersionId", version_id) if version_id else ""
        if code == "":
            rows.append(element("Deleted", name))
        elif code != SILENCE:
            rows.append(element("Error", name + element("Code", code) + element("Message", "no")))
    return document("DeleteResult", rows)


def said_again(reply, chance, codes):
    """Return the answer to a list of orders in another order, some of it with one of *codes*."""
    if reply.status != 200:
        return reply
    said = []
    for row in fromstring(reply.body):
        parts = {part.tag.rpartition("}")[2]: part.text or "" for part in row}
        code = parts.get("Code", "") or chance.choice(codes)
        said.append((parts["Key"], parts.get("VersionId", ""), code))
    chance.shuffle(said)
    return Reply(200, deletion(said))


def carried_out_in_part(chance: random.Random, codes):
    """Return what a store does that passes over some rows: some of them in silence."""

    def row(number):
        code = chance.choice(codes)
        return code == "", code

    return row
