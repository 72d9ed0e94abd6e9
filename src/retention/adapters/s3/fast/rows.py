"""From pages in columns to versions one by one, in the order of a manifest."""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from operator import attrgetter

from retention.domain.dataset import Kind, ObjectVersion
from retention.ports.store import Page

_order = attrgetter("key", "kind", "version_id")
_key = attrgetter("key")


def versions(pages: Iterable[Page], uploads: Iterable[ObjectVersion]) -> Iterator[ObjectVersion]:
    """Yield the rows of *pages*, which ascend by key, and *uploads*, strictly ascending.

    Holds a page, the rows of one key, and all uploads.
    """
    waiting = sorted(uploads)
    for rows in _whole_keys(pages):
        upto = bisect_right(waiting, rows[-1].key, key=_key)
        if upto:
            yield from heapq.merge(rows, waiting[:upto])
            del waiting[:upto]
        else:
            yield from rows
    yield from waiting


def _whole_keys(pages: Iterable[Page]) -> Iterator[list[ObjectVersion]]:
    """Yield batches of rows in order; the rows of one key are all in one batch."""
    held: list[ObjectVersion] = []  # of the key that the last page ended with
    for page in pages:
        keys = page.keys
        if not keys:
            continue
        rows = _rows(page)
        last = bisect_left(keys, keys[-1])
        begins_anew = not held or held[0].key != keys[0]
        if not last and not begins_anew:
            held += rows
            continue
        ready, held = held + rows[:last], rows[last:]
        if ready:
            several = len(ready) > last + 1 or not begins_anew or len(set(keys)) < len(keys)
            yield sorted(ready, key=_order) if several else ready
    if held:
        yield sorted(held, key=_order)


def _rows(page: Page) -> list[ObjectVersion]:
    kinds: Iterable[Kind] = repeat(Kind.DATA)
    if True in page.markers:
        kinds = [Kind.MARKER if marker else Kind.DATA for marker in page.markers]
    columns: Sequence[Iterable[object]] = (
        page.keys,
        kinds,
        page.ids,
        page.sizes,
        page.etags,
        repeat(""),
        page.modified,
        page.classes,
    )
    return list(map(ObjectVersion, *columns))
