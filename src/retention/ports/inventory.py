"""Inventories: a store's own list of what it holds, made daily or weekly, for stores too large to
list.  A snapshot is stale by its nature: its totals are shown with its age, and what is to be
proposed is listed live.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from retention.domain.totals import Totals


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One inventory of one bucket: of the instant *as_of*, named by the digest of its manifest."""

    place: str  # what it lists: ``s3://bucket/``, or with a prefix
    as_of: datetime
    digest: str  # sha256:…
    manifest: str = field(repr=False, default="")  # where the adapter finds it again


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one folder; keys that begin with ``folder`` and have *depth* parts or fewer."""

    folder: str = field(repr=False)  # "" or ends in "/"; may name a patient
    totals: Totals


class Inventories(Protocol):
    """Reads what a store wrote about itself.

    Laws: a manifest or file whose checksum differs raises StoreError; so do one that lists
    current versions only, one of another bucket, and a format that cannot be read (ORC): never a
    short answer.
    """

    def newest(self, where: str) -> Snapshot:
        """Return the newest whole inventory below *where*, a place; StoreError if there is none."""
        ...

    def groups(self, snapshot: Snapshot, *, depth: int) -> Iterator[Group]:
        """Yield the totals of each folder of at most *depth* segments, ascending, each once.

        A key counts in the folder that is the first *depth* segments before its last one:
        ``a/b/c/x`` counts in ``a/b/`` for a depth of 2, in ``a/b/c/`` for 3 and more, and ``x``
        in the folder ``""``.  Uploads are in no inventory.
        """
        ...
