"""A manifest cut into batches: always the same ones, so that workers and reruns can meet in them.

A batch has the rows of whole keys, so that no two of them bear upon each other.  Only a key with
more rows than a batch may have is cut: its pieces form a chain, in which each waits for the one
before it, since its markers may go only when all of its data went.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from retention.domain.manifest import Row

Numbered = tuple[int, Row]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one copy with their numbers, which have no gaps; *follows* is the piece before it."""

    rows: tuple[Numbered, ...]
    follows: int | None = None

    @property
    def first(self) -> int:
        """The number of its first row, by which it is named."""
        return self.rows[0][0]

    @property
    def last(self) -> int:
        """The number of its last row."""
        return self.rows[-1][0]

    @property
    def copy(self) -> str:
        """The copy in which all of its rows lie."""
        return self.rows[0][1].copy


def batches(rows: Iterable[Row], size: int) -> Iterator[Batch]:
    """Cut *rows*, in their order, into batches of at most *size*; no more than two are held."""
    whole: list[Numbered] = []  # rows of keys that are complete
    key: list[Numbered] = []  # rows of the key under way
    follows: int | None = None  # the piece of that key that was given out last
    for pair in enumerate(rows, start=1):
        if key and not _same_key(key[-1], pair):
            if follows is not None or len(whole) + len(key) > size:
                yield from _given(whole)
                whole = []
            if follows is not None:
                yield Batch(tuple(key), follows)
            else:
                whole += key
            key, follows = [], None
            if whole and whole[-1][1].copy != pair[1].copy:
                yield from _given(whole)
                whole = []
        if len(key) == size:
            yield from _given(whole)
            whole = []
            piece = Batch(tuple(key), follows)
            yield piece
            key, follows = [], piece.first
        key.append(pair)
    if follows is None and len(whole) + len(key) <= size:
        yield from _given(whole + key)
        return
    yield from _given(whole)
    if key:
        yield Batch(tuple(key), follows)


def _given(rows: list[Numbered]) -> Iterator[Batch]:
    if rows:
        yield Batch(tuple(rows))


def _same_key(one: Numbered, other: Numbered) -> bool:
    a, b = one[1], other[1]
    return a.version.key == b.version.key and a.copy == b.copy
