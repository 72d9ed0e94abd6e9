"""Name the folders of a store that nobody claims, to somebody who asks; nothing of it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from retention.domain.claims import UNCLAIMED, Claims
from retention.domain.store import Spot, Store
from retention.domain.totals import Totals
from retention.ports.progress import Progress
from retention.ports.store import WHOLE, Sweeps
from retention.steps.tally import runs_of

FOLDERS_MAX: Final = 1000  # that are told apart


@dataclass(frozen=True, slots=True)
class Dark:
    """One folder that nobody claims, by its name, and *why*."""

    folder: str  # may name a patient: for the eyes of whoever asked
    why: str
    totals: Totals


def dark_folders(
    store: Store, spots: Sequence[Spot], *, sweeps: Sweeps, progress: Progress
) -> tuple[list[Dark], int]:
    """List *store* now; return its unclaimed folders by name, and how many rows lie in others.

    Raises StoreError if the listing breaks off.
    """
    claims = Claims(store, spots, secret=b"-")  # digests are not shown
    found: dict[tuple[str, str], Totals] = {}
    rows = rest = 0
    for swept in sweeps.sweep(store.place, [WHOLE]):
        rows += len(swept.page)
        progress.at(f"list {store.name}", rows)
        for claimed, key, counted in runs_of(swept.page, claims):
            if claimed.claims:
                continue
            folder = claimed.reach or key[: key.rfind("/") + 1]
            name = folder, claimed.why or UNCLAIMED
            if name not in found and len(found) >= FOLDERS_MAX:
                rest += counted.rows
            else:
                found.setdefault(name, Totals()).add(counted)
    return [Dark(*name, found[name]) for name in sorted(found)], rest
