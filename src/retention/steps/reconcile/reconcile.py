"""Find what does not fit between stores and agreements, and raise what must be assessed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from retention.domain.agreement import Agreement
from retention.domain.finding import Finding, FindingKind
from retention.domain.incident import IncidentKind
from retention.domain.store import Store, about, spots_of
from retention.domain.term import Term
from retention.ports.catalogue import Catalogue
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.progress import Progress
from retention.ports.store import Lists
from retention.steps.incidents import raise_incident
from retention.steps.reconcile.disposed import after_disposal
from retention.steps.reconcile.held import held
from retention.steps.reconcile.strays import strays
from retention.steps.reconcile.surveyed import surveyed

# A finding that somebody must assess, whether or not the data are of persons.
INCIDENTS: Mapping[FindingKind, IncidentKind] = {
    FindingKind.DARK: IncidentKind.DARK,
    FindingKind.NAMES_SOMEBODY: IncidentKind.NAMES_SOMEBODY,
    FindingKind.UNDECLARED_COPY: IncidentKind.UNDECLARED_COPY,
    FindingKind.REPLICATES_ELSEWHERE: IncidentKind.UNDECLARED_COPY,
    FindingKind.NOT_ENCRYPTED: IncidentKind.NOT_ENCRYPTED,
    FindingKind.OUT_OF_REGION: IncidentKind.OUT_OF_REGION,
    FindingKind.PUBLIC: IncidentKind.PUBLIC,
    FindingKind.LISTED_AFTER_DISPOSAL: IncidentKind.LISTED_AFTER_DISPOSAL,
    FindingKind.RESURRECTION: IncidentKind.RESURRECTION,
}
_OF_A_DATASET = frozenset(
    {
        FindingKind.LISTED_AFTER_DISPOSAL,
        FindingKind.RESURRECTION,
        FindingKind.UNDECLARED_COPY,
    }
)


@dataclass(frozen=True, slots=True)
class Reconciling:
    """The ports that reconciling takes; *probed* asks a store and returns what is wrong with it."""

    catalogue: Catalogue
    ledger: Ledger
    evidence: Evidence
    lister: Lists
    clock: Clock
    progress: Progress
    probed: Callable[[Store], Sequence[Finding]]


def reconcile(terms: Sequence[Term], stores: Sequence[Store], ports: Reconciling) -> list[Finding]:
    """Return every finding, the worst first; raise an incident for what must be assessed.

    Safe to run again: it looks, and an incident is written once.
    """
    found = sorted(_found(terms, stores, ports), key=lambda each: each.sort_key)
    agreements = [term.governing for term in terms if term.governing is not None]
    today = ports.clock.today()
    for each in found:
        _raise(each, agreements, stores, ports.ledger, today)
    return found


def _found(terms: Sequence[Term], stores: Sequence[Store], ports: Reconciling) -> Iterator[Finding]:
    today = ports.clock.today()
    for number, store in enumerate(stores):
        ports.progress.at("ask stores", number, len(stores))
        yield from ports.probed(store)
    yield from surveyed(stores, ports.catalogue, ports.ledger, on=today)
    yield from strays(ports.catalogue)
    yield from held(terms, stores, ports.catalogue, ports.ledger, ports.progress, on=today)
    yield from after_disposal(terms, ports.catalogue, ports.ledger, ports.evidence, ports.lister)


def _raise(
    finding: Finding,
    agreements: Sequence[Agreement],
    stores: Sequence[Store],
    ledger: Ledger,
    today: date,
) -> None:
    """Raise the incident that *finding* is, if it is one."""
    kind = INCIDENTS.get(finding.kind)
    if kind is None:
        return
    of_dataset = finding.kind in _OF_A_DATASET and finding.about.count("/") > 0
    subject = finding.about if of_dataset else about(finding.store)
    personal = _is_personal(finding, agreements, stores)
    raise_incident(
        ledger, kind, subject, noticed_on=today, personal=personal, began_on=finding.since
    )


def _is_personal(
    finding: Finding, agreements: Sequence[Agreement], stores: Sequence[Store]
) -> bool:
    """Tell whether people can be recognised in any data that the finding may concern.

    Of data that nobody declared nobody knows: they are taken to be as the others in their store.
    """
    mine = [store for store in stores if store.name == finding.store]
    for spot in spots_of(agreements):
        here = any(store.holds(spot.pattern.static_place) for store in mine)
        named = finding.about.startswith(f"{spot.agreement.reference}/{spot.class_name}/")
        if (here or named) and spot.agreement.class_named(spot.class_name).is_personal:
            return True
    return False
