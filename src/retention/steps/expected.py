"""What a survey should find in a store, by what is known and what was disposed of since."""

from datetime import datetime

from retention.domain.disposition import State
from retention.domain.entry import Entry
from retention.domain.incident import IncidentKind
from retention.domain.store import Store
from retention.ports.catalogue import Catalogue
from retention.ports.ledger import Ledger
from retention.steps.moves import state_of, stream_of

MAY_BE_GONE = frozenset(
    {
        State.IN_DISPOSAL,
        State.PARTLY_DISPOSED,
        State.VERIFYING,
        State.DISPOSED,
        State.RESIDUAL,
        State.CLOSED,
        State.LOST,
    }
)


def expected_rows(store: Store, catalogue: Catalogue, ledger: Ledger) -> int:
    """Return how many rows the last good survey saw of what nobody has disposed of since."""
    rows, name, gone = 0, "", False
    for each in catalogue.holdings():
        if each.store != store.name:
            continue
        if each.dataset != name:
            name, gone = each.dataset, state_of(ledger, each.dataset) in MAY_BE_GONE
        rows += 0 if gone else each.versions + each.markers + each.uploads
    return rows


def is_accepted(ledger: Ledger, subject: str, *, since: datetime) -> bool:
    """Tell whether somebody closed the incident of a store that looks empty: then it is true."""
    records = [
        r
        for r in ledger.stream(stream_of(subject))
        if r.kind in {Entry.INCIDENT, Entry.INCIDENT_CLOSED}
        and r.text("incident") == IncidentKind.STORE_LOOKS_EMPTY
    ]
    return bool(records) and records[-1].kind is Entry.INCIDENT_CLOSED and records[-1].at > since
