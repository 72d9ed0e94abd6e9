"""What the ledger tells of one manifest's batches: announced, answered, and held by whom.

The intent is the lease: it says until when its worker may order, and whoever would take the batch
up writes the next entry of the same stream, which only one can.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from retention.domain.batch import Batch
from retention.domain.calendar import CLOCKS_DIFFER_MAX, instant
from retention.domain.entry import Entry, Record

LEASE: Final = timedelta(minutes=2)  # longer than a store takes to answer to a batch, as a rule
CALL_MAX: Final = timedelta(minutes=10)  # with every pause and every try: then it was given up
TRIES_MAX: Final = 3  # what still fails then is for the verifier to see


class Standing(Enum):
    """Whether a batch may be taken up."""

    OPEN = auto()
    HELD = auto()  # announced by a worker that may still be at it
    DONE = auto()


@dataclass(slots=True)
class Told:
    """The entries of one batch, in their order."""

    records: list[Record] = field(default_factory=list)

    @property
    def newest(self) -> Record | None:
        """What was written last."""
        return self.records[-1] if self.records else None

    @property
    def outcome(self) -> Record | None:
        """What was answered last."""
        return next((r for r in reversed(self.records) if r.kind is Entry.OUTCOME), None)

    @property
    def held_until(self) -> datetime | None:
        """Until when a worker may be at it, if it was announced and not answered."""
        if self.newest is None or self.newest.kind is not Entry.INTENT:
            return None
        return instant(self.newest.text("until"))

    def is_held(self, now: datetime) -> bool:
        """Tell whether a worker may be at it *now*.

        A lease that reaches further than that, and than hosts may differ, was dated by a clock that
        was wrong, and would be held for ever.
        """
        return self._reaches(now)

    def may_take_effect(self, now: datetime) -> bool:
        """Tell whether an order of it that nobody answered for may be under way *now*.

        A call that began within the lease may last longer than it.
        """
        return self._reaches(now - CALL_MAX)

    def _reaches(self, now: datetime) -> bool:
        until = self.held_until
        return until is not None and now < until <= now + CALL_MAX + LEASE + CLOCKS_DIFFER_MAX

    def standing(self, batch: Batch, now: datetime) -> Standing:
        """Tell whether *batch* may be taken up *now*.

        A refusal is not asked for again: a lock does not open by asking.  What got no answer at all
        is, as long as the approval lasts.
        """
        if self.held_until is not None:
            return Standing.HELD if self.is_held(now) else Standing.OPEN
        said = self.outcome
        if said is None or said.number("last") != batch.last:
            return Standing.OPEN
        tries = sum(r.kind is Entry.OUTCOME and _was_answered(r) for r in self.records)
        wants = said.number("failed") + said.number("unknown")
        return Standing.OPEN if wants and tries < TRIES_MAX else Standing.DONE

    def went_whole(self) -> bool:
        """Tell whether everything in it was taken, or had never been there."""
        said = self.outcome
        if said is None:
            return False
        size = said.number("last") - said.number("first") + 1
        return said.number("taken") + said.number("never_there") == size


class CutAnew:
    """The numbers that were announced in batches of more than one size, as a new release may cut.

    Such a number may have been ordered in another batch than the one that tells of it last.
    """

    def __init__(self, intents: Iterable[Record]) -> None:
        """Take every announced batch of one manifest."""
        self._starts, self._ends = list[int](), list[int]()
        first, last, alone = 0, 0, True
        for start, end in sorted({(r.number("first"), r.number("last")) for r in intents}):
            if start <= last:
                last, alone = max(last, end), False
                continue
            self._keep(first, last, alone=alone)
            first, last, alone = start, end, True
        self._keep(first, last, alone=alone)

    def _keep(self, first: int, last: int, *, alone: bool) -> None:
        if not alone:
            self._starts.append(first)
            self._ends.append(last)

    def has(self, number: int) -> bool:
        """Tell whether row *number* is one of them."""
        before = bisect_right(self._starts, number)
        return before > 0 and number <= self._ends[before - 1]


def _was_answered(outcome: Record) -> bool:
    return any(outcome.number(name) for name in ("taken", "refused", "failed"))


def told_by_batch(records: Iterable[Record]) -> dict[int, Told]:
    """Return what *records*, in the order of each stream, tell of each batch, by its first row."""
    found: dict[int, Told] = {}
    for record in records:
        found.setdefault(record.number("first"), Told()).records.append(record)
    return found
