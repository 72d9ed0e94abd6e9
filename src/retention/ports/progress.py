"""Counts for people who wait; never keys."""

from typing import Protocol


class Progress(Protocol):
    """Shows how far long work has come."""

    def at(self, what: str, done: int, of: int | None = None) -> None:
        """Say that *done* of *of* is finished; *of* is None if the end is not known."""
        ...


class NoProgress:
    """Says nothing: for work that nobody watches."""

    def at(self, what: str, done: int, of: int | None = None) -> None:
        """Pass over the count."""
