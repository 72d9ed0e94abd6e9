"""The ledger in SQLite or PostgreSQL: entries, and the tree over them, in one transaction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, bindparam, collate, func, insert, select, tuple_

from retention.adapters import database
from retention.adapters.ledger.audit import audit
from retention.adapters.ledger.rows import CHECKPOINT, ENTRY, NODE, broken, record_of, row_of
from retention.adapters.ledger.signing import CheckpointSigner, ed25519_holds, key_of
from retention.adapters.ledger.tree import Growth, Place, peak_places
from retention.domain.calendar import in_order, instant, stamp
from retention.domain.entry import Draft, Entry, Record
from retention.domain.merkle import Hash, Node, inclusion, root_of
from retention.domain.tlog import LogKey, TreeHead, opened, proof, proved, signed
from retention.errors import EvidenceError, LedgerBrokenError, StaleError, TooMuchError
from retention.ports.clock import Clock
from retention.ports.ledger import Checkpoint

NAME = "ledger"
MIGRATIONS = Path(__file__).with_name("migrations")
DRAFTS_MAX = 10_000  # in one transaction, during which nobody else can write
PAGE = 1000

# What every append asks while all others wait: put together once.
_LAST = select(func.max(ENTRY.c.index))
_AT = select(ENTRY.c.at).where(ENTRY.c.index == bindparam("index"))
_POSITIONS = (
    select(ENTRY.c.stream, func.max(ENTRY.c.position) + 1)
    .where(ENTRY.c.stream.in_(bindparam("streams", expanding=True)))
    .group_by(ENTRY.c.stream)
)
_PEAKS = select(NODE).where(tuple_(NODE.c.level, NODE.c.i).in_(bindparam("places", expanding=True)))


def migrate(url: str) -> None:
    """Bring the ledger's tables at *url* to their newest form; safe to run again."""
    database.migrate(url, name=NAME, folder=MIGRATIONS)


class SqlLedger(database.Adapter):
    """A :class:`retention.ports.ledger.Ledger` at a database URL; :func:`migrate` it first.

    *retired* are public keys that signed checkpoints before *signer* did.
    A row that is not what its leaf says is never returned: reading it raises LedgerBrokenError.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock,
        signer: CheckpointSigner,
        retired: Sequence[LogKey] = (),
    ) -> None:
        super().__init__(url, name=NAME, damaged=LedgerBrokenError)
        self._clock, self._signer = clock, signer
        self._key = key_of(signer)
        self._keys = (self._key, *retired)

    def append(self, draft: Draft, *, expect: int | None = None) -> Record:
        """Write one entry; StaleError if its stream does not hold *expect* entries."""
        with self._database.writing() as connection:
            _require_expected(connection, {} if expect is None else {draft.stream: expect})
            return self._write(connection, [draft])[0]

    def append_all(
        self, drafts: Sequence[Draft], *, expect: Mapping[str, int] | None = None
    ) -> Sequence[Record]:
        """Write several entries, all or none; TooMuchError for more than ``DRAFTS_MAX``."""
        if len(drafts) > DRAFTS_MAX:
            raise TooMuchError(
                f"{len(drafts)} entries are too many for one transaction",
                hint=f"append at most {DRAFTS_MAX} at a time",
            )
        if not drafts:
            return []
        with self._database.writing() as connection:
            _require_expected(connection, expect or {})
            return self._write(connection, drafts)

    def stream(self, stream: str) -> Sequence[Record]:
        """Return the entries of one stream, in order."""
        query = select(ENTRY).where(ENTRY.c.stream == stream).order_by(ENTRY.c.position)
        with self._database.reading() as connection:
            return [record_of(row) for row in connection.execute(query).mappings()]

    def lengths(self, streams: Collection[str]) -> Mapping[str, int]:
        """Return how many entries each of *streams* holds at one moment."""
        if not streams:
            return {}
        with self._database.reading() as connection:
            held = _positions(connection, streams)
        return {stream: held.get(stream, 0) for stream in streams}

    def under(self, prefix: str) -> Iterator[Record]:
        """Yield the entries of every stream that begins with *prefix*, stream by stream."""
        stream = collate(ENTRY.c.stream, self._collation)
        last, end = (prefix, -1), _after(prefix)
        while True:
            query = (
                select(ENTRY)
                .where(tuple_(stream, ENTRY.c.position) > last, stream < end)
                .order_by(stream, ENTRY.c.position)
                .limit(PAGE)
            )
            with self._database.reading() as connection:
                page = [record_of(row) for row in connection.execute(query).mappings()]
            yield from page  # no transaction stays open while the caller thinks
            if len(page) < PAGE:
                return
            last = (page[-1].stream, page[-1].position)

    def of_kind(self, *kinds: Entry) -> Iterator[Record]:
        """Yield the entries of these kinds that were there when the first was asked for."""
        end, last = self.size(), -1
        while last < end:
            query = (
                select(ENTRY)
                .where(ENTRY.c.kind.in_(kinds), ENTRY.c.index > last, ENTRY.c.index < end)
                .order_by(ENTRY.c.index)
                .limit(PAGE)
            )
            with self._database.reading() as connection:
                page = [record_of(row) for row in connection.execute(query).mappings()]
            yield from page  # no transaction stays open while the caller thinks
            last = page[-1].index if len(page) == PAGE else end

    def newest(self, kind: Entry, *, prefix: str) -> Iterator[Record]:
        """Yield the newest entry of *kind* in each stream that begins with *prefix*, by stream."""
        stream = collate(ENTRY.c.stream, self._collation)
        last, end = prefix, _after(prefix)
        while True:
            found = (
                select(func.max(ENTRY.c.index))
                .where(ENTRY.c.kind == kind, stream > last, stream < end)
                .group_by(stream)
                .order_by(stream)
                .limit(PAGE)
            )
            query = select(ENTRY).where(ENTRY.c.index.in_(found)).order_by(stream)
            with self._database.reading() as connection:
                page = [record_of(row) for row in connection.execute(query).mappings()]
            yield from page  # as above
            if len(page) < PAGE:
                return
            last = page[-1].stream

    @property
    def _collation(self) -> str:
        """How streams sort in code points."""
        return "BINARY" if self._database.is_sqlite else "C"

    def size(self) -> int:
        """Return how many entries there are."""
        with self._database.reading() as connection:
            return _size(connection)

    def checkpoint(self) -> Checkpoint:
        """Sign the root over all entries, and keep the note.

        Raises LedgerBrokenError rather than sign what does not continue the last checkpoint.
        """
        with self._database.reading() as connection:
            size, nodes = _size(connection), _nodes_of(connection)
            newest = select(CHECKPOINT.c.note).order_by(CHECKPOINT.c.size.desc()).limit(1)
            if (note := connection.scalar(newest)) is not None:
                _require_within(opened(note, self._keys, ed25519_holds), size, nodes)
            head = TreeHead(self._key.origin, size, root_of(nodes, size))
        note = signed(head, self._key, self._signer.sign)
        with self._database.writing() as connection:
            kept = connection.scalar(select(func.max(CHECKPOINT.c.size)))
            if kept is None or kept < size:  # else somebody was faster, and signed as much or more
                connection.execute(insert(CHECKPOINT), {"size": size, "note": note})
        return Checkpoint(size, head.root, note)

    def require_continued(self, note: str) -> None:
        """Return if this ledger contains all that *note* signed; LedgerBrokenError otherwise."""
        head = opened(note, self._keys, ed25519_holds)
        with self._database.reading() as connection:
            _require_within(head, _size(connection), _nodes_of(connection))

    def proof(self, index: int, checkpoint: Checkpoint) -> str:
        """Return the tlog-proof that entry *index* is under *checkpoint*.

        Raises LedgerBrokenError if this ledger does not contain what *checkpoint* signed, and
        EvidenceError if the entry is not under it.
        """
        head = opened(checkpoint.note, self._keys, ed25519_holds)
        if not 0 <= index < head.size:
            raise EvidenceError(
                f"entry {index} is not under a checkpoint over {head.size} entries",
                hint="it may be younger: sign a new checkpoint and ask again",
            )
        query = select(ENTRY).where(ENTRY.c.index == index)
        with self._database.reading() as connection:
            nodes = _nodes_of(connection)
            _require_within(head, _size(connection), nodes)
            row = connection.execute(query).mappings().one_or_none()
            text = proof(index, inclusion(nodes, index, head.size), checkpoint.note)
        if row is None:
            raise broken(index, "is missing")
        proved(text, record_of(row).leaf(), self._keys, ed25519_holds)  # before anyone relies on it
        return text

    def audit(self, *, outside: Sequence[Checkpoint] = ()) -> int:
        """Check everything; *outside* are checkpoints that were kept elsewhere.

        Raises LedgerBrokenError that names the first entry that does not prove itself.
        """
        heads = [opened(each.note, self._keys, ed25519_holds) for each in outside]
        with self._database.reading() as connection:
            size = audit(connection, self._keys, ed25519_holds, heads)
            self._database.require_whole(connection)  # entries are found by indexes, too
        return size

    def _write(self, connection: Connection, drafts: Sequence[Draft]) -> list[Record]:
        growth = _growth(connection)
        now = instant(stamp(self._clock.now()))  # as it will be read back
        at = in_order(now, _last_at(connection, growth.size))
        positions = _positions(connection, {draft.stream for draft in drafts})
        records: list[Record] = []
        rows, nodes = [], []
        for draft in drafts:
            position = positions.get(draft.stream, 0)
            positions[draft.stream] = position + 1
            facts = dict(draft.facts)
            record = Record(growth.size, draft.stream, position, at, draft.kind, facts)
            records.append(record)
            rows.append(row := row_of(record))
            nodes += [
                {"level": level, "i": i, "hash": computed}
                for (level, i), computed in growth.add(row["leaf"])
            ]
        connection.execute(insert(ENTRY), rows)
        connection.execute(insert(NODE), nodes)
        return records


def _after(prefix: str) -> str:
    """Return the first text that is greater than all that begin with *prefix*."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _size(connection: Connection) -> int:
    last = connection.scalar(_LAST)
    return 0 if last is None else int(last) + 1


def _last_at(connection: Connection, size: int) -> datetime | None:
    """Return the time of the last of *size* entries, or None if there is none."""
    found = connection.scalar(_AT, {"index": size - 1})
    try:
        return None if found is None else instant(found)
    except ValueError:
        raise broken(size - 1, "is not what its leaf says") from None


def _require_expected(connection: Connection, expect: Mapping[str, int]) -> None:
    held = _positions(connection, expect.keys()) if expect else {}
    for stream, number in expect.items():
        if held.get(stream, 0) != number:
            raise StaleError(
                f"a stream of the ledger holds {held.get(stream, 0)} entries and not {number}",
                hint="something was written in between: read it again, and decide again",
            )


def _positions(connection: Connection, streams: Collection[str]) -> dict[str, int]:
    """Return how many entries there are in each of *streams* that has any."""
    found = connection.execute(_POSITIONS, {"streams": sorted(streams)})
    return {stream: int(held) for stream, held in found}


def _growth(connection: Connection) -> Growth:
    size = _size(connection)
    places = peak_places(size)
    rows = connection.execute(_PEAKS, {"places": places})
    found: dict[Place, Hash] = {(row.level, row.i): row.hash for row in rows}
    if set(found) != set(places):
        raise _torn()
    return Growth(size, [found[place] for place in places])


def _nodes_of(connection: Connection) -> Node:
    def node(level: int, i: int) -> Hash:
        query = select(NODE.c.hash).where(NODE.c.level == level, NODE.c.i == i)
        found: Hash | None = connection.scalar(query)
        if found is None:
            raise _torn()
        return found

    return node


def _require_within(head: TreeHead, size: int, nodes: Node) -> None:
    if head.size > size:
        raise broken(size, f"is missing: a checkpoint over {head.size} entries was signed")
    if root_of(nodes, head.size) != head.root:
        raise LedgerBrokenError(
            f"the first {head.size} entries are not those that a checkpoint signed",
            hint="run `retention ledger audit`: it names the first that is not",
        )


def _torn() -> LedgerBrokenError:
    return LedgerBrokenError(
        "the tree over the ledger has a hole",
        hint="run `retention ledger audit`: it names the first entry that does not prove itself",
    )
