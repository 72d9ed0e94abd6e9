"""What may be reviewed on a day, what somebody must look at, and how many the rest are.

Everything is counted; of what is listed the most urgent are kept, so that memory does not grow
with the number of datasets.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from retention.domain.disposition import State
from retention.domain.eligibility import Assessment, Phase
from retention.steps.classify import Dated
from retention.views.surveyed import inventories

LISTED_MAX: Final = 200
_ENDED: Final = frozenset({State.DISPOSED, State.RESIDUAL, State.CLOSED})

FLAGS: Final[Mapping[str, Callable[[Assessment], bool]]] = MappingProxyType(
    {
        "overdue": lambda found: found.over_retained,
        "held past their maximum": lambda found: found.held_past_maximum,
        "in conflict": lambda found: found.conflict,
        "to be asked about": lambda found: found.ask_on is not None and found.ask_on <= found.on,
        "to be reviewed though their event never came": lambda found: (
            found.review_at_latest is not None and found.review_at_latest <= found.on
        ),
        "awaiting an event": lambda found: found.phase is Phase.AWAITING_TRIGGER,
        "of a class that is not agreed": lambda found: found.phase is Phase.PLACEHOLDER,
        "held": lambda found: bool(found.holds),
    }
)


@dataclass(slots=True)
class DueList:
    """The answer: *looked_at* counts by agreement, class and reason what is raised."""

    on: date
    most: list[Dated] = field(default_factory=list)  # may be reviewed, most urgent first
    eligible: int = 0
    eligible_bytes: int = 0
    looked_at: Counter[tuple[str, str]] = field(default_factory=Counter)
    raised: int = 0
    rest: Counter[str] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)  # of FLAGS: a dataset may have several
    locked: dict[str, date] = field(default_factory=dict)  # wait for a lock: its last day
    datasets: int = 0
    inventories: dict[str, date] = field(default_factory=dict)  # store → of which day counts are

    def add(self, dated: Dated) -> None:
        """Count one dataset."""
        found = dated.assessment
        self.datasets += 1
        self.inventories |= inventories(dated.holdings)
        if dated.state not in _ENDED and (found.raised or found.holds):  # else none can hold
            self.flags.update(name for name, holds in FLAGS.items() if holds(found))
        if dated.locked_until is not None:
            self.locked[str(found.dataset)] = dated.locked_until
        if dated.state in _ENDED:
            self.rest[dated.state.value] += 1
        elif found.eligible:
            self.eligible += 1
            self.eligible_bytes += sum(each.size_bytes for each in dated.holdings)
            self._keep(dated)
        elif found.raised:
            self.raised += 1
            where = f"{found.dataset.reference}/{found.dataset.class_name}"
            past = ("it is past its maximum",) if found.overdue else ()
            self.looked_at[where, "; ".join((*found.reasons, *past))] += 1
        else:
            self.rest["held" if found.holds else found.phase.value] += 1

    def _keep(self, dated: Dated) -> None:
        self.most.append(dated)
        if len(self.most) > 2 * LISTED_MAX:
            self.close()

    def close(self) -> None:
        """Keep only the most urgent, in order."""
        self.most.sort(key=_urgency)
        del self.most[LISTED_MAX:]


def _urgency(dated: Dated) -> tuple[bool, date, date, str]:
    """Order what is late first, then by the day by which it must be gone, then by its own day."""
    found, days = dated.assessment, dated.assessment.days
    assert days is not None
    last = days.destroy_by or date.max
    return not found.overdue, last, days.due_on or last, str(found.dataset)


def due_list(dated: Iterable[Dated], on: date) -> DueList:
    """Read all of *dated* and sum up."""
    found = DueList(on)
    for each in dated:
        found.add(each)
    found.close()
    return found
