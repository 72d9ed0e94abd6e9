"""What people recorded, read from the ledger: events that start clocks, and holds that stop."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from retention.domain.dataset import DatasetId
from retention.domain.entry import Entry, Record


@dataclass(frozen=True, slots=True)
class TriggerEvent:
    """Something that happened on a day, for one value of a placeholder or for a whole agreement."""

    reference: str
    name: str
    value: str  # of the placeholder the event is per; "" if per agreement
    on: date
    by: str  # id of the person who recorded it
    evidence: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Blocks every disposal in its scope; an empty *class_name* or *dataset* means all of them."""

    id: str
    ground: str
    reference: str
    class_name: str
    dataset: str

    def matches(self, dataset: DatasetId) -> bool:
        """Tell whether *dataset* is in the scope."""
        return (
            self.reference == dataset.reference
            and self.class_name in {"", dataset.class_name}
            and self.dataset in {"", str(dataset)}
        )


def events_in(records: Iterable[Record]) -> list[TriggerEvent]:
    """Return the trigger events among *records*, in the order of their recording."""
    return [
        TriggerEvent(
            r.text("agreement"),
            r.text("event"),
            r.text("value"),
            date.fromisoformat(r.text("on")),
            r.text("by"),
            r.text("evidence"),
        )
        for r in records
        if r.kind is Entry.EVENT
    ]


def holds_in(records: Iterable[Record]) -> list[Hold]:
    """Return the holds in *records* that were placed and not released."""
    holds: dict[str, Hold] = {}
    for r in records:
        if r.kind is Entry.HOLD_PLACED:
            names = ("hold", "ground", "agreement", "class", "dataset")
            holds[r.text("hold")] = Hold(*(r.text(name) for name in names))
        elif r.kind is Entry.HOLD_RELEASED:
            holds.pop(r.text("hold"), None)
    return list(holds.values())
