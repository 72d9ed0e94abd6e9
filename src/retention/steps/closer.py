"""Look closer at some versions of a store: encryption, locks and holds are in no listing."""

from typing import Final

from retention.domain.claims import Claim
from retention.domain.dataset import ObjectVersion
from retention.domain.store import Store
from retention.domain.totals import UNKNOWN, Totals
from retention.errors import StoreError
from retention.ports.probe import Probes

LOOKS_MAX: Final = 500  # versions of one store that are looked at in one survey


class Closer:
    """Looks at one version of each copy, as far as it is allowed; counts what it saw."""

    def __init__(self, store: Store, probes: Probes) -> None:
        """Ask *store* first what there can be to look for."""
        said = probes.capabilities(store.place, only=("object_lock", "encryption"))
        self._place, self._probes = store.place, probes
        self._looked: set[Claim] = set()
        self._locks, self._default = said.object_lock is not False, said.encryption

    def look(self, claim: Claim, version: ObjectVersion, totals: Totals) -> None:
        """Look at *version*, one of a copy, unless one was; count it in *totals*."""
        if claim in self._looked or len(self._looked) >= LOOKS_MAX:
            return
        self._looked.add(claim)
        try:
            seen = self._probes.look(self._place, version, locks=self._locks)
        except StoreError:
            return  # a closer look may fail: the listing is what must not
        traits = totals.traits
        traits.looked_at += 1
        known = self._default if seen.encryption is None else seen.encryption
        traits.encryption[UNKNOWN if known is None else known or "none"] += 1
        if seen.lock_mode:
            traits.lock_modes[seen.lock_mode] += 1
        traits.locked_until = seen.locked_until
        traits.legal_holds += bool(seen.legal_hold)

    @staticmethod
    def not_at_all(_claim: Claim, _version: ObjectVersion, _totals: Totals) -> None:
        """Look at nothing: an inventory says it of every version."""
