"""What a change would do to each dataset: an event, a hold, an instruction, or a new version.

The same question is asked twice, before and after, and nothing is written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from retention.domain.dataset import DatasetId
from retention.domain.eligibility import Assessment, Assessor
from retention.domain.knowledge import Ground
from retention.ports.catalogue import Catalogue, Holding


@dataclass(frozen=True, slots=True)
class Effect:
    """One dataset as it stands, and as it would stand."""

    dataset: DatasetId
    holdings: tuple[Holding, ...]
    before: Assessment
    after: Assessment

    @property
    def changes(self) -> bool:
        """Whether anything of it would change that people decide by."""
        return _decided_by(self.before) != _decided_by(self.after)

    @property
    def size_bytes(self) -> int:
        """How many bytes its copies have together."""
        return sum(holding.size_bytes for holding in self.holdings)


def effects(before: Ground, after: Ground, *, catalogue: Catalogue, on: date) -> Iterator[Effect]:
    """Yield every known dataset of one agreement as it is and as it would be on the day *on*."""
    was, would = Assessor(before, on), Assessor(after, on)
    for dataset, holdings in datasets_of(catalogue, before.term.reference):
        yield Effect(dataset, holdings, was.assess(dataset), would.assess(dataset))


def datasets_of(
    catalogue: Catalogue, reference: str
) -> Iterator[tuple[DatasetId, tuple[Holding, ...]]]:
    """Yield each dataset of one agreement with its holdings, sorted by its id."""
    for _, group in groupby(catalogue.holdings(reference), key=lambda each: each.dataset):
        found = tuple(group)
        first = found[0]
        yield DatasetId(first.agreement, first.class_name, first.binding), found


def _decided_by(found: Assessment) -> tuple[object, ...]:
    holds = tuple(hold.id for hold in found.holds)
    return found.days, found.phase, found.eligible, found.conflicts, holds
