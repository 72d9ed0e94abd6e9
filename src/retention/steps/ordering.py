"""One batch to the store: data, then in a later call the markers whose data all went."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Final

from retention.domain.batch import Batch, Numbered
from retention.domain.dataset import Answer, Kind
from retention.domain.pattern import key_prefix
from retention.errors import StoreUnavailableError
from retention.ports.destruction import Destroys

BREAKS_AFTER: Final = 5  # batches in a row to which a store did not answer


def order(
    batch: Batch,
    place: str,
    absent: set[int],
    store: Destroys,
    *,
    may_order: Callable[[], bool],
    data_left: bool,
) -> dict[int, Answer] | None:
    """Order *batch* in *place*, and return the answer to each number, in their order.

    Markers stay while any data of their key stays, else an old version is current again:
    *data_left* says so of the pieces before this one.  *may_order* is asked before each call, and
    None is returned where it says no: then the batch is another's.
    """
    answers = {n: Answer.NEVER_THERE if n in absent else Answer.NOT_ASKED for n, _ in batch.rows}
    there = [(n, row) for n, row in batch.rows if n not in absent]
    data = [(n, row) for n, row in there if row.version.kind is not Kind.MARKER]
    if not _ask(data, place, store, answers, may_order):
        return None
    spared = {row.version.key for n, row in data if answers[n] is not Answer.TAKEN}
    if data_left:
        spared.add(batch.rows[0][1].version.key)
    markers = [
        (n, row)
        for n, row in there
        if row.version.kind is Kind.MARKER and row.version.key not in spared
    ]
    # In a later call, for within one a store keeps no order.
    return answers if _ask(markers, place, store, answers, may_order) else None


def _ask(
    asked: Sequence[Numbered],
    place: str,
    store: Destroys,
    answers: dict[int, Answer],
    may_order: Callable[[], bool],
) -> bool:
    if not asked:
        return True
    if not may_order():
        return False
    said = store.destroy(place, [row.version for _, row in asked])
    for number, row in asked:
        answers[number] = said.get(row.version, Answer.UNKNOWN)
    return True


class Breaker:
    """Leaves a store alone that does not answer any more, while others are gone on with."""

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
