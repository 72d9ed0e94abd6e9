"""A frozen manifest beside a fresh listing: two sorted streams, one row of each in memory.

Used twice, by different eyes: before the first order, and by the verifier after the last.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby

from retention.domain.dataset import ObjectVersion
from retention.domain.manifest import Manifest, Row
from retention.errors import StoreError, UnverifiedError
from retention.ports.store import Lists


class Seen(Enum):
    """What a listing shows of one row."""

    PRESENT = auto()
    CHANGED = auto()  # the same version id with other content: a store that keeps no versions
    ABSENT = auto()
    UNSEEN = auto()  # the listing broke off before it: neither there nor gone


@dataclass(slots=True)
class Look:
    """One comparison: *arrivals* is listed and not in the manifest; *fault* is why it broke off."""

    arrivals: int = 0
    fault: StoreError | None = None


def compare(
    manifest: Manifest, rows: Iterable[Row], store: Lists, look: Look
) -> Iterator[tuple[int, Row, Seen]]:
    """Yield each of *rows* with its number from 1 and what *store* shows of it now.

    A place whose listing fails is UNSEEN from there on, and *look* keeps the error; the other
    places are still looked at.
    Raises UnverifiedError if a listing is out of order, for then its gaps prove nothing.
    """
    numbered = enumerate(rows, start=1)
    places = {place.copy for place in manifest.places}
    for copy, group in groupby(numbered, key=lambda pair: pair[1].copy):
        places.discard(copy)
        yield from _one_place(manifest.place(copy), group, store, look)
    for copy in sorted(places):  # nothing was frozen there: whatever is listed came later
        look.arrivals += sum(1 for _ in _listing(store, manifest.place(copy), look))


def _one_place(
    place: str, rows: Iterable[tuple[int, Row]], store: Lists, look: Look
) -> Iterator[tuple[int, Row, Seen]]:
    broken_before = look.fault
    look.fault = None
    listing = _listing(store, place, look)
    there = next(listing, None)
    for number, row in rows:
        while there is not None and there < row.version:
            look.arrivals += 1
            there = next(listing, None)
        if there == row.version:
            same = not row.version.etag or there.etag == row.version.etag
            yield number, row, Seen.PRESENT if same else Seen.CHANGED
            there = next(listing, None)
        else:
            blind = there is None and look.fault is not None
            yield number, row, Seen.UNSEEN if blind else Seen.ABSENT
    look.arrivals += (there is not None) + sum(1 for _ in listing)
    look.fault = look.fault or broken_before


def _listing(store: Lists, place: str, look: Look) -> Iterator[ObjectVersion]:
    last = None
    try:
        for version in store.versions(place):
            if last is not None and not last < version:
                raise UnverifiedError("a listing is out of order", hint="its gaps prove nothing")
            last = version
            yield version
    except StoreError as error:
        look.fault = error
