"""What agreements say of data that they cover: none there, there too long, there unencrypted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from retention.domain.agreement import Status
from retention.domain.finding import Finding, FindingKind
from retention.domain.store import Store, spots_of
from retention.domain.term import Term
from retention.ports.catalogue import Catalogue
from retention.ports.ledger import Ledger
from retention.ports.progress import Progress
from retention.steps.classify import Dated, assess_all
from retention.steps.raising import is_surveyed

TELL_EVERY = 1000


@dataclass(slots=True)
class _Sum:
    datasets: int = 0
    rows: int = 0
    size_bytes: int = 0

    def add(self, dated: Dated) -> None:
        self.datasets += 1
        self.rows += sum(h.versions + h.markers + h.uploads for h in dated.holdings)
        self.size_bytes += sum(h.size_bytes for h in dated.holdings)


def held(
    terms: Sequence[Term],
    stores: Sequence[Store],
    catalogue: Catalogue,
    ledger: Ledger,
    progress: Progress,
    *,
    on: date,
) -> Iterator[Finding]:
    """Yield findings on datasets, summed up by class; `retention due` lists them one by one."""
    late: dict[str, _Sum] = {}
    bare: dict[tuple[str, str], _Sum] = {}
    seen: set[str] = set()
    everything = assess_all(terms, catalogue=catalogue, ledger=ledger, on=on)
    for number, dated in enumerate(everything, start=1):
        name = f"{dated.agreement.reference}/{dated.kind.name}"
        seen.add(name)
        if dated.assessment.over_retained:
            late.setdefault(name, _Sum()).add(dated)
        for store in {h.store for h in dated.holdings if h.traits.encryption["none"]}:
            bare.setdefault((store, name), _Sum()).add(dated)
        if number % TELL_EVERY == 0:
            progress.at("looked at", number)
    for name, total in late.items():
        yield _finding(FindingKind.PAST_DESTROY_BY, "", name, total)
    for (store, name), total in bare.items():
        yield _finding(FindingKind.NOT_ENCRYPTED, store, name, total)
    yield from _without_data(terms, stores, catalogue, seen, on=on)


def _finding(kind: FindingKind, store: str, name: str, total: _Sum) -> Finding:
    return Finding(
        kind,
        store,
        f"{name}/",
        datasets=total.datasets,
        rows=total.rows,
        size_bytes=total.size_bytes,
    )


def _without_data(
    terms: Sequence[Term],
    stores: Sequence[Store],
    catalogue: Catalogue,
    seen: set[str],
    *,
    on: date,
) -> Iterator[Finding]:
    """Yield each signed class of which nothing was found, where all its stores were surveyed."""
    for term in terms:
        agreement = term.governing
        if agreement is None or not agreement.in_force_on(on) or not is_surveyed(catalogue, term):
            continue
        for spot in spots_of([agreement]):
            name = f"{agreement.reference}/{spot.class_name}"
            signed = agreement.class_named(spot.class_name).status is Status.SIGNED
            if spot.kind == "primary" and signed and name not in seen:
                place = spot.pattern.static_place
                store = next((s.name for s in stores if s.holds(place)), "")
                yield Finding(FindingKind.NO_DATA, store, f"{name}/", detail=f"below {place}")
                seen.add(name)
