"""The audit: every entry read again, and everything above it computed again.

What a database says of itself can be rewritten by its owner as a whole, checkpoints included.
Only a checkpoint that was kept elsewhere shows that: bring some.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, RowMapping, func, select

from retention.adapters.ledger.rows import CHECKPOINT, ENTRY, NODE, broken, is_sound
from retention.adapters.ledger.tree import Growth, Place
from retention.domain.merkle import Hash
from retention.domain.tlog import Holds, LogKey, TreeHead, opened

PAGE = 1000  # entries in memory at a time


def audit(
    connection: Connection, keys: Sequence[LogKey], holds: Holds, outside: Sequence[TreeHead]
) -> int:
    """Check entries, nodes and checkpoints from the first on; return how many entries there are.

    *keys* are those under which our checkpoints were signed, *outside* the heads that were kept
    elsewhere.  Raises LedgerBrokenError that names the first entry that does not prove itself.
    """
    heads = sorted([*_stored_heads(connection, keys, holds), *outside], key=lambda head: head.size)
    growth, positions = Growth(), Counter[str]()
    _compare(growth, heads)
    for page in _pages(connection):
        nodes = _nodes(connection, growth.size, growth.size + len(page))
        for row in page:
            _check(row, growth.size, positions)
            index = growth.size
            for place, computed in growth.add(row["leaf"]):
                if nodes.get(place) != computed:
                    raise broken(index, "is not what the tree over it says")
            _compare(growth, heads)
    kept = connection.scalar(select(func.count()).select_from(NODE))
    if heads or kept != sum(growth.size >> level for level in range(growth.size.bit_length())):
        raise broken(growth.size, "is missing, although the tree or a checkpoint knows of it")
    return growth.size


def _check(row: RowMapping, index: int, positions: Counter[str]) -> None:
    if row["index"] != index:
        raise broken(index, "is missing")
    if not is_sound(row):
        raise broken(index, "is not what its leaf says")
    if row["position"] != positions[row["stream"]]:
        raise broken(index, "has the wrong number in its stream")
    positions[row["stream"]] += 1


def _compare(growth: Growth, heads: list[TreeHead]) -> None:
    """Take from *heads*, which are sorted, those of this size; each must have this root."""
    while heads and heads[0].size == growth.size:
        if heads.pop(0).root != growth.root():
            raise broken(
                max(growth.size - 1, 0), "or one before it differs from what a checkpoint signed"
            )


def _stored_heads(
    connection: Connection, keys: Sequence[LogKey], holds: Holds
) -> Iterator[TreeHead]:
    for size, note in connection.execute(select(CHECKPOINT).order_by(CHECKPOINT.c.size)):
        head = opened(note, keys, holds)
        if head.size != size:
            raise broken(size, "has a checkpoint of another size beside it")
        yield head


def _pages(connection: Connection) -> Iterator[Sequence[RowMapping]]:
    query = select(ENTRY).order_by(ENTRY.c.index).limit(PAGE)
    page = connection.execute(query).mappings().all()
    while page:
        yield page
        following = query.where(ENTRY.c.index > page[-1]["index"])
        page = connection.execute(following).mappings().all()


def _nodes(connection: Connection, low: int, high: int) -> dict[Place, Hash]:
    """Return the nodes that entries *low* to *high* (not included) complete."""
    nodes: dict[Place, Hash] = {}
    for level in range(high.bit_length()):
        first, end = low >> level, high >> level
        query = select(NODE).where(NODE.c.level == level, NODE.c.i >= first, NODE.c.i < end)
        nodes |= {(row.level, row.i): row.hash for row in connection.execute(query)}
    return nodes
