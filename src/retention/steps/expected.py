"""What a survey should find in a store, by what is known and what was disposed of since."""

from datetime import UTC, datetime

from retention.domain.disposition import State
from retention.domain.entry import Entry, Record
from retention.domain.incident import IncidentKind
from retention.domain.store import Store, about
from retention.ports.catalogue import Catalogue, Survey
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

_NEVER = datetime.min.replace(tzinfo=UTC)


def expected_versions(store: Store, catalogue: Catalogue, ledger: Ledger) -> int:
    """Return how many versions the last good survey saw of what nobody has disposed of since."""
    versions, name, gone = 0, "", False
    for each in catalogue.holdings():
        if each.store != store.name:
            continue
        if each.dataset != name:
            name, gone = each.dataset, state_of(ledger, each.dataset) in MAY_BE_GONE
        versions += 0 if gone else each.versions
    return versions


def last_versions(store: Store, survey: Survey | None, ledger: Ledger) -> tuple[int, datetime]:
    """Return how many data versions were seen there last, and when that was written.

    Where the catalogue was lost, or the store has another name in it, the ledger knows.
    """
    if survey is not None:
        return survey.versions, survey.ended_at
    good = [r for r in ledger.stream(about(store.name)) if _is_good(r)]
    return (good[-1].number("versions"), good[-1].at) if good else (0, _NEVER)


def _is_good(record: Record) -> bool:
    return record.kind is Entry.STORE_SURVEYED and not record.number("failed")


def is_accepted(ledger: Ledger, subject: str, *, since: datetime) -> bool:
    """Tell whether somebody closed the incident of a store that looks empty: then it is true."""
    records = [
        r
        for r in ledger.stream(stream_of(subject))
        if r.kind in {Entry.INCIDENT, Entry.INCIDENT_CLOSED}
        and r.text("incident") == IncidentKind.STORE_LOOKS_EMPTY
    ]
    return bool(records) and records[-1].kind is Entry.INCIDENT_CLOSED and records[-1].at > since
