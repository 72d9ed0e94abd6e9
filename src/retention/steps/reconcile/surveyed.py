"""Stores that could not be surveyed, or that nobody surveyed lately."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from retention.domain.calendar import london_day
from retention.domain.finding import Finding, FindingKind
from retention.domain.incident import IncidentKind, incidents_in
from retention.domain.store import Store, about
from retention.domain.words import long_day
from retention.ports.catalogue import INVENTORY, Catalogue, Survey
from retention.ports.ledger import Ledger
from retention.steps.moves import stream_of

WITHIN: Final = {INVENTORY: timedelta(days=8)}  # weekly at the least, and a day late
NIGHTLY: Final = timedelta(days=2)


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
        if _looks_empty(store, ledger):
            kind = FindingKind.LOOKS_EMPTY
        elif entries and entries[-1].number("failed"):
            kind = FindingKind.STORE_FAILED
        elif last is None or is_old(last, on):
            kind = FindingKind.NOT_SURVEYED
        if kind is not None:
            yield Finding(kind, store.name, detail=said)


def is_old(survey: Survey, on: date) -> bool:
    """Tell whether what it saw is older than the next survey should have let it become."""
    return london_day(survey.as_of) < on - WITHIN.get(survey.source, NIGHTLY)


def _looks_empty(store: Store, ledger: Ledger) -> bool:
    found = incidents_in(ledger.stream(stream_of(about(store.name))))
    return any(each.is_open and each.kind == IncidentKind.STORE_LOOKS_EMPTY for each in found)
