"""Stores: what is listed as a whole, and which parts of an agreement lie in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from retention.domain.agreement import Agreement, CheckedBy
from retention.domain.pattern import Pattern, key_prefix

_SLASHES_OF_A_BUCKET = 3  # s3://bucket/
SCHEME = "s3"  # what can be listed; paper and databases are looked at by others


@dataclass(frozen=True, order=True, slots=True)
class Store:
    """One place that is surveyed as a whole; *inventory* is where it lists itself, "" if nowhere.

    *name* is plain: it stands on the ledger and on screens.
    """

    name: str
    place: str  # ``s3://bucket/``, or a part of a bucket
    inventory: str = ""

    @property
    def bucket(self) -> str:
        """The bucket that it is, or lies in."""
        return key_prefix(self.place)[1]

    def holds(self, place: str) -> bool:
        """Tell whether all of *place* lies in it."""
        return place.startswith(self.place)


def about(store: str) -> str:
    """Return what the ledger calls a store of that name: its stream, and what incidents are of."""
    return f"store:{store}"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the datasets of one class lie: their own place, or that of a declared copy."""

    agreement: Agreement
    class_name: str
    kind: str  # primary, replica, backup
    pattern: Pattern


def spots_of(agreements: Iterable[Agreement]) -> list[Spot]:
    """Return every place that the engine itself can list, in the order of the agreements."""
    found = []
    for agreement in agreements:
        for each in agreement.classes:
            found += [Spot(agreement, each.name, "primary", place) for place in each.datasets]
            found += [
                Spot(agreement, each.name, copy.kind, copy.store)
                for copy in each.copies
                if copy.store is not None and copy.checked_by is CheckedBy.ENGINE
            ]
    return [spot for spot in found if spot.pattern.root.startswith(f"{SCHEME}://")]


def stores_of(agreements: Iterable[Agreement], configured: Iterable[Store] = ()) -> list[Store]:
    """Return what must be listed so that nothing an agreement names is left out, by name.

    A bucket is listed as a whole, or dark data beside what is declared would never be seen; but
    where parts of it are *configured* it may be others' too, and only what is named is listed.
    Raises ValueError for a configured part of what an agreement names as one.
    """
    found = list(configured)
    narrowed = {store.bucket for store in found}
    for spot in spots_of(agreements):
        place, bucket = spot.pattern.static_place, key_prefix(spot.pattern.root)[1]
        if any(store.holds(place) for store in found):
            continue
        if inside := [store.name for store in configured if store.place.startswith(place)]:
            raise ValueError(
                f"[stores.{inside[0]}] is only a part of {place}, which an agreement names"
            )
        place = place if bucket in narrowed else spot.pattern.root
        found = [store for store in found if not store.place.startswith(place)]
        found.append(Store(_name(bucket, place, found), place))
    return sorted(found)


def _name(bucket: str, place: str, others: Iterable[Store]) -> str:
    """Return a name that no other store has: that of the bucket, if it is free."""
    whole = place.count("/") == _SLASHES_OF_A_BUCKET
    if whole and all(other.name != bucket for other in others):
        return bucket
    return f"{bucket}.{sha256(place.encode()).hexdigest()[:8]}"
