"""Look at every place that an agreement names, and bring the catalogue to date.

One pass in memory that grows with the datasets, not with the objects.  A listing that breaks off
changes nothing: that agreement keeps its last good survey, and the failure is on the ledger.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from retention.domain.agreement import Agreement, CheckedBy
from retention.domain.dataset import ID_LETTERS_MAX, DatasetId, Kind, ObjectVersion
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.pattern import Pattern
from retention.errors import StoreError
from retention.ports.catalogue import Catalogue, Holding
from retention.ports.clock import Clock
from retention.ports.ledger import Ledger
from retention.ports.progress import Progress
from retention.ports.store import Lists

TELL_EVERY = 1000  # versions between two words on progress


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What a survey of one agreement came to; *fault* is the error that ended it, or None."""

    agreement: str
    datasets: int
    versions: int
    size_bytes: int
    unclassified: int
    fault: StoreError | None


@dataclass(slots=True)
class _Totals:
    versions: int = 0
    markers: int = 0
    uploads: int = 0
    size_bytes: int = 0
    oldest_at: datetime | None = None
    newest_at: datetime | None = None

    def add(self, version: ObjectVersion) -> None:
        self.versions += version.kind is Kind.DATA
        self.markers += version.kind is Kind.MARKER
        self.uploads += version.kind is Kind.UPLOAD
        self.size_bytes += version.size_bytes
        if (at := version.modified_at) is not None:
            self.oldest_at = at if self.oldest_at is None else min(self.oldest_at, at)
            self.newest_at = at if self.newest_at is None else max(self.newest_at, at)


_Spot = tuple[str, str, Pattern]  # class, kind of copy, where
_Found = dict[tuple[str, str, str], tuple[DatasetId, _Totals]]  # (dataset, kind, place)


def survey(
    agreements: Sequence[Agreement],
    *,
    store: Lists,
    catalogue: Catalogue,
    ledger: Ledger,
    clock: Clock,
    progress: Progress,
) -> list[Surveyed]:
    """Survey all *agreements*; a store that fails is reported and never reads as empty.

    Safe to run again, and twice at once: the last good survey of an agreement replaces the one
    before as a whole.
    """
    return [_one(each, store, catalogue, ledger, clock, progress) for each in agreements]


def _one(
    agreement: Agreement,
    store: Lists,
    catalogue: Catalogue,
    ledger: Ledger,
    clock: Clock,
    progress: Progress,
) -> Surveyed:
    found: _Found = {}
    began_at = clock.now()  # what goes while we list was there when we began
    seen = unclassified = 0
    fault = None
    try:
        for place, spots in _places(agreement).items():
            for version in store.versions(place):
                seen += 1
                unclassified += not _count(agreement, version, spots, found)
                if seen % TELL_EVERY == 0:
                    progress.at(f"survey {agreement.reference}", seen)
    except StoreError as error:
        fault = error
    else:
        catalogue.replace(agreement.reference, _holdings(agreement, found, began_at))
    progress.at(f"survey {agreement.reference}", seen, seen)
    result = Surveyed(
        agreement.reference,
        len({key[0] for key in found}),
        seen,
        sum(totals.size_bytes for _, totals in found.values()),
        unclassified,
        fault,
    )
    _write_down(agreement, result, ledger)
    return result


def _places(agreement: Agreement) -> dict[str, list[_Spot]]:
    """Return what to list, and which patterns to look for in each listing."""
    places: dict[str, list[_Spot]] = {}
    for kind in agreement.classes:
        spots = [(kind.name, "primary", pattern) for pattern in kind.datasets]
        spots += [
            (kind.name, copy.kind, copy.store)
            for copy in kind.copies
            if copy.store is not None and copy.checked_by is CheckedBy.ENGINE
        ]
        for spot in spots:
            places.setdefault(spot[2].static_place, []).append(spot)
    return {place: spots for place, spots in places.items() if place.startswith("s3://")}


def _count(
    agreement: Agreement, version: ObjectVersion, spots: Sequence[_Spot], found: _Found
) -> bool:
    for class_name, kind, pattern in spots:
        if (binding := pattern.match(version.key)) is not None:
            values = dict(binding)
            # A copy may name the placeholders in another order: the id is that of the class.
            names = agreement.class_named(class_name).placeholders
            ordered = tuple((name, values[name]) for name in names)
            dataset = DatasetId(agreement.reference, class_name, ordered)
            if len(str(dataset)) > ID_LETTERS_MAX:
                return False  # nothing could be written of it: it is told as of no class
            key = (str(dataset), kind, pattern.place(values))
            found.setdefault(key, (dataset, _Totals()))[1].add(version)
            return True
    return False


def _holdings(agreement: Agreement, found: _Found, at: datetime) -> Iterator[Holding]:
    for (name, kind, place), (dataset, totals) in sorted(found.items(), key=lambda item: item[0]):
        yield Holding(
            dataset=name,
            agreement=agreement.reference,
            class_name=dataset.class_name,
            binding=dataset.binding,
            kind=kind,
            place=place,
            versions=totals.versions,
            markers=totals.markers,
            uploads=totals.uploads,
            size_bytes=totals.size_bytes,
            oldest_at=totals.oldest_at,
            newest_at=totals.newest_at,
            seen_at=at,
        )


def _write_down(agreement: Agreement, result: Surveyed, ledger: Ledger) -> None:
    facts: dict[str, Fact] = {
        "agreement": agreement.reference,
        "version": agreement.version,
        "datasets": result.datasets,
        "versions": result.versions,
        "bytes": result.size_bytes,
        "unclassified": result.unclassified,
        "failed": 0 if result.fault is None else result.fault.exit_code,
    }
    ledger.append(Draft(f"survey:{agreement.reference}", Entry.SURVEYED, facts))
