"""What the last good survey saw: rebuildable at any time, and no evidence of anything."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Holding:
    """Totals of one copy of one dataset; *kinds* counts as versions, markers and uploads."""

    dataset: str  # DatasetId as text, without generation
    agreement: str
    class_name: str
    binding: tuple[tuple[str, str], ...]
    kind: str  # primary, replica, backup
    place: str
    versions: int
    markers: int
    uploads: int
    size_bytes: int
    oldest_at: datetime | None
    newest_at: datetime | None
    seen_at: datetime


class Catalogue(Protocol):
    """The datasets of every agreement, by their last good survey.

    Laws: a survey of one agreement replaces what stood there as a whole, or not at all; what was
    replaced is read by every later read.
    """

    def replace(self, agreement: str, holdings: Iterable[Holding]) -> None:
        """Bring one agreement to date."""
        ...

    def holdings(self, agreement: str | None = None) -> Iterator[Holding]:
        """Yield the holdings of one moment, sorted by dataset and place in code points."""
        ...
