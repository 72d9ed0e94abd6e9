"""Taking a batch up, and answering for it: each a compare-and-set on the ledger.

The intent is written only while everything stands that the authority's yes follows from, and only
if nobody else wrote in the batch's own stream: two workers never hold one batch, and nobody acts
on a yes that a hold, a stop or a new version has overtaken.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

from retention.domain.approval import Approval
from retention.domain.batch import Batch
from retention.domain.calendar import stamp
from retention.domain.case import orders_of, orders_stream, proposal_stream
from retention.domain.disposition import Event
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.manifest import Manifest
from retention.domain.orders import LEASE, Standing, Told, told_by_batch
from retention.errors import StaleError, TransitionError
from retention.ports.clock import Clock
from retention.ports.ledger import Ledger
from retention.steps.moves import planned


@dataclass(slots=True)
class Desk:
    """The batches of one manifest under one approval, as one worker last read them."""

    manifest: Manifest
    approval: Approval
    ledger: Ledger
    clock: Clock
    by: str  # whose credential gives the orders
    worker: str  # which process does, told apart from all others of that credential
    started: bool  # whether any order of this proposal was announced before
    opened: bool = False  # whether this worker has announced one of this dataset
    told: dict[int, Told] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def read(self) -> None:
        """Read anew what all workers did."""
        prefix = orders_of(self.approval.proposal, self.manifest.root)
        found = told_by_batch(self.ledger.under(prefix))
        with self.lock:
            self.told = found

    def standing(self, batch: Batch) -> Standing:
        """Tell whether *batch* may be taken up now."""
        return self._of(batch).standing(batch, self.clock.now())

    def went_whole(self, first: int) -> bool:
        """Tell whether everything in the batch that begins with number *first* was taken."""
        told = self.told.get(first)
        return told is not None and told.went_whole()

    def take_up(self, batch: Batch, ground: Mapping[str, int]) -> bool:
        """Write the intent, if everything in *ground* stands; tell whether *batch* is ours.

        False means that somebody else has it.  Raises StaleError if the ground has changed: then
        ask the authority again.
        """
        stream = self._stream(batch)
        facts: dict[str, Fact] = {
            **self._about(batch),
            "by": self.by,
            "worker": self.worker,
            "until": stamp(self.clock.now() + LEASE),
        }
        before = len(self._of(batch).records)
        opening, expect = self._opening()
        intent = Draft(stream, Entry.INTENT, facts)
        try:
            written = self.ledger.append_all(
                [*opening, intent], expect={**expect, **ground, stream: before}
            )
        except StaleError:
            if len(found := self.ledger.stream(stream)) != before:
                self.told[batch.first] = Told(list(found))
                return False
            raise
        self.started = self.opened = True
        self._of(batch).records.append(written[-1])
        return True

    def is_ours_still(self, batch: Batch) -> bool:
        """Tell whether nobody else may have taken *batch* up meanwhile: asked before each order."""
        return self._of(batch).is_held(self.clock.now())

    def answer_for(self, batch: Batch, said: Mapping[str, Fact]) -> None:
        """Write the outcome; where another took the batch up meanwhile, theirs is what counts."""
        told, stream = self._of(batch), self._stream(batch)
        draft = Draft(stream, Entry.OUTCOME, {**self._about(batch), **said})
        try:
            told.records.append(self.ledger.append(draft, expect=len(told.records)))
        except StaleError:
            self.told[batch.first] = Told(list(self.ledger.stream(stream)))

    def _opening(self) -> tuple[list[Draft], dict[str, int]]:
        """Return what is written with the first intent of a proposal, and of a dataset."""
        drafts, expect = list[Draft](), dict[str, int]()
        if self.opened:
            return drafts, expect
        if not self.started:
            stream = proposal_stream(self.approval.proposal)
            records: list[Record] = list(self.ledger.stream(stream))
            if not any(r.kind is Entry.BEGUN for r in records):
                proposal: dict[str, Fact] = {"proposal": self.approval.proposal}
                drafts.append(Draft(stream, Entry.BEGUN, proposal))
        with suppress(TransitionError):  # another worker moved it, and then nothing is to be done
            moved, length = planned(self.ledger, self.manifest.dataset, Event.DESTROY, held=())
            drafts.append(moved)
            expect[moved.stream] = length
        return drafts, expect

    def _of(self, batch: Batch) -> Told:
        with self.lock:
            return self.told.setdefault(batch.first, Told())

    def _stream(self, batch: Batch) -> str:
        return orders_stream(self.approval.proposal, self.manifest.root, batch.first)

    def _about(self, batch: Batch) -> dict[str, Fact]:
        return {
            "proposal": self.approval.proposal,
            "root": self.manifest.root,
            "first": batch.first,
            "last": batch.last,
        }
