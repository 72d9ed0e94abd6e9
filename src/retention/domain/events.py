"""What people recorded that starts clocks, read from the ledger: the newest recording counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Self
from urllib.parse import quote, unquote

from retention.domain.calendar import days_in, london_day
from retention.domain.entry import Entry, Record
from retention.domain.within import Within, between

ENDED: Final = "ended-not-renewed"  # a person says that an agreement's end has no successor
SUPPORT_ENDED: Final = "support-ended"  # also known from the dates in `support`
RETURNED: Final = "returned-to-use"  # of one dataset, named by its id: the minimum begins again
CEASED: Final = "use-ceased"  # the end of that second use
AGREEMENT_END: Final = "agreement-end"  # follows from `until`; nobody records it

PER_AGREEMENT: Final = frozenset({ENDED, SUPPORT_ENDED})
PER_DATASET: Final = frozenset({RETURNED, CEASED})
BUILT_IN: Final = PER_AGREEMENT | PER_DATASET  # every agreement has them, declared or not


@dataclass(frozen=True, slots=True)
class TriggerEvent:
    """Something that happened on a day, for one value of a placeholder or for a whole agreement.

    *on* is the last day on which it can have been, and *earliest* the first where only a year or a
    month is known; *entry* is its place on the ledger, -1 if it is supposed and not recorded.
    """

    reference: str
    name: str
    value: str  # of the placeholder the event is per; "" if per agreement; an id if per dataset
    on: date
    by: str  # id of the person who recorded it
    evidence: str
    earliest: date | None = None
    entry: int = -1

    @property
    def within(self) -> Within:
        """The interval in which it happened."""
        return between(self.earliest or self.on, self.on)

    @property
    def is_precise(self) -> bool:
        """Whether the very day is known."""
        return self.earliest in {None, self.on}


@dataclass(frozen=True, slots=True)
class EventBook:
    """The standing events of one agreement, by name and value."""

    reference: str = ""
    standing: Mapping[tuple[str, str], TriggerEvent] = field(default_factory=dict)

    @classmethod
    def of(cls, reference: str, events: Iterable[TriggerEvent]) -> Self:
        """Keep the newest of the *events* of this agreement, in the order of their recording."""
        ours = (each for each in events if each.reference == reference)
        standing = {(each.name, each.value): each for each in ours}
        return cls(reference, standing)

    def find(self, name: str, value: str) -> TriggerEvent | None:
        """Return the standing event, or None if nobody has recorded it."""
        return self.standing.get((name, value))

    def supposing(self, event: TriggerEvent) -> Self:
        """Return the book as it would be with *event* recorded, too."""
        return self.of(self.reference, [*self.standing.values(), event])

    def without(self, name: str, value: str) -> Self:
        """Return the book as it would be with one event retracted."""
        rest = (e for key, e in self.standing.items() if key != (name, value))
        return self.of(self.reference, rest)


def written_value(name: str, value: str) -> str:
    """Return the *value* of an event as the ledger takes it: no space, nothing beyond ASCII.

    The id of a dataset is written like that already.
    """
    return value if name in PER_DATASET else quote(value, safe="-_.")


def _read_value(r: Record) -> str:
    value = r.text("value")
    return value if r.text("event") in PER_DATASET else unquote(value)


def _days_in(r: Record) -> tuple[date, date] | None:
    try:
        return days_in(r.text("on"))
    except ValueError:
        # Back in use is back in use, no later than somebody said so.
        seen = london_day(r.at)
        return (seen, seen) if r.text("event") == RETURNED else None


def events_in(records: Iterable[Record]) -> list[TriggerEvent]:
    """Return the trigger events among *records* in the order of recording, less those retracted.

    Retracted means that this recording does not count, nor any before it of the same event; so it
    is with a day that cannot be read, for then nobody knows when it was.  That an agreement ended
    without a successor is contradicted by one that comes into force afterwards.
    """
    standing: list[TriggerEvent] = []
    version: int | None = None
    for r in records:
        if r.kind is Entry.AGREEMENT:
            if version is not None and r.number("version") > version:
                standing = [each for each in standing if each.name != ENDED]
            version = max(version or 0, r.number("version"))
        days = _days_in(r) if r.kind is Entry.EVENT else None
        if days is not None:
            first, last = days
            names = (r.text("agreement"), r.text("event"), _read_value(r))
            earliest = None if first == last else first
            standing.append(
                TriggerEvent(*names, last, r.text("by"), r.text("evidence"), earliest, r.index)
            )
        elif r.kind in {Entry.EVENT, Entry.EVENT_RETRACTED}:
            gone = (r.text("event"), _read_value(r))
            standing = [each for each in standing if (each.name, each.value) != gone]
    return standing
