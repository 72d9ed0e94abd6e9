"""A store that does not answer any more is left alone, while others are gone on with."""

from collections import Counter
from collections.abc import Iterable
from threading import Lock
from typing import Final

from retention.domain.dataset import Answer
from retention.domain.pattern import key_prefix
from retention.errors import StoreUnavailableError

BREAKS_AFTER: Final = 5  # batches in a row to which a store did not answer


class Breaker:
    """Counts for each store the batches in a row to which it did not answer."""

    def __init__(self) -> None:
        self._unheard: Counter[str] = Counter()
        self._lock = Lock()

    def heard(self, place: str, answers: Iterable[Answer]) -> None:
        """Take what the store of *place* said to one batch."""
        asked = [a for a in answers if a not in {Answer.NOT_ASKED, Answer.NEVER_THERE}]
        with self._lock:
            if asked and all(answer is Answer.UNKNOWN for answer in asked):
                self._unheard[_store(place)] += 1
            elif asked:
                del self._unheard[_store(place)]

    def is_open(self, place: str) -> bool:
        """Tell whether the store of *place* is left alone."""
        return self._unheard[_store(place)] >= BREAKS_AFTER

    def require_closed(self) -> None:
        """Raise StoreUnavailableError if any store is left alone."""
        if any(unheard >= BREAKS_AFTER for unheard in self._unheard.values()):
            raise self.fault(f"a store did not answer to {BREAKS_AFTER} batches in a row")

    @staticmethod
    def fault(what: str) -> StoreUnavailableError:
        """Return the error of a run that cannot go on now, and may later."""
        return StoreUnavailableError(
            what, hint="the ledger has how far it came: the next run goes on from there"
        )


def _store(place: str) -> str:
    scheme, bucket, _ = key_prefix(place)
    return f"{scheme}://{bucket}"
