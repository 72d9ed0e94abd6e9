"""Find what does not fit between stores and agreements, and raise what must be assessed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

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
from retention.steps.reconcile.strays import summed
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

    Safe to run again: it looks, and an incident is written once, and once more if what was closed
    went away and came again.
    """
    today = ports.clock.today()
    stray = list(summed(ports.catalogue))
    found = [*_found(terms, stores, ports), *(each for s in stray for each in s.findings)]
    moving = {(FindingKind.DARK.value, s.place): s for s in stray if s.is_in_other_folders}
    noticed = {(each.kind.value, _subject(each)) for each in found}
    since = ports.catalogue.remember(noticed | moving.keys(), on=today)
    found += [s.moving for key, s in moving.items() if since[key] < today]
    found.sort(key=lambda each: each.sort_key)
    agreements = [term.governing for term in terms if term.governing is not None]
    for each in found:
        if (kind := INCIDENTS.get(each.kind)) is not None:
            raise_incident(
                ports.ledger,
                kind,
                _subject(each),
                noticed_on=today,
                personal=_is_personal(each, agreements, stores),
                began_on=each.since or since.get((each.kind.value, _subject(each)), today),
            )
    return found


def _subject(each: Finding) -> str:
    of_dataset = each.kind in _OF_A_DATASET and each.about.count("/") > 0
    return each.about if of_dataset else about(each.store)


def _found(terms: Sequence[Term], stores: Sequence[Store], ports: Reconciling) -> Iterator[Finding]:
    today = ports.clock.today()
    for number, store in enumerate(stores):
        ports.progress.at("ask stores", number, len(stores))
        yield from ports.probed(store)
    yield from surveyed(stores, ports.catalogue, ports.ledger, on=today)
    yield from held(terms, stores, ports.catalogue, ports.ledger, ports.progress, on=today)
    yield from after_disposal(terms, ports.catalogue, ports.ledger, ports.evidence, ports.lister)


def _is_personal(
    finding: Finding, agreements: Sequence[Agreement], stores: Sequence[Store]
) -> bool:
    """Tell whether people can be recognised in any data that the finding may concern.

    Of data that nobody declared nobody knows: they are taken to be as the others in their store,
    and to be of persons where there are no others.
    """
    if finding.kind is FindingKind.NAMES_SOMEBODY:
        return True
    mine = [store for store in stores if store.name == finding.store]
    for spot in spots_of(agreements):
        here = any(store.holds(spot.pattern.static_place) for store in mine)
        named = finding.about.startswith(f"{spot.agreement.reference}/{spot.class_name}/")
        if (here or named) and spot.agreement.class_named(spot.class_name).is_personal:
            return True
    none_here = not any(
        store.holds(spot.pattern.static_place) for spot in spots_of(agreements) for store in mine
    )
    return finding.kind is FindingKind.DARK and none_here
