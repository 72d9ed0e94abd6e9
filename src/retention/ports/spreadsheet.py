"""Workbooks for people, in which nothing can act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Cell = str | int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: a title above, rows of pairs, then a table with its head, each as wide as said."""

    name: str
    title: str
    pairs: tuple[tuple[str, Cell], ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...]  # of the columns, in letters
    foot: tuple[tuple[str, Cell], ...] = ()


class WritesSheets(Protocol):
    """A writer of workbooks.

    Laws: text is text, whatever it begins with: no formula, no link and no number is made of it;
    a whole number is a number; the same input is the same bytes.
    """

    def xlsx(self, title: str, sheets: Sequence[Sheet], *, made_at: datetime) -> bytes:
        """Return the workbook as Office Open XML."""
        ...
