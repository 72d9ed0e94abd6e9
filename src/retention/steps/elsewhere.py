"""What is under a key beside the datasets of an approval: looked for, and never assumed.

Every version that is left in any store that could use the key is looked at, or an inventory that
was made afterwards says of all that they are under no key at all.  Whatever was not looked at is
unknown, and so is what surveys never see: that nothing outside of these stores needs the key is
what the agreement says by declaring it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from retention.domain.dataset import Kind
from retention.domain.erasure import Elsewhere
from retention.domain.key import region_of
from retention.domain.store import Store
from retention.domain.totals import Traits
from retention.ports.catalogue import INVENTORY, Catalogue
from retention.ports.probe import Probes
from retention.ports.store import Lists
from retention.steps.under_keys import key_in

LOOKS_MAX: Final = 20_000  # versions that are looked at for one key; more stay unknown
_KEYLESS: Final = frozenset({"AES256", "SSE-C", "none"})  # ways that no key service takes part in


@dataclass(frozen=True, slots=True)
class Searching:
    """The ports that the search takes: those of the surveyor, in every store there is."""

    stores: Sequence[Store]
    lister: Lists
    probes: Probes
    catalogue: Catalogue


def elsewhere(arn: str, since: datetime, copies: Collection[str], ports: Searching) -> Elsewhere:
    """Return how many versions are under the key, and of how many nobody knows.

    *since* is when all that the key was declared for had been seen gone; *copies* are the places of
    what remains of it and ages out, which the end of the key is meant for.
    Safe to run again: it only looks.  Raises StoreError if a store does not answer.
    """
    under_it = unknown = looks = 0
    own = tuple(copies)
    for store in ports.stores:
        said = ports.probes.capabilities(store.place, only=("region",)).region
        if said is not None and said != region_of(arn):
            continue  # a bucket takes keys of its own region alone
        if _inventory_clears(store, since, ports.catalogue):
            continue
        for version in ports.lister.versions(store.place):
            uri = f"s3://{store.bucket}/{version.key}"
            if version.kind is Kind.MARKER or uri.startswith(own):
                continue
            looks += 1
            if looks > LOOKS_MAX:
                return Elsewhere(under_it, unknown + 1)
            seen = ports.probes.look(store.place, version, locks=False).encryption
            under_it += seen is not None and key_in(seen) == arn
            # Of an unfinished upload nobody can say what its parts are under.
            unknown += seen is None
    return Elsewhere(under_it, unknown)


def _inventory_clears(store: Store, since: datetime, catalogue: Catalogue) -> bool:
    """Tell whether an inventory made after *since* shows nothing under any key in *store*."""
    survey = next((each for each in catalogue.surveys() if each.store == store.name), None)
    if survey is None or survey.source != INVENTORY or survey.as_of <= since or survey.uploads:
        return False
    return all(
        traits.looked_at >= versions and set(traits.encryption) <= _KEYLESS
        for versions, traits in _traits(store, catalogue)
    )


def _traits(store: Store, catalogue: Catalogue) -> Iterator[tuple[int, Traits]]:
    yield from ((h.versions, h.traits) for h in catalogue.holdings() if h.store == store.name)
    strays = (stray for stray in catalogue.strays() if stray.store == store.name)
    yield from ((stray.totals.versions, stray.totals.traits) for stray in strays)
