"""A clock that steps: the real one, moved to the demonstration's day.

Every process of the demonstration reads the same offset from the same file.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from retention.domain.calendar import london_day
from retention.ports.clock import Clock

FIRST_MORNING = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # a Monday


@dataclass(frozen=True, slots=True)
class SteppedClock:
    """Fits ``ports.clock.Clock``; *file* holds the offset from *real* in seconds."""

    real: Clock
    file: Path

    def start(self) -> None:
        """Make it the demonstration's first morning."""
        self._set(FIRST_MORNING - self.real.now())

    def step(self, days: int) -> None:
        """Go on by whole *days*."""
        self._set(self._offset() + timedelta(days=days))

    def now(self) -> datetime:
        """Return the instant, in UTC."""
        return self.real.now() + self._offset()

    def today(self) -> date:
        """Return the civil day in London."""
        return london_day(self.now())

    def _offset(self) -> timedelta:
        return timedelta(seconds=float(self.file.read_text(encoding="utf-8")))

    def _set(self, offset: timedelta) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(str(offset.total_seconds()), encoding="utf-8")
        new.replace(self.file)  # whoever reads meanwhile reads one or the other
