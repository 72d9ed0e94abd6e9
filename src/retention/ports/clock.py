"""The time and the day, given by whoever composed the program."""

from datetime import date, datetime
from typing import Protocol


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Return the instant, in UTC."""
        ...

    def today(self) -> date:
        """Return the civil day in London."""
        ...
