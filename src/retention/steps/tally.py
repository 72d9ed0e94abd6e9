"""Count pages of a listing into the datasets that claim them, whole runs of rows at a time."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import compress

from retention.domain.claims import Claim, Claimed, Claims
from retention.domain.dataset import Kind, ObjectVersion
from retention.domain.sketch import chosen
from retention.domain.totals import Totals
from retention.ports.catalogue import MORE, Part, Stray
from retention.ports.store import Page

FOLDERS_MAX = 1000  # of strays that are told apart in one span; the rest counts as one
Look = Callable[[Claim, ObjectVersion, Totals], None]


class Tally:
    """What one span holds, in memory that grows with its datasets and not with its rows."""

    def __init__(self, store: str, claims: Claims, look: Look) -> None:
        """Count for *store*; *look* is shown one data version of each copy, to look closer."""
        self._store, self._claims, self._look = store, claims, look
        self._parts: dict[Claim, Totals] = {}
        self._strays: dict[tuple[str, str, str], Totals] = {}
        self.rows = 0

    def add(self, page: Page) -> None:
        """Count a page."""
        self.rows += len(page)
        for claimed, part in _cuts(page, self._claims):
            found = totals_of(part)
            for claim in claimed.claims:
                self._add(claim, part, found)
            if not claimed.claims:
                self._stray(claimed).add(found)

    def upload(self, upload: ObjectVersion) -> None:
        """Count an unfinished upload."""
        self.rows += 1
        at = upload.modified_at
        found = Totals(uploads=1, oldest_at=at, newest_at=at)
        self.group(upload.key, found)

    def group(self, key: str, found: Totals) -> None:
        """Count *found* where *key* lies."""
        claimed = self._claims.of(key)
        for claim in claimed.claims:
            self._parts.setdefault(claim, Totals()).add(found)
        if not claimed.claims:
            self._stray(claimed).add(found)

    def fresh(self) -> "Tally":
        """Return one that counts alike, and has counted nothing."""
        return Tally(self._store, self._claims, self._look)

    def take(self, other: "Tally") -> None:
        """Add what *other* counted."""
        self.rows += other.rows
        for claim, totals in other._parts.items():  # noqa: SLF001  # one of its own kind
            if (mine := self._parts.get(claim)) is None:
                self._parts[claim] = totals
            else:
                mine.add(totals)
        for key, totals in other._strays.items():  # noqa: SLF001  # one of its own kind
            self._strays.setdefault(key, Totals()).add(totals)

    @property
    def size(self) -> int:
        """How many totals it holds."""
        return len(self._parts) + len(self._strays)

    def parts(self) -> Iterator[Part]:
        """Yield what was counted of each copy."""
        for claim, totals in self._parts.items():
            yield Part(
                claim.dataset,
                claim.agreement,
                claim.class_name,
                claim.binding,
                claim.kind,
                claim.place,
                totals,
            )

    def strays(self) -> Iterator[Stray]:
        """Yield what was counted that nobody claims."""
        for (under, folder, why), totals in self._strays.items():
            yield Stray(self._store, under, folder, why, totals)

    def _add(self, claim: Claim, page: Page, found: Totals) -> None:
        totals = self._parts.get(claim)
        if totals is None:
            totals = self._parts[claim] = Totals()
            if found.versions:
                self._look(claim, _first_data(page), totals)
        totals.add(found)

    def _stray(self, claimed: Claimed) -> Totals:
        key = claimed.under, claimed.folder, claimed.why
        if key not in self._strays and len(self._strays) >= FOLDERS_MAX:
            key = claimed.under, MORE, claimed.why
        return self._strays.setdefault(key, Totals())


def runs_of(page: Page, claims: Claims) -> Iterator[tuple[Claimed, str, Totals]]:
    """Yield each run of rows of *page* that are whose its first key is, and what it comes to."""
    for claimed, part in _cuts(page, claims):
        yield claimed, part.keys[0], totals_of(part)


def _cuts(page: Page, claims: Claims) -> Iterator[tuple[Claimed, Page]]:
    here, rows = 0, len(page)
    while here < rows:
        claimed = claims.of(page.keys[here])
        end = _end(page.keys, here, claimed.reach)
        yield claimed, page if (here, end) == (0, rows) else _cut(page, here, end)
        here = end


def totals_of(page: Page) -> Totals:
    """Return what the rows of *page*, of which there is one at least, come to."""
    found = Totals()
    found.markers = sum(page.markers)
    found.versions = len(page) - found.markers
    found.size_bytes = sum(page.sizes)
    found.between(min(page.modified), max(page.modified))
    traits = found.traits
    traits.classes = _counted(page.classes)
    traits.checksums = _counted(page.checksums)
    traits.sketch = chosen(compress(page.etags, page.sizes))
    return found


def _counted(values: list[str]) -> "Counter[str]":
    first = values[0]
    if values.count(first) == len(values):  # most often all are alike
        return Counter({first: len(values)} if first else {})
    found = Counter(values)
    del found[""]
    return found


def _end(keys: list[str], here: int, reach: str | None) -> int:
    """Return where the run of keys that begin with *reach* ends."""
    if reach is None:
        return here + 1
    if reach == "" or keys[-1].startswith(reach):
        return len(keys)
    return bisect_left(keys, f"{reach[:-1]}0", here)  # 0 is what comes after the slash


def _cut(page: Page, here: int, end: int) -> Page:
    return Page(
        page.keys[here:end],
        page.ids[here:end],
        page.markers[here:end],
        page.sizes[here:end],
        page.etags[here:end],
        page.modified[here:end],
        page.classes[here:end],
        page.checksums[here:end],
    )


def _first_data(page: Page) -> ObjectVersion:
    n = page.markers.index(False)
    return ObjectVersion(page.keys[n], Kind.DATA, page.ids[n], page.sizes[n], page.etags[n])
