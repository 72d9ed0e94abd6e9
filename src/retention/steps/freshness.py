"""Whether a survey still says something: neither too old, nor of a store that looks empty."""

from datetime import date, timedelta
from typing import Final

from retention.domain.calendar import instant
from retention.domain.entry import Entry
from retention.domain.incident import IncidentKind, incidents_in
from retention.domain.store import about
from retention.errors import UnverifiedError
from retention.ports.catalogue import INVENTORY, Catalogue
from retention.ports.ledger import Ledger
from retention.steps.moves import stream_of

WITHIN: Final = {INVENTORY: timedelta(days=8)}  # weekly at the least, and a day late
NIGHTLY: Final = timedelta(days=2)
_ROUNDED: Final = timedelta(milliseconds=1)  # as instants stand on the ledger


def is_old(as_of: date, source: str, on: date) -> bool:
    """Tell whether what it saw is older than the next survey should have let it become."""
    return as_of < on - WITHIN.get(source, NIGHTLY)


def require_newest_catalogue(catalogue: Catalogue, ledger: Ledger) -> None:
    """Raise UnverifiedError if the ledger has a later good survey of a store than the catalogue.

    Then it was restored from a backup: what it counts is of that day.
    """
    for survey in catalogue.surveys():
        good = [
            r.text("as_of")
            for r in ledger.stream(about(survey.store))
            if r.kind is Entry.STORE_SURVEYED and not r.number("failed")
        ]
        if good and instant(good[-1]) > survey.as_of + _ROUNDED:
            raise UnverifiedError(
                f"the catalogue of the store {survey.store} is older than its last survey",
                hint="it was restored from a backup: survey the store again (`retention survey`)",
            )


def stands_empty(store: str, ledger: Ledger) -> bool:
    """Tell whether a survey of *store* saw next to nothing, and nobody has said that this is so."""
    found = incidents_in(ledger.stream(stream_of(about(store))))
    return any(each.is_open and each.kind == IncidentKind.STORE_LOOKS_EMPTY for each in found)
