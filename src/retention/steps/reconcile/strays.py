"""Data that no agreement covers: dark, named like somebody, or a copy of what is declared."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Final

from retention.domain.calendar import london_day
from retention.domain.claims import NAMES_SOMEBODY, TOO_LONG, UNCLAIMED
from retention.domain.finding import Finding, FindingKind
from retention.domain.sketch import SHARED_MIN, are_copies
from retention.ports.catalogue import Catalogue, Stray

DARK_AFTER: Final = 2  # surveys in a row: what is being written or moved is in one
_KINDS = {NAMES_SOMEBODY: FindingKind.NAMES_SOMEBODY, TOO_LONG: FindingKind.NAME_TOO_LONG}


@dataclass(slots=True)
class _Sum:
    folders: int = 0
    rows: int = 0
    size_bytes: int = 0
    since: date = date.min

    def add(self, stray: Stray) -> None:
        self.folders += 1
        self.rows += stray.totals.rows
        self.size_bytes += stray.totals.size_bytes
        if stray.first_seen_at is not None:
            self.since = max(self.since, london_day(stray.first_seen_at))


@dataclass(slots=True)
class Strays:
    """What lies below one declared place that nobody claims."""

    store: str
    place: str
    sums: dict[tuple[FindingKind, str], _Sum] = field(default_factory=lambda: defaultdict(_Sum))
    new: _Sum = field(default_factory=_Sum)  # in folders that the survey before did not see

    @property
    def findings(self) -> list[Finding]:
        """What is found of it now."""
        return [self._finding(*key, each) for key, each in self.sums.items()]

    @property
    def is_in_other_folders(self) -> bool:
        """Whether all that is unclaimed lies in folders that were not there before."""
        return self.new.folders > 0 and (FindingKind.DARK, "") not in self.sums

    @property
    def moving(self) -> Finding:
        """That it is there time after time, and never in the same folder."""
        return self._finding(FindingKind.DARK, "", self.new, "in other folders each time, ")

    def _finding(self, kind: FindingKind, about: str, found: _Sum, how: str = "") -> Finding:
        folders = f"{found.folders:,} folder{'s' * (found.folders != 1)}"
        return Finding(
            kind,
            self.store,
            about,
            f"{how}{folders} below {self.place}",
            rows=found.rows,
            size_bytes=found.size_bytes,
            since=found.since,
        )


def summed(catalogue: Catalogue) -> Iterator[Strays]:
    """Yield what is known of each place below which something lies that no dataset claims."""
    copies = _copies(catalogue)
    for (store, under), group in groupby(catalogue.strays(), key=lambda s: (s.store, s.under)):
        found = Strays(store, under)
        for each in group:
            copied = copies.get(_name(each))
            if copied is not None:
                found.sums[FindingKind.UNDECLARED_COPY, copied].add(each)
            if each.why in _KINDS:
                found.sums[_KINDS[each.why], ""].add(each)
            elif copied is None and each.surveys >= DARK_AFTER:
                found.sums[FindingKind.DARK, ""].add(each)
            elif copied is None and each.why == UNCLAIMED:
                found.new.add(each)
        yield found


def _name(stray: Stray) -> tuple[str, str, str, str]:
    return stray.store, stray.under, stray.folder, stray.why


def _copies(catalogue: Catalogue) -> dict[tuple[str, str, str, str], str]:
    """Return each folder that has the content of a dataset, and of which."""
    of_content: dict[str, list[int]] = defaultdict(list)
    sketches: list[tuple[tuple[str, str, str, str], frozenset[str]]] = []
    for stray in catalogue.strays():
        sketch = stray.totals.traits.sketch
        if len(sketch) >= SHARED_MIN:
            for each in sketch:
                of_content[each].append(len(sketches))
            sketches.append((_name(stray), sketch))
    copies: dict[tuple[str, str, str, str], str] = {}
    for holding in catalogue.holdings() if sketches else ():
        sketch = holding.traits.sketch
        shared = Counter(n for each in sketch for n in of_content.get(each, ()))
        for number, count in shared.items():
            name, other = sketches[number]
            if count >= SHARED_MIN and name not in copies and are_copies(sketch, other):
                copies[name] = holding.dataset
    return copies
