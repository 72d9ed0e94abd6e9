"""Ask every store what it can and may do, and say what is wrong with that.

It only asks.  What a store did not answer is a finding of its own, and never a good answer; what
one agreement wants of a store is held against that agreement alone.
Source: UK GDPR, articles 5(1)(e), 5(1)(f) and 32; NHS Records Management Code of Practice, s. 5.2.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retention.domain.agreement import Agreement, RetentionClass
from retention.domain.finding import Finding, FindingKind
from retention.domain.pattern import Pattern
from retention.domain.store import Store
from retention.errors import StoreError
from retention.ports.probe import Capabilities, Probes
from retention.ports.progress import Progress
from retention.views.stores import could_words, lock_words, public_words


@dataclass(frozen=True, slots=True)
class StoreSaid:
    """What one store says of itself, None if it could not be asked, and what is wrong with it."""

    store: Store
    agreements: tuple[str, ...]  # the references of those that have data there
    says: Capabilities | None
    findings: tuple[Finding, ...]


def ask_stores(
    stores: Sequence[Store],
    agreements: Sequence[Agreement],
    *,
    probes: Probes,
    progress: Progress,
) -> list[StoreSaid]:
    """Ask each of *stores*, in their order; one that fails is a finding, and no error.

    Safe to run again: nothing is changed by asking.
    """
    found = []
    for number, store in enumerate(stores):
        progress.at("ask stores", number, len(stores))
        found.append(ask_store(store, agreements, probes=probes))
    return found


def ask_store(store: Store, agreements: Sequence[Agreement], *, probes: Probes) -> StoreSaid:
    """Ask one store; what ends in an error of the store's is in the findings."""
    mine = tuple(each.reference for each in agreements if _classes_in(store, each))
    try:
        says = probes.capabilities(store.place)
    except StoreError as error:
        failed = Finding(FindingKind.STORE_FAILED, store.name, detail=str(error))
        return StoreSaid(store, mine, None, (failed,))
    return StoreSaid(store, mine, says, tuple(findings_of(store, says, agreements)))


def findings_of(store: Store, says: Capabilities, agreements: Sequence[Agreement]) -> list[Finding]:
    """Return what is wrong with a store that *says* this of itself, the worst first."""
    found = [*_of_itself(store, says), *_of_inventories(store, says)]
    concerned = [each for each in agreements if _classes_in(store, each)]
    for agreement in concerned:
        found += _of_region(store, says, agreement)
        found += _of_copies(store, says, agreement)
    if not concerned:
        found += [
            Finding(FindingKind.REPLICATES_ELSEWHERE, store.name, detail=f"to {place}")
            for place in says.replicates_to or ()
        ]
    if says.unknown:
        questions = sorted(says.unknown.items())
        detail = ", ".join(f"{asked.replace('_', ' ')} ({why})" for asked, why in questions)
        found.append(Finding(FindingKind.NOT_ANSWERED, store.name, detail=detail))
    return sorted(found, key=lambda each: each.sort_key)


def _of_itself(store: Store, says: Capabilities) -> Iterator[Finding]:
    """Yield what is wrong whoever has data there; what is not known is neither wrong nor right."""
    kinds = FindingKind
    rows = (
        (kinds.NOT_VERSIONED, says.versioning == "off", ""),
        (kinds.VERSIONING_SUSPENDED, says.versioning == "suspended", ""),
        (kinds.MFA_DELETE, says.mfa_delete, ""),
        (kinds.NOT_ENCRYPTED, says.encryption == "", "it encrypts nothing by itself"),
        (kinds.PUBLIC, says.public, public_words(says.public)),
        (kinds.EXPIRES_BY_ITSELF, says.expires, "; ".join(says.expires or ())),
        (kinds.SURVEYOR_COULD_DESTROY, says.surveyor_can, could_words(says.surveyor_can)),
        (kinds.LOCKED_BY_DEFAULT, says.lock_default, lock_words(says.lock_default or "")),
    )
    for kind, is_so, detail in rows:
        if is_so:
            yield Finding(kind, store.name, detail=detail)


def _of_inventories(store: Store, says: Capabilities) -> Iterator[Finding]:
    """Yield an inventory that is to be read, and that the store does not make there."""
    made = says.inventories
    if not store.inventory or made is None:
        return
    if not any(each.startswith(store.inventory) for each in made):
        detail = f"it makes {', '.join(made)}" if made else ""
        yield Finding(FindingKind.NO_INVENTORY, store.name, detail=detail)


def _of_region(store: Store, says: Capabilities, agreement: Agreement) -> Iterator[Finding]:
    agreed = {each.casefold() for each in agreement.regions}
    if says.region is not None and agreed and says.region.casefold() not in agreed:
        detail = f"it lies in {says.region}; agreed: {', '.join(agreement.regions)}"
        yield Finding(
            FindingKind.OUT_OF_REGION, store.name, about=agreement.reference, detail=detail
        )


def _of_copies(store: Store, says: Capabilities, agreement: Agreement) -> Iterator[Finding]:
    """Yield each place to which data of a class are copied that declares no copy there."""
    for place in says.replicates_to or ():
        without = [
            each.name
            for each in _classes_in(store, agreement)
            if not any(pattern.root == place for pattern in _declared(each))
        ]
        if without:
            yield Finding(
                FindingKind.REPLICATES_ELSEWHERE,
                store.name,
                about=agreement.reference,
                detail=f"to {place}, which is no copy of {', '.join(without)}",
            )


def _classes_in(store: Store, agreement: Agreement) -> list[RetentionClass]:
    """Return the classes that have a place in *store*, their own or that of a copy."""
    return [
        each
        for each in agreement.classes
        if any(_meet(store.place, pattern.static_place) for pattern in _declared(each))
    ]


def _declared(kind: RetentionClass) -> list[Pattern]:
    """Return every place that a class declares, whoever looks at it there."""
    return [*kind.datasets, *(copy.store for copy in kind.copies if copy.store is not None)]


def _meet(one: str, other: str) -> bool:
    """Tell whether one place lies in the other: a store may be a part of what is declared."""
    return one.startswith(other) or other.startswith(one)
