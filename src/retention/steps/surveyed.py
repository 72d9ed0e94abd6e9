"""What the surveys of all its stores say of each agreement: one entry on the ledger for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from retention.domain.agreement import Agreement
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.incident import IncidentKind
from retention.domain.store import Store, about, spots_of
from retention.ports.catalogue import Catalogue
from retention.ports.clock import Clock
from retention.ports.ledger import Ledger
from retention.steps.incidents import raise_incident

NEVER = 31  # the code of a store that nobody has surveyed yet: as one that does not answer


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one agreement's data; *failed* is the code of the worst of its stores."""

    agreement: str
    datasets: int
    versions: int  # with markers and uploads
    size_bytes: int
    unclassified: int
    failed: int


def write_known(
    agreements: Sequence[Agreement],
    stores: Sequence[Store],
    *,
    catalogue: Catalogue,
    ledger: Ledger,
) -> list[Known]:
    """Write down what is known of each of *agreements* after a survey of *stores*.

    Safe to run again: what is known is written as of now.
    """
    strays = [(each.under, each.totals.rows) for each in catalogue.strays()]
    found = []
    for agreement in agreements:
        places = {spot.pattern.static_place for spot in spots_of([agreement])}
        mine = [s for s in stores if any(s.holds(place) for place in places)]
        failed = max((_failed(store, ledger) for store in mine), default=0)
        datasets, versions, size_bytes, last = 0, 0, 0, ""
        for each in catalogue.holdings(agreement.reference):
            datasets += each.dataset != last
            last = each.dataset
            versions += each.versions + each.markers + each.uploads
            size_bytes += each.size_bytes
        unclassified = sum(
            rows for under, rows in strays if any(under.startswith(place) for place in places)
        )
        known = Known(agreement.reference, datasets, versions, size_bytes, unclassified, failed)
        _write(known, agreement, ledger)
        found.append(known)
    return found


def drop_stores(
    stores: Sequence[Store], *, catalogue: Catalogue, ledger: Ledger, clock: Clock
) -> None:
    """Forget what is known of places that nothing names any more, and raise what lies there.

    No survey looks there from now on, so somebody must say what becomes of it.  What goes under
    another name now is known by its old one until the new one has a good survey.  Safe to run
    again.
    """
    now, today = clock.now(), clock.today()
    surveyed = catalogue.surveys()
    good = {each.store for each in surveyed}
    kept = [store.name for store in stores]
    for each in surveyed:
        inside = [store for store in stores if store.holds(each.place)]
        if inside:
            awaited = any(store.name not in good for store in inside)
            kept += [each.store] if awaited else []
        elif each.rows:
            kind, subject = IncidentKind.STORE_DROPPED, about(each.store)
            raise_incident(ledger, kind, subject, noticed_on=today, personal=False, began_on=today)
    catalogue.retire(sorted(set(kept)), now=now)


def _failed(store: Store, ledger: Ledger) -> int:
    surveys = ledger.stream(about(store.name))
    return surveys[-1].number("failed") if surveys else NEVER


def _write(known: Known, agreement: Agreement, ledger: Ledger) -> None:
    facts: dict[str, Fact] = {
        "agreement": known.agreement,
        "version": agreement.version,
        "datasets": known.datasets,
        "versions": known.versions,
        "bytes": known.size_bytes,
        "unclassified": known.unclassified,
        "failed": known.failed,
    }
    ledger.append(Draft(f"survey:{known.agreement}", Entry.SURVEYED, facts))
