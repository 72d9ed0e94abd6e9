"""One key's story under one approval, read from the ledger: judged, ordered, seen, withdrawn."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, auto
from typing import Final, Self

from retention.domain.calendar import instant, london_day
from retention.domain.dataset import Answer
from retention.domain.entry import Entry, Record
from retention.domain.erasure import Doubt, doubts_in, is_for_good
from retention.domain.key import KeyState

UNKNOWN: Final = "unknown"  # written where a look told nothing


class KeyStanding(Enum):
    """Where a key stands under one approval."""

    OWED = auto()  # to be ordered once everything is seen gone
    PENDING = auto()  # ordered: unusable, and not gone
    TO_CANCEL = auto()  # ordered, and a hold came
    CANCELLED = auto()  # disabled, and not ordered again under this approval
    KEPT = auto()  # will not be ordered: nothing is claimed by it
    RESTORED = auto()  # somebody else withdrew our order
    GONE = auto()


@dataclass(slots=True)
class KeyStory:
    """What the entries of one key's stream say of it under one proposal."""

    length: int = 0  # of the whole stream, for compare-and-set
    judged: Record | None = None
    intents: list[Record] = field(default_factory=list)
    outcomes: list[Record] = field(default_factory=list)
    seen: list[Record] = field(default_factory=list)  # by the verifier
    held: Record | None = None
    cancelled: Record | None = None  # the newest answer

    @classmethod
    def read(cls, stream: Iterable[Record], proposal: str) -> Self:
        """Fold a key's whole *stream*, as far as it is about *proposal*."""
        story = cls()
        for record in stream:
            story.length += 1
            if record.text("proposal") == proposal:
                story._take(record)
        return story

    def _take(self, r: Record) -> None:
        match r.kind:
            case Entry.KEY_JUDGED:
                self.judged = r
            case Entry.KEY_INTENT:
                self.intents.append(r)
            case Entry.KEY_OUTCOME:
                self.outcomes.append(r)
            case Entry.KEY_SEEN:
                self.seen.append(r)
            case Entry.KEY_HELD:
                self.held = r
            case Entry.KEY_CANCELLED:
                self.cancelled = r
            case Entry.KEY_CANCEL:
                pass  # its answer counts; without one it is given again
            case _:
                raise ValueError(f"an entry {r.kind} does not belong to a key")

    @property
    def taken(self) -> Record | None:
        """The first outcome that says that the service took the order."""
        return next((r for r in self.outcomes if r.text("answer") == Answer.TAKEN), None)

    @property
    def is_cut_off(self) -> bool:
        """Whether an order was announced of which nobody knows what came of it."""
        return self.taken is None and len(self.intents) > len(
            [r for r in self.outcomes if r.text("answer") != Answer.UNKNOWN]
        )

    @property
    def gone_at(self) -> datetime | None:
        """When the service ends it: as it was last seen, or else as it was answered."""
        told = [r.text("gone_at") for r in (*self.seen[::-1], self.taken) if r is not None]
        return next((instant(text) for text in told if text), None)

    @property
    def state(self) -> str | None:
        """Its state as the verifier last saw it; None if it never did."""
        known = [r.text("state") for r in self.seen if r.text("state") != UNKNOWN]
        return known[-1] if known else None

    @property
    def _is_withdrawn(self) -> bool:
        return self.cancelled is not None and self.cancelled.text("answer") == Answer.TAKEN

    def was_tried_on(self, day: date) -> bool:
        """Tell whether its end was judged or ordered on *day*: once a day is enough."""
        return any(_on(r, day) for r in (self.judged, *self.outcomes[-1:]))

    def was_cancel_tried_on(self, day: date) -> bool:
        """Tell whether it was tried on *day* to withdraw the order."""
        return _on(self.cancelled, day)

    def was_seen_on(self, day: date) -> bool:
        """Tell whether the verifier looked at it on *day*."""
        return bool(self.seen) and _on(self.seen[-1], day)

    @property
    def standing(self) -> KeyStanding:
        """Where it stands; whether a worker is at it now is another question."""
        if self.seen and self.seen[-1].text("state") == KeyState.ABSENT:
            return KeyStanding.GONE
        if self.taken is not None:
            return self._of_taken()
        return KeyStanding.KEPT if any(map(is_for_good, self._doubts)) else KeyStanding.OWED

    @property
    def held_until(self) -> datetime | None:
        """Until when a worker may be at it, if its end was announced and not answered."""
        answered = self.outcomes[-1].index if self.outcomes else -1
        if not self.intents or self.intents[-1].index < answered:
            return None
        return instant(self.intents[-1].text("until"))

    def _of_taken(self) -> KeyStanding:
        if self._is_withdrawn:
            return KeyStanding.CANCELLED
        if self.state not in {None, KeyState.PENDING.value}:
            return KeyStanding.RESTORED
        return KeyStanding.PENDING if self.held is None else KeyStanding.TO_CANCEL

    @property
    def _doubts(self) -> list[tuple[Doubt, ...]]:
        told = (r for r in (self.judged, *self.outcomes) if r is not None)
        return [doubts_in(r.text("why")) for r in told]


def _on(record: Record | None, day: date) -> bool:
    return record is not None and london_day(record.at) == day
