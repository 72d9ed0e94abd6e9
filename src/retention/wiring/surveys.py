"""What a composition does with stores: survey them, say what is known, find what does not fit."""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from retention.domain.store import Store, spots_of, stores_of
from retention.errors import AgreementError
from retention.steps.dark import Dark, dark_folders
from retention.steps.reconcile import Reconciling, reconcile
from retention.steps.stores import ask_store
from retention.steps.survey import Surveyed, Surveying, survey
from retention.steps.surveyed import Known, drop_stores, write_known

if TYPE_CHECKING:
    from retention.domain.finding import Finding
    from retention.ports.progress import Progress
    from retention.wiring.composition import Composition


def stores(work: "Composition", names: Sequence[str] = ()) -> list[Store]:
    """Return the stores of these *names*, or all; raise AgreementError for one there is none of."""
    agreements = work.library.agreements(work.clock.today())
    try:
        found = stores_of(agreements, work.settings.stores)
    except ValueError as fault:
        raise AgreementError(
            f"retention.toml: {fault}",
            hint="name all of that place as one store, or its bucket, or leave it out",
        ) from None
    known = {store.name: store for store in found}
    for name in names:
        if name not in known:
            raise AgreementError(
                f"no store is called {name}",
                hint=f"there are: {', '.join(known) or 'none that an agreement names'}",
            )
    return [known[name] for name in names] if names else found


def survey_store(work: "Composition", store: Store, progress: "Progress") -> Surveyed:
    """Survey one store; what went wrong is in the answer."""
    ports = Surveying(
        sweeps=work.lists(),
        probes=work.probes("surveyor"),
        inventories=work.inventories(),
        catalogue=work.catalogue,
        ledger=work.ledger,
        clock=work.clock,
        progress=progress,
        secret=secret(work),
    )
    return survey(store, spots_of(work.agreements()), ports)


def dark(work: "Composition", store: Store, progress: "Progress") -> tuple[list[Dark], int]:
    """Name the folders of *store* that nobody claims; nothing of it is kept."""
    spots = spots_of(work.library.agreements(work.clock.today()))
    return dark_folders(store, spots, sweeps=work.lists(), progress=progress)


def conclude(work: "Composition") -> list[Known]:
    """Write down what is known of every agreement, once its stores were surveyed."""
    found = stores(work)
    drop_stores(found, catalogue=work.catalogue, ledger=work.ledger, clock=work.clock)
    return write_known(work.agreements(), found, catalogue=work.catalogue, ledger=work.ledger)


def secret(work: "Composition") -> bytes:
    """Return what keys the digests of folders and seals the bounds of spans, made at first use."""
    from retention.adapters.seal.ring import service_secrets  # noqa: PLC0415  # lazy

    path = work.settings.home / "keys" / "catalogue.json"
    return hashlib.sha256(service_secrets(path, ["catalogue"])["catalogue"].encode()).digest()


def reconcile_all(work: "Composition", progress: "Progress") -> "list[Finding]":
    """Return everything that does not fit, the worst first; raise what must be assessed."""
    probes = work.probes("surveyor")
    agreements = work.library.agreements(work.clock.today())
    ports = Reconciling(
        catalogue=work.catalogue,
        ledger=work.ledger,
        evidence=work.evidence,
        lister=work.lists(),
        clock=work.clock,
        progress=progress,
        probed=lambda store: ask_store(store, agreements, probes=probes).findings,
    )
    return reconcile(work.library.terms(work.clock.today()), stores(work), ports)
