"""Stores that could not be surveyed, or that nobody surveyed lately."""

from collections.abc import Iterator, Sequence
from datetime import date

from retention.domain.calendar import london_day
from retention.domain.finding import Finding, FindingKind
from retention.domain.store import Store, about
from retention.domain.words import long_day
from retention.ports.catalogue import Catalogue
from retention.ports.ledger import Ledger
from retention.steps.freshness import is_old, stands_empty


def surveyed(
    stores: Sequence[Store], catalogue: Catalogue, ledger: Ledger, *, on: date
) -> Iterator[Finding]:
    """Yield a finding for each store of which no good survey is fresh."""
    good = {each.store: each for each in catalogue.surveys()}
    for store in stores:
        last = good.get(store.name)
        said = "never surveyed"
        if last is not None:
            said = f"last good survey: of {long_day(london_day(last.as_of))}, {last.source}"
        kind = None
        entries = ledger.stream(about(store.name))
        if stands_empty(store.name, ledger):
            kind = FindingKind.LOOKS_EMPTY
        elif entries and entries[-1].number("failed"):
            kind = FindingKind.STORE_FAILED
        elif last is None or is_old(london_day(last.as_of), last.source, on):
            kind = FindingKind.NOT_SURVEYED
        if kind is not None:
            yield Finding(kind, store.name, detail=said)
