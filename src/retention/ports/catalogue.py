"""What the last good survey saw: rebuildable at any time, and no evidence of anything."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from retention.domain.totals import Totals, Traits
from retention.ports.store import Span

LISTING, INVENTORY = "listing", "inventory"  # where numbers come from
SILENT_AFTER: Final = timedelta(minutes=10)  # a listing that nobody heard of for so long is dead
READ_WITHIN: Final = timedelta(hours=6)  # an inventory is added up before the first word of it
STRAYS_MAX: Final = 2000  # folders of one store that are told apart; the rest counts as one
MORE: Final = "more"  # the folder that stands for the rest
RESUMED_WITHIN: Final = timedelta(hours=24)  # what it saw longer ago is listed again
UPLOADS: Final = Span("", "")  # holds no key: unfinished uploads are listed beside all spans


@dataclass(frozen=True, slots=True)
class Holding:
    """Totals of one copy of one dataset; *kinds* counts as versions, markers and uploads."""

    dataset: str  # DatasetId as text, without generation
    agreement: str
    class_name: str
    binding: tuple[tuple[str, str], ...]
    kind: str  # primary, replica, backup
    place: str
    versions: int
    markers: int
    uploads: int
    size_bytes: int
    oldest_at: datetime | None
    newest_at: datetime | None
    seen_at: datetime  # when that survey began, or of when its inventory is
    store: str = ""
    source: str = LISTING
    traits_text: str = field(default="{}", repr=False)  # as ``Traits.text`` writes it

    @property
    def by_inventory(self) -> tuple[str, datetime] | None:
        """The store and the instant of the inventory that counted it, if one did."""
        return (self.store, self.seen_at) if self.source == INVENTORY else None

    @property
    def traits(self) -> Traits:
        """How its versions are kept."""
        return Traits.read(self.traits_text)


@dataclass(frozen=True, slots=True)
class Part:
    """What one span of a survey holds of one copy of one dataset."""

    dataset: str
    agreement: str
    class_name: str
    binding: tuple[tuple[str, str], ...]
    kind: str
    place: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Stray:
    """Rows that no agreement claims, or whose folder must not be written down.

    *under* is the nearest place that an agreement declares; *folder* a digest, never a name.
    """

    store: str
    under: str
    folder: str
    why: str  # unclaimed, names-somebody, name-too-long
    totals: Totals
    first_seen_at: datetime | None = None  # None until its survey is concluded
    surveys: int = 1  # in a row that saw it


@dataclass(frozen=True, slots=True)
class Loss:
    """A copy of which a survey at work saw fewer data versions than the last good one."""

    dataset: str
    kind: str
    place: str
    before: int
    now: int


@dataclass(frozen=True, slots=True)
class Survey:
    """The last good survey of one store."""

    store: str
    place: str
    source: str
    began_at: datetime
    ended_at: datetime
    as_of: datetime  # when it began; of an inventory, when that was made
    digest: str  # of an inventory's manifest, "" of a listing
    terms: str  # a digest of what decided whose each key is
    versions: int
    markers: int
    uploads: int
    size_bytes: int
    stray_rows: int

    @property
    def rows(self) -> int:
        """How many versions, markers and uploads it saw."""
        return self.versions + self.markers + self.uploads


@dataclass(frozen=True, slots=True)
class Run:
    """A survey at work: what it has *done* is kept, and nobody else goes on with it.

    *began_at* is that of its first beginning, when it was resumed.
    """

    id: str
    store: str
    began_at: datetime
    done: Sequence[Span] = field(default=(), repr=False)
    holder: str = ""


Noticed = tuple[str, str]  # a kind of finding, and what it is about


class Catalogue(Protocol):
    """The datasets of every store, by their last good survey.

    Laws: a survey of one store replaces what stood there as a whole, or not at all; what was
    replaced is read by every later read; what a run keeps is kept, as a whole or not at all, and
    shows in no other read before the run is concluded; no key, nor a part of one, is stored in
    the clear, and none at all once a run has ended.
    """

    def begin(self, store: str, *, source: str, terms: str, now: datetime) -> Run | None:
        """Take up the survey of *store* that died, or begin one; None if one is at work.

        One is taken up only if it was silent for SILENT_AFTER, began within RESUMED_WITHIN, counted
        by the same *terms* (a digest), and is a listing, as is asked for: an inventory is read from
        its beginning.
        """
        ...

    def keep(
        self,
        run: Run,
        spans: Sequence[Span],
        parts: Iterable[Part],
        strays: Iterable[Stray],
        *,
        now: datetime,
    ) -> None:
        """Keep what *spans* hold together, once.  Raises StaleError if another took the run up."""
        ...

    def losses(self, run: Run) -> Iterator[Loss]:
        """Yield each copy of the store's of which *run* has kept fewer versions than stand."""
        ...

    def seen(self, run: Run) -> tuple[Totals, Totals]:
        """Return what the run has kept so far, of datasets and of strays, without traits."""
        ...

    def conclude(self, run: Run, survey: Survey) -> None:
        """Let what the run kept replace what stood for its store; *survey* says what it was."""
        ...

    def end(self, run: Run, *, resumable: bool) -> None:
        """End a run that failed: *resumable* lets the next begin where it stood, at once."""
        ...

    def surveys(self) -> list[Survey]:
        """Return the last good survey of every store, by its name."""
        ...

    def strays(self) -> Iterator[Stray]:
        """Yield what no agreement claims, sorted by store, place and folder."""
        ...

    def holdings(self, agreement: str | None = None) -> Iterator[Holding]:
        """Yield the holdings of one moment, sorted by dataset and place in code points."""
        ...

    def remember(self, found: Collection[Noticed], *, on: date) -> Mapping[Noticed, date]:
        """Return since which day each of *found* was found every time; forget what was not now."""
        ...

    def retire(self, stores: Sequence[str], *, now: datetime) -> None:
        """Drop what is known of every store that is not one of *stores*: nothing names it now.

        A run of such a store that is at work goes on: whoever began it may know of it.
        """
        ...
