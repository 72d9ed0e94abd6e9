"""Whether a survey still says something: neither too old, nor of a store that looks empty."""

from datetime import date, timedelta
from typing import Final

from retention.domain.incident import IncidentKind, incidents_in
from retention.domain.store import about
from retention.ports.catalogue import INVENTORY
from retention.ports.ledger import Ledger
from retention.steps.moves import stream_of

WITHIN: Final = {INVENTORY: timedelta(days=8)}  # weekly at the least, and a day late
NIGHTLY: Final = timedelta(days=2)


def is_old(as_of: date, source: str, on: date) -> bool:
    """Tell whether what it saw is older than the next survey should have let it become."""
    return as_of < on - WITHIN.get(source, NIGHTLY)


def stands_empty(store: str, ledger: Ledger) -> bool:
    """Tell whether a survey of *store* saw next to nothing, and nobody has said that this is so."""
    found = incidents_in(ledger.stream(stream_of(about(store))))
    return any(each.is_open and each.kind == IncidentKind.STORE_LOOKS_EMPTY for each in found)
