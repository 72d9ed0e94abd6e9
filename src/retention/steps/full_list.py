"""Read the rows of a proposal's frozen manifests, for people: in constant memory, part by part.

A manifest can have millions of rows.  What a page shows is read up to its end, what a search finds
is counted over one part of the list, and a part is bounded.  Whatever is shown was checked against
the root that the proposal names.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from retention.domain.canonical import canonical
from retention.domain.dataset import Kind
from retention.domain.manifest import Row, require_root, row_of, rows_of
from retention.domain.proposal import Item, Proposal
from retention.errors import UnverifiedError
from retention.ports.evidence import Evidence
from retention.views.disposal_list_csv import head, lines

PAGE_ROWS: Final = 200
PART_ROWS: Final = 1_000_000  # what one search looks through: some seconds
_TELL_EVERY: Final = 50_000


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for: part of a key, letter by letter; a dataset by number; a kind.

    *part* and *page* count from 1; dataset 0 and kind None are any.
    """

    words: str = ""
    dataset: int = 0
    kind: Kind | None = None
    part: int = 1
    page: int = 1

    @property
    def is_search(self) -> bool:
        """Whether rows are left out that do not match."""
        return bool(self.words) or self.kind is not None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row with its number in the list, and the number of its dataset."""

    number: int
    dataset: int
    row: Row


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what matches: *shown* of *matches* in rows *first* to *last* of *total*."""

    shown: tuple[Numbered, ...]
    matches: int
    first: int
    last: int
    total: int
    parts: int
    pages: int


@dataclass(frozen=True, slots=True)
class _Scope:
    """The datasets that a query looks at, each with the number of its first row in the list."""

    items: tuple[tuple[int, int, Item], ...]

    @classmethod
    def of(cls, proposal: Proposal, dataset: int) -> "_Scope":
        first, found = 1, []
        for number, item in enumerate(proposal.items, start=1):
            if dataset in {0, number}:
                found.append((number, first, item))
            first += item.manifest.versions
        return cls(tuple(found))

    @property
    def total(self) -> int:
        return sum(item.manifest.versions for _, _, item in self.items)


def find(proposal: Proposal, query: Query, evidence: Evidence) -> Found:
    """Return one page of what matches a *query*.

    Without words and kind it reads no further than to the end of the page.  Raises EvidenceError
    where a pack is not whole, PackClosedError where it was closed.  Safe to run again: it only
    looks.
    """
    scope = _Scope.of(proposal, query.dataset)
    total = scope.total
    parts = max(1, -(-total // PART_ROWS))
    part = min(max(query.part, 1), parts)
    start, stop = (part - 1) * PART_ROWS, min(part * PART_ROWS, total)
    skip = (max(query.page, 1) - 1) * PAGE_ROWS
    if not query.is_search:
        at = min(start + skip, max(start, stop - 1))
        at -= (at - start) % PAGE_ROWS
        shown = tuple(_read(scope, at, min(at + PAGE_ROWS, stop), evidence))
        matches = stop - start
    else:
        kept: list[Numbered] = []
        matches = 0
        for each in _matching(scope, start, stop, query, evidence):
            if skip <= matches < skip + PAGE_ROWS:
                kept.append(each)
            matches += 1
        shown = tuple(kept)
    pages = max(1, -(-matches // PAGE_ROWS))
    return Found(shown, matches, start + 1 if total else 0, stop, total, parts, pages)


def check(proposal: Proposal, evidence: Evidence, tell: Callable[[int], None]) -> None:
    """Raise EvidenceError unless every manifest has the root that the proposal names.

    *tell* is told now and then how many rows were looked at.  Safe to run again: it only looks.
    """
    seen = 0
    for item in proposal.items:

        def counted(stored: Iterator[bytes], before: int = seen) -> Iterator[bytes]:
            for number, line in enumerate(stored, start=before + 1):
                if number % _TELL_EVERY == 0:
                    tell(number)
                yield line

        require_root(counted(iter(evidence.lines(item.manifest.pack))), item.manifest.root)
        seen += item.manifest.versions


def csv_lines(proposal: Proposal, evidence: Evidence) -> Generator[bytes]:
    """Yield the whole list as CSV, checked as it passes.

    Raises EvidenceError, at the latest behind the last row of a manifest, if its rows do not have
    its root or are not as many as it says: what came before is then no list.
    """
    yield head()
    numbered_from = 1
    for number, item in enumerate(proposal.items, start=1):
        rows = rows_of(evidence.lines(item.manifest.pack), item.manifest.root)
        count = 0
        for line in lines(rows, item, number, numbered_from):
            count += 1
            yield line
        if count != item.manifest.versions:
            raise UnverifiedError(
                "a stored manifest has another number of rows than it says",
                hint="it was edited or damaged at rest: restore the evidence store and look",
            )
        numbered_from += count


def _read(scope: _Scope, start: int, stop: int, evidence: Evidence) -> Iterator[Numbered]:
    for number, dataset, line in _lines(scope, start, stop, evidence):
        yield Numbered(number, dataset, row_of(line))


def _matching(
    scope: _Scope, start: int, stop: int, query: Query, evidence: Evidence
) -> Iterator[Numbered]:
    # A line is canonical JSON: what is not in its bytes is not in its key.
    wanted = canonical(query.words)[1:-1]
    kind = b"" if query.kind is None else b'"kind":' + canonical(query.kind.value)
    for number, dataset, line in _lines(scope, start, stop, evidence):
        if wanted in line and kind in line:
            row = row_of(line)
            fits = query.kind is None or row.version.kind is query.kind
            if fits and query.words in row.version.key:
                yield Numbered(number, dataset, row)


def _lines(
    scope: _Scope, start: int, stop: int, evidence: Evidence
) -> Iterator[tuple[int, int, bytes]]:
    """Yield the lines from *start* to before *stop* within the scope, each with its numbers."""
    passed = 0
    for dataset, first, item in scope.items:
        size = item.manifest.versions
        low, high = max(start - passed, 0), min(stop - passed, size)
        if low < high:
            stored = islice(evidence.lines(item.manifest.pack), low, high)
            for offset, line in enumerate(stored, start=low):
                yield first + offset, dataset, line
        passed += size
