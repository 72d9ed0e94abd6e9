"""The append-only Merkle log of evidence."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from retention.domain.entry import Draft, Entry, Record


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed note over the first *size* entries (C2SP tlog-checkpoint)."""

    size: int
    root: bytes
    note: str


class Ledger(Protocol):
    """Evidence that is added to and never changed.

    Laws: indexes are dense from 0 and positions within a stream dense from 0; an append is one
    transaction, alone at its time among all processes; what was appended is read by every later
    read of every process; nothing is ever changed or removed; no entry has an earlier time than
    the one before it, unless the clocks of the writers differ by more than clocks may.
    """

    def append(self, draft: Draft, *, expect: int | None = None) -> Record:
        """Write one entry and return it with its place and time.

        *expect* is how many entries the writer believes its stream to hold: if it holds another
        number, nothing is written and StaleError raised.  None says that order does not matter.
        """
        ...

    def append_all(
        self, drafts: Sequence[Draft], *, expect: Mapping[str, int] | None = None
    ) -> Sequence[Record]:
        """Write several entries in one transaction: all of them or none.

        *expect* says of streams how many entries each is believed to hold: if one holds another
        number, nothing is written and StaleError raised.
        """
        ...

    def stream(self, stream: str) -> Sequence[Record]:
        """Return the entries of one stream, in order."""
        ...

    def lengths(self, streams: Collection[str]) -> Mapping[str, int]:
        """Return how many entries each of *streams* holds at one moment."""
        ...

    def under(self, prefix: str) -> Iterator[Record]:
        """Yield the entries of every stream that begins with *prefix*, stream by stream.

        Streams in code points, the entries of each in order.
        """
        ...

    def of_kind(self, *kinds: Entry) -> Iterator[Record]:
        """Yield all entries of these kinds, in order."""
        ...

    def newest(self, kind: Entry, *, prefix: str) -> Iterator[Record]:
        """Yield the newest entry of *kind* in each stream that begins with *prefix*.

        Sorted by stream in code points; a stream without such an entry is passed over.
        """
        ...

    def size(self) -> int:
        """Return how many entries there are."""
        ...

    def checkpoint(self) -> Checkpoint:
        """Sign the root over all entries of this moment."""
        ...

    def require_continued(self, note: str) -> None:
        """Return if this ledger contains all that the checkpoint *note* signed.

        Raises LedgerBrokenError otherwise: then it is an older one, or another.
        """
        ...

    def proof(self, index: int, checkpoint: Checkpoint) -> str:
        """Return the C2SP tlog-proof that entry *index* is under *checkpoint*."""
        ...

    def audit(self) -> int:
        """Check every entry against its leaf and every node; return how many entries there are.

        Raises LedgerBrokenError that names the first entry that does not prove itself.
        """
        ...
