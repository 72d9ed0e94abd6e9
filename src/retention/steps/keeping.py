"""Keep what a survey has counted, several spans at a time, and tell how far it has come."""

from datetime import timedelta
from typing import Final

from retention.ports.catalogue import Catalogue, Run
from retention.ports.clock import Clock
from retention.ports.progress import Progress
from retention.ports.store import Span
from retention.steps.tally import Tally

KEPT_ROWS, KEPT_TOTALS = 200_000, 5000  # that come together before they are kept
KEPT_WITHIN: Final = timedelta(minutes=1)  # or else whoever waits would take us for dead
TELL_EVERY: Final = 1000  # rows between two words on progress


class Keeper:
    """Keeps finished spans together: a commit costs more than what is in it."""

    def __init__(self, run: Run, empty: Tally, catalogue: Catalogue, clock: Clock) -> None:
        """Keep for *run*; *empty* is a tally to begin with."""
        self._run, self._catalogue, self._clock = run, catalogue, clock
        self._spans: list[Span] = []
        self._tally, self._kept_at = empty, clock.now()

    def take(self, span: Span, tally: Tally) -> None:
        """Take what a finished span holds, and keep what has come together if it is time to."""
        self._spans.append(span)
        self._tally.take(tally)
        much = self._tally.size >= KEPT_TOTALS or self._tally.rows >= KEPT_ROWS
        if much or self._clock.now() - self._kept_at >= KEPT_WITHIN:
            self.keep()

    def keep(self) -> None:
        """Keep what has come together."""
        if self._spans:
            now, kept = self._clock.now(), self._tally
            self._catalogue.keep(self._run, self._spans, kept.parts(), kept.strays(), now=now)
            self._spans, self._tally, self._kept_at = [], kept.fresh(), now


class Count:
    """Tells how many rows of a store were seen, of as many as the last survey saw."""

    def __init__(self, store: str, catalogue: Catalogue, progress: Progress) -> None:
        """Tell of *store*."""
        last = next((each for each in catalogue.surveys() if each.store == store), None)
        self._of = None if last is None else last.rows
        self._what, self._done, self._told, self._progress = f"survey {store}", 0, 0, progress

    def add(self, rows: int) -> None:
        """Count *rows* more."""
        self._done += rows
        if self._done - self._told >= TELL_EVERY:
            self._told = self._done
            of = max(self._of, self._done) if self._of else None
            self._progress.at(self._what, self._done, of)

    def tell(self, rows: int) -> None:
        """Say that it is done, and that there are *rows*."""
        self._progress.at(self._what, rows, rows)
