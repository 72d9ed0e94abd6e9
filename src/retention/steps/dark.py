"""Name the folders of a store that nobody claims, to somebody who asks; nothing of it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from retention.domain.claims import Claimed, Claims
from retention.domain.store import Spot, Store
from retention.domain.totals import Totals
from retention.ports.progress import Progress
from retention.ports.store import WHOLE, Sweeps
from retention.steps.tally import runs_of

FOLDERS_MAX: Final = 1000  # that are told apart


@dataclass(frozen=True, slots=True)
class Dark:
    """One folder that nobody claims, by its name, and *why*."""

    folder: str = field(repr=False)  # may name a patient: for the eyes of whoever asked
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

    def add(claimed: Claimed, key: str, counted: Totals) -> None:
        nonlocal rest
        if claimed.claims:
            return
        name = claimed.reach or key[: key.rfind("/") + 1], claimed.why
        if name not in found and len(found) >= FOLDERS_MAX:
            rest += counted.rows
        else:
            found.setdefault(name, Totals()).add(counted)

    for upload in sweeps.uploads(store.place):
        add(claims.of(upload.key), upload.key, Totals(uploads=1))
    for swept in sweeps.sweep(store.place, [WHOLE]):
        rows += len(swept.page)
        progress.at(f"list {store.name}", rows)
        for claimed, key, counted in runs_of(swept.page, claims):
            add(claimed, key, counted)
    return [Dark(*name, found[name]) for name in sorted(found)], rest
