"""Data that no agreement covers: dark, named like somebody, or a copy of what is declared."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from retention.domain.calendar import london_day
from retention.domain.claims import NAMES_SOMEBODY
from retention.domain.finding import Finding, FindingKind
from retention.domain.sketch import are_copies
from retention.ports.catalogue import Catalogue, Stray

DARK_AFTER: Final = 2  # surveys in a row: what is being written or moved is in one


def strays(catalogue: Catalogue) -> Iterator[Finding]:
    """Yield a finding for each place below which something lies that no dataset claims."""
    found = list(catalogue.strays())
    copies = _copies(found, catalogue)
    sums: dict[tuple[FindingKind, str, str, str], list[Stray]] = defaultdict(list)
    for number, each in enumerate(found):
        if number in copies:
            key = FindingKind.UNDECLARED_COPY, each.store, copies[number], each.under
        elif each.why == NAMES_SOMEBODY:
            key = FindingKind.NAMES_SOMEBODY, each.store, "", each.under
        elif each.surveys >= DARK_AFTER:
            key = FindingKind.DARK, each.store, "", each.under
        else:
            continue
        sums[key].append(each)
    for (kind, store, about, under), group in sums.items():
        folders = f"{len(group):,} folder{'s' * (len(group) != 1)}"
        yield Finding(
            kind,
            store,
            about,
            f"{folders} below {under}",
            rows=sum(each.totals.rows for each in group),
            size_bytes=sum(each.totals.size_bytes for each in group),
            since=max(london_day(each.first_seen_at) for each in group if each.first_seen_at),
        )


def _copies(found: list[Stray], catalogue: Catalogue) -> dict[int, str]:
    """Return the number of each stray that has the content of a dataset, and of which."""
    of_content: dict[str, list[int]] = defaultdict(list)
    for number, stray in enumerate(found):
        for each in stray.totals.traits.sketch:
            of_content[each].append(number)
    copies: dict[int, str] = {}
    if not of_content:
        return copies
    for holding in catalogue.holdings():
        sketch = holding.traits.sketch
        for number in {n for each in sketch for n in of_content.get(each, ())} - copies.keys():
            if are_copies(sketch, found[number].totals.traits.sketch):
                copies[number] = holding.dataset
    return copies
