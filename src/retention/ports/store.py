"""Stores, by capability: a step asks for the least that it needs.

Every adapter passes ``tests/contract/test_store.py`` and ``test_sweeps.py``, which are the *Laws*
of these docstrings.  A *place* is a URI that ends in ``/``, such as ``s3://nacel/patient/2019/``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from retention.domain.dataset import ObjectVersion


class Lists(Protocol):
    """A store that can say what it holds."""

    def versions(self, place: str) -> Iterator[ObjectVersion]:
        """Yield every version, delete marker and unfinished upload in *place*.

        Laws: all of them or StoreError, never a short listing; a bucket that is missing or denied
        raises, so that empty means *looked and found nothing*; strictly ascending by
        (key, kind, version_id) in code points, each once; keys whole within the bucket and as
        the store keeps them, decoded; never from a cache; ``nacel/2019/`` does not match
        ``nacel/2019-extra/x``.
        """
        ...


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """A range of keys in code points: greater than *after*, up to and with *through*.

    *through* is None where there is no end.  Bounds need not be keys of anything: whatever they
    are, spans that meet leave nothing between them.
    """

    after: str = field(default="", repr=False)  # may name a patient
    through: str | None = field(default=None, repr=False)

    def holds(self, key: str) -> bool:
        """Tell whether *key* lies in it."""
        return self.after < key and (self.through is None or key <= self.through)


WHOLE: Final = Span()


@dataclass(slots=True)
class Page:
    """Rows in columns, ascending by key: data versions and delete markers, no uploads.

    All columns are equally long; a marker has size 0, and no etag, class or checksum.
    """

    keys: list[str] = field(default_factory=list, repr=False)  # may name patients
    ids: list[str] = field(default_factory=list)
    markers: list[bool] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)  # bytes
    etags: list[str] = field(default_factory=list)  # without quotes
    modified: list[datetime] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)  # as the store names them: STANDARD
    checksums: list[str] = field(default_factory=list)  # kinds, as the store names them: CRC64NVME

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.keys)


@dataclass(frozen=True, slots=True)
class Swept:
    """A page from one *lane* of a sweep; *finished* is the span that ends with it, if one does."""

    lane: int
    page: Page
    finished: Span | None = None


class Sweeps(Protocol):
    """A store that can be listed in several places at once, for totals and not for order."""

    def sweep(self, place: str, spans: Sequence[Span]) -> Iterator[Swept]:
        """Yield every version and delete marker in *place* whose key lies in one of *spans*.

        Laws: as for ``Lists``, but that rows ascend in their lane only, by key, and that the rows
        of one key are in any order; the rows of a lane since it last finished are all there is in
        the span that it finishes; the spans that were finished in a sweep that came to its end
        are all of *spans*, and none overlaps another; a lane finishes often, so that what stands
        between two finishes is bounded; nothing is held but a bounded number of pages.
        """
        ...

    def uploads(self, place: str) -> Iterator[ObjectVersion]:
        """Yield every unfinished upload in *place*, each once, in any order, or StoreError."""
        ...
