"""How many lanes may ask at once: half as many when a store says that it is too much, then one
more for every so many good answers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Final

from retention.adapters.s3.fast.trouble import StoppedError

GOOD_ANSWERS: Final = 32  # for one lane more


class Pace:
    """Lets lanes ask, as many at once as the store has shown that it can bear."""

    def __init__(self, lanes: int) -> None:
        """Begin with all *lanes*, which is the most there will ever be."""
        self._most = lanes
        self._allowed = lanes
        self._asking = 0
        self._good = 0
        self._slowed = 0  # how often: lanes that asked before the last time say nothing new
        self._stopped = False
        self._changed = Condition()

    @property
    def allowed(self) -> int:
        """How many may ask at once."""
        with self._changed:
            return self._allowed

    @contextmanager
    def turn(self) -> Iterator[int]:
        """Wait for a turn, and hold it; raise StoppedError if there will be none.

        The number is for :meth:`slow_down`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._asking < self._allowed)
            if self._stopped:
                raise StoppedError
            self._asking += 1
            turn = self._slowed
        try:
            yield turn
        finally:
            with self._changed:
                self._asking -= 1
                self._changed.notify()

    def slow_down(self, turn: int) -> None:
        """Let half as many ask, if whoever had this *turn* asked at the pace of now."""
        with self._changed:
            if turn == self._slowed:
                self._slowed += 1
                self._good = 0
                self._allowed = max(1, self._allowed // 2)

    def went_well(self) -> None:
        """Count a good answer."""
        with self._changed:
            self._good += 1
            if self._good >= GOOD_ANSWERS and self._allowed < self._most:
                self._good = 0
                self._allowed += 1
                self._changed.notify()

    def stop(self) -> None:
        """Give no more turns."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
