"""An organisation whose store, ledger and disk fail while what was approved is destroyed.

The estate is filled and approved in peace.  Then each flow runs in a worker of its own, with the
real adapters, over HTTP; the world itself keeps a ledger and a store in which it sees the truth.
"""

import dataclasses
import random
import sqlite3
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, lru_cache

from retention.adapters.evidence import FolderEvidence, KeyFolder
from retention.adapters.ledger import SqlLedger, migrate
from retention.adapters.s3.client import client
from retention.adapters.s3.destroys import S3Destroys
from retention.adapters.s3.fast import FastLists, FastMany, Login
from retention.adapters.s3.lists import S3Lists
from retention.domain.calendar import london_day
from retention.domain.case import orders_of
from retention.domain.entry import Entry
from retention.domain.manifest import rows_of
from retention.domain.pattern import Pattern, key_prefix
from retention.steps.answers import kept_items
from retention.steps.cases import read_proposal
from tests.support.faulty import READ_TIMEOUT_S
from tests.support.odd_buckets import odd_keys
from tests.support.s3_http import REGION, Sessions
from tests.support.signer import CheckpointKey
from tests.support.trouble import ShakyEvidence, ShakyLedger
from tests.support.world import World

SECRET_WORD = "zq4711"  # stands in every key, and must stand nowhere else
DATASET = "patient/2019/"
COPIES = ("records", "dr", "backup")


@dataclass(frozen=True)
class Skewed:
    """A clock that goes wrong by *off_s* seconds."""

    true: object
    off_s: float

    def now(self):
        return self.true.now() + timedelta(seconds=self.off_s)

    def today(self):
        return london_day(self.now())

    def step(self, **how_far):
        self.true.step(**how_far)


class Remote:
    """What one flow reaches of a store: a lister, a destroyer, and questions."""

    def __init__(self, lister, destroyer, probes, before):
        self._lister, self._destroyer, self._before = lister, destroyer, before
        self.capabilities, self.look = probes.capabilities, probes.look

    def versions(self, place):
        self._before()
        yield from self._lister.versions(place)
        self._before()

    def destroy(self, place, versions):
        self._before()
        answers = self._destroyer.destroy(place, versions)
        self._before()
        return answers


@lru_cache(maxsize=32)
def _client(endpoint_url, role, secret, token, read_timeout_s):
    return client(
        endpoint_url=endpoint_url,
        region=REGION,
        access_key=role,
        secret=secret,
        session_token=token,
        read_timeout_s=read_timeout_s,
        attempts_max=1,  # botocore would sleep in between; our steps ask again by themselves
    )


class Besieged(World):
    """A world on disk, whose *ledger* and *evidence* are honest and whose workers' are not.

    *names* are those of the buckets of each copy, *logins* says who may log in at *endpoint_url*.
    """

    read_timeout_s = READ_TIMEOUT_S
    is_fast, list_max = True, 1000  # which engine deletes lists, and how many rows they have

    def __init__(self, folder, endpoint_url, logins=None, names: Mapping[str, str] | None = None):
        super().__init__()
        self.folder, self.endpoint_url = folder, endpoint_url
        self.logins = logins or Sessions()
        self.names = names or dict(zip(COPIES, COPIES, strict=True))
        self.library.now = _renamed(self.library.now, self.names)
        self.url = f"sqlite:///{folder}/ledger.db"
        migrate(self.url)
        self.ledger = SqlLedger(self.url, clock=self.clock, signer=CheckpointKey())
        self.evidence = FolderEvidence(folder / "evidence", keys=KeyFolder(folder / "keys"))
        self.shaky = {}  # the ledgers of workers, by how wrong their clocks are
        self.trouble, self.proposal = None, ""

    def close(self):
        """Give back every connection."""
        for each in (self.ledger, *self.shaky.values()):
            each.close()

    # What there is

    def settle(self, seed, objects=11):
        """Fill the buckets: a dataset of odd keys in two copies, and much beside it."""
        chance = random.Random(f"estate {seed}")
        records, dr = self.buckets["records"], self.buckets["dr"]
        for number, key in enumerate(odd_keys(objects, f"{DATASET}{SECRET_WORD}/")):
            for n in range(chance.choice((1, 1, 2, 3))):
                records.put(key, b"%d" % n)
            if number % 3 == 0:
                records.hide(key)
            dr.put(key, b"copied")
        many = f"{DATASET}{SECRET_WORD}-many"  # more than some batches can take
        for n in range(9):
            records.put(many, b"%d" % n)
            if n % 4 == 3:
                records.hide(many)
        records.put(f"{DATASET}{SECRET_WORD}\x01control", b"no XML can hold it")
        for key in ("upload", "upload+1", "upload+1"):
            records.start_upload(f"{DATASET}{SECRET_WORD} {key}")
        self.buckets["backup"].put(f"{DATASET}{SECRET_WORD}/old", b"ages out")
        self.write_beside(chance)
        for bucket in (records, dr):
            for near in ("patient/2019-extra/", "patient/2020/", "patient/201", "other/2019/"):
                kept = f"{near}{SECRET_WORD}"
                bucket.put(kept, b"somebody else's")
                bucket.hide(kept)
                bucket.start_upload(f"{kept} upload")

    def write_beside(self, chance):
        """Write something near the dataset that nobody approved; return where it lies."""
        name = chance.choice(("records", "dr"))
        key = chance.choice(("patient/2019-extra/", "patient/2019", "patient/20190/", "x/"))
        return name, self.buckets[name].put(f"{key}{SECRET_WORD}", b"beside")

    def approve_all(self):
        """Everything until the last yes, in peace."""
        self.publish()
        self.proposal = self.propose_all()
        self.approve(self.proposal)

    @property
    def held(self):
        """All that is there, as (bucket, version)."""
        return {(name, v) for name in COPIES for v in self.buckets[name].held}

    @cached_property
    def approved(self):
        """What was approved: the rows of each manifest by its root, as (bucket, version)."""
        return {m.root: self._rows(m) for m in self._manifests()}

    @cached_property
    def approved_rows(self):
        """All rows of all manifests."""
        return {row for rows in self.approved.values() for row in rows}

    def _manifests(self):
        case = self.case(self.proposal)
        kept = kept_items(case, read_proposal(case, self.evidence), self.evidence)
        return [item.manifest for item in kept]

    def _rows(self, manifest):
        copy_of = {bucket: name for name, bucket in self.names.items()}
        return [
            (copy_of[key_prefix(manifest.place(row.copy))[1]], row.version)
            for row in rows_of(self.evidence.lines(manifest.pack), manifest.root)
        ]

    def announced(self):
        """Return every row of which the ledger says that it was about to be destroyed."""
        return {
            self.approved[r.text("root")][n - 1]
            for r in self.ledger.under(orders_of(self.proposal))
            if r.kind is Entry.INTENT
            for n in range(r.number("first"), r.number("last") + 1)
        }

    # Who does it

    def worker(self, off_s=0):
        """Return the same organisation as one process sees it that was just started."""
        work = copy(self)
        work.clock = Skewed(self.clock, off_s)
        if off_s not in self.shaky:  # connections outlive workers: they take long to make
            self.shaky[off_s] = ShakyLedger(self.url, work.clock, self.trouble)
        work.ledger = self.shaky[off_s]
        work.evidence = ShakyEvidence(self.folder, self.trouble)
        return work

    def run(self, flow, proposal):
        """Run one flow with the credentials of its pool."""
        lister = self._verifies() if flow == "check_gone" else self._lists()
        self.store = Remote(lister, self._destroys(), self.store, self.trouble.before)
        getattr(self, flow)(*([] if flow == "advance" else [proposal]))

    def _verifies(self):
        return S3Lists(self._client("verifier"), page_rows=7)

    def _lists(self):
        return FastLists(**self._fast("surveyor"), page_rows=11)

    def _destroys(self):
        many = None
        if self.is_fast:
            many = FastMany(**self._fast("destroyer"), lanes=self.lanes, rows=self.list_max)
        return S3Destroys(self._client("destroyer"), many)

    def _client(self, role):
        login = role, self.logins.secrets[role], self.logins.token
        return _client(self.endpoint_url, *login, self.read_timeout_s)

    def _fast(self, role):
        """Return what our own engines take: they ask for another login when one has expired."""
        return {
            "endpoint_url": self.endpoint_url,
            "region": REGION,
            "credentials": lambda: Login(role, self.logins.secrets[role], self.logins.token),
            "read_timeout_s": self.read_timeout_s,
            "attempts_max": 2,
            "sleep": lambda seconds: None,
        }

    def bytes_on_disk(self):
        """Return all that stands in the ledger, and in the evidence store as it is stored."""
        with sqlite3.connect(self.url.removeprefix("sqlite:///")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return b"\n".join(path.read_bytes() for path in files)


def _renamed(agreement, names):
    """Return the agreement with the buckets of *names* in place of its own."""

    def pattern(found):
        _, bucket, _ = key_prefix(found.root)
        return Pattern.parse(found.text.replace(f"s3://{bucket}/", f"s3://{names[bucket]}/", 1))

    (kind,) = agreement.classes
    copies = tuple(dataclasses.replace(c, store=pattern(c.store)) for c in kind.copies)
    kind = dataclasses.replace(
        kind, datasets=tuple(pattern(p) for p in kind.datasets), copies=copies
    )
    return dataclasses.replace(agreement, classes=(kind,))
