"""Holds: what blocks every disposal in its scope, while the clock runs on beneath it.

A hold says what it is about in as many ways as its letter does; whatever is said must fit for it
to match, and what cannot be known of a dataset is taken to fit: a hold fails closed.
Source: ``clock.md``, ruling 12; Inquiries Act 2005, s. 35(3).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final, Self

from retention.domain.agreement import Agreement
from retention.domain.calendar import days_in, london_day
from retention.domain.dataset import DatasetId
from retention.domain.entry import Entry, Record


class Ground(StrEnum):
    """Why nothing may be disposed of."""

    STATUTORY = "statutory"
    COURT = "court"
    CONTROLLER = "controller"
    PRECAUTION = "precaution"  # ours: past destroy_by it is over-retention until confirmed
    SUBJECT_REQUEST = "subject-request"
    FOI = "foi"
    COMPLAINT = "complaint"
    RESTRICTION = "restriction"  # UK GDPR, article 18


ROUTED: Final = frozenset({Ground.SUBJECT_REQUEST, Ground.FOI, Ground.RESTRICTION})
_CRITERIA = ("agreement", "class", "dataset", "controller", "nation")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a hold is asked about: a dataset, whose it is, and which days its data cover."""

    dataset: DatasetId
    controllers: tuple[str, ...] = ()  # () if nobody knows
    covered: tuple[date, date] | None = None  # None if nobody knows


@dataclass(frozen=True, slots=True)
class Hold:
    """Blocks every disposal in its scope; an empty criterion means that it is not limited by it."""

    id: str
    ground: str
    reference: str
    class_name: str = ""
    dataset: str = ""
    controller: str = ""
    nation: str = ""
    covers: tuple[date | None, date | None] = (None, None)  # the days it is about, inclusive
    placed_on: date | None = None
    by: str = ""
    evidence: str = ""
    received_on: date | None = None  # of a request with a statutory clock
    answer_to: str = ""  # the controller who answers it
    confirmed: bool = False  # a precaution that a controller confirmed in writing
    confirmed_by: tuple[str, ...] = ()  # those controllers: each speaks for its own data
    release_asked_by: str = ""
    entry: int = -1

    def matches(self, dataset: DatasetId, subject: Subject | None = None) -> bool:
        """Tell whether *dataset* is in the scope; *subject* says what else is known of it."""
        return (
            self.reference in {"", dataset.reference}
            and self.class_name in {"", dataset.class_name}
            and self.dataset in {"", str(dataset)}
            and (not self.nation or self._is_of(dataset.values.get("nation")))
            and self._concerns(subject)
        )

    def _is_of(self, nation: str | None) -> bool:
        # A folder may be called England where the letter says england.
        return nation is None or nation.casefold() == self.nation.casefold()

    def _concerns(self, subject: Subject | None) -> bool:
        if subject is None:
            return True
        if self.controller and subject.controllers and self.controller not in subject.controllers:
            return False
        first, last = self.covers
        if subject.covered is None:
            return True
        begins, ends = subject.covered
        return not ((last is not None and begins > last) or (first is not None and ends < first))

    def under(self, agreement: Agreement) -> Self:
        """Return it as it is to be looked for while this version of its agreement governs.

        What it names may go by another name since: a class or a controller that the version does
        not have any more, or a dataset whose id it would write in another way.  Nobody can tell
        which, so that more is held until people place it anew: it fails closed.
        """
        if not self.reference or self.reference != agreement.reference:
            return self
        if self.controller and self.controller not in agreement.every_controller:
            return replace(self, controller="").under(agreement)
        named = self.class_name or self.dataset.partition("/")[2].partition("/")[0]
        kind = next((each for each in agreement.classes if each.name == named), None)
        if not named or (kind is not None and (not self.dataset or kind.has(self.dataset))):
            return self
        return replace(self, class_name="" if kind is None else named, dataset="")

    def as_to(self, subject: Subject | None) -> Self:
        """Return it as it stands for one dataset: confirmed by a controller of that, or not."""
        whose = () if subject is None else subject.controllers
        if not self.confirmed_by or not whose or not set(whose).isdisjoint(self.confirmed_by):
            return self
        return replace(self, confirmed=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing limits it: such a hold would hold everything there is."""
        said = (self.reference, self.class_name, self.dataset, self.controller, self.nation)
        return not any(said) and self.covers == (None, None)

    @property
    def is_ours_alone(self) -> bool:
        """Whether it is a precaution that no controller has confirmed."""
        return self.ground == Ground.PRECAUTION and not self.confirmed


def covered_by(period_covered: str, values: Mapping[str, str]) -> tuple[date, date] | None:
    """Return the days that a dataset's data cover, from the placeholder that says so, or None."""
    try:
        return days_in(values[period_covered])
    except (KeyError, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class HoldBook:
    """The holds in force, found by agreement; those of no single agreement are asked always."""

    by_reference: Mapping[str, tuple[Hold, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, holds: Iterable[Hold]) -> Self:
        """Sort *holds* by the agreement they name."""
        found: dict[str, list[Hold]] = defaultdict(list)
        for hold in holds:
            found[hold.reference].append(hold)
        return cls({reference: tuple(each) for reference, each in found.items()})

    def supposing(self, hold: Hold) -> Self:
        """Return the book as it would be with *hold* placed, or changed as it says."""
        return self.of([*(each for each in self if each.id != hold.id), hold])

    def without(self, hold_id: str) -> Self:
        """Return the book as it would be with one hold released."""
        return self.of(each for each in self if each.id != hold_id)

    def concerning(self, reference: str) -> tuple[Hold, ...]:
        """Return the holds that may match datasets of one agreement."""
        return (*self.by_reference.get(reference, ()), *self.by_reference.get("", ()))

    def __iter__(self) -> Iterator[Hold]:
        """Yield every hold."""
        for holds in self.by_reference.values():
            yield from holds


def holds_in(records: Iterable[Record]) -> list[Hold]:
    """Return the holds in *records* that were placed and not released."""
    return [hold for hold, released in every_hold_in(records) if not released]


def every_hold_in(records: Iterable[Record]) -> list[tuple[Hold, bool]]:
    """Return every hold that was ever placed, and whether it was released."""
    facts: dict[str, dict[str, object]] = {}
    released = set()
    for r in records:
        name = str(r.facts.get("hold", ""))
        if r.kind is Entry.HOLD_PLACED:
            facts[name] = _placed(r)
        elif r.kind is Entry.HOLD_CONFIRMED:
            facts[name]["confirmed"] = True
            said = facts[name].get("confirmed_by", ())
            facts[name]["confirmed_by"] = (*said, r.text("controller"))  # type: ignore[misc]  # above
        elif r.kind is Entry.RELEASE_ASKED:
            facts[name]["release_asked_by"] = r.text("by")
        elif r.kind is Entry.HOLD_RELEASED:
            released.add(name)
    return [(Hold(**each), name in released) for name, each in facts.items()]  # type: ignore[arg-type]  # by _placed


def _placed(r: Record) -> dict[str, object]:
    said = {name: str(r.facts.get(name, "")) for name in _CRITERIA}
    days = [_day(r, name) for name in ("covers_from", "covers_through", "received_on")]
    return {
        "id": r.text("hold"),
        "ground": r.text("ground"),
        "reference": said["agreement"],
        "class_name": said["class"],
        "dataset": said["dataset"],
        "controller": said["controller"],
        "nation": said["nation"],
        "covers": (days[0], days[1]),
        "received_on": days[2],
        "answer_to": str(r.facts.get("answer_to", "")),
        "placed_on": london_day(r.at),
        "by": r.text("by"),
        "evidence": r.text("evidence"),
        "entry": r.index,
    }


def _day(r: Record, name: str) -> date | None:
    text = str(r.facts.get(name, ""))
    return date.fromisoformat(text) if text else None
