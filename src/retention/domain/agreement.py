"""What the controllers and we signed for one project.

The words are those of the agreement file; how dates follow from them is ``domain.timeline``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Self

from retention.domain.age import Age
from retention.domain.beyond_use import BeyondUse
from retention.domain.clock import Period
from retention.domain.dataset import DatasetId
from retention.domain.pattern import Pattern
from retention.domain.people import Conflict, Deputy


class OurRole(StrEnum):
    """What we are for the data, by UK GDPR."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"
    SUB_PROCESSOR = "sub-processor"


class Route(StrEnum):
    """How notices and certificates travel."""

    DIRECT = "direct"
    THROUGH_CHAIN = "through-chain"


class Status(StrEnum):
    """Whether a class is agreed."""

    SIGNED = "signed"
    PLACEHOLDER = "placeholder"  # forecasts, and is never proposed


class Action(StrEnum):
    """What a class is to come to."""

    DESTROY = "destroy"
    RETURN = "return"
    ARCHIVE = "archive"
    TRANSFER = "transfer"
    REVIEW = "review"


class Covers(StrEnum):
    """Which copies a maximum binds."""

    LIVE = "live"
    ALL_COPIES = "all-copies"


class CheckedBy(StrEnum):
    """Who looks at a copy."""

    ENGINE = "engine"
    PROVIDER = "provider document"
    PERSON = "person"


class Silence(StrEnum):
    """What it means if a controller does not answer a notice."""

    WAIT = "wait"
    PROCEED = "proceed"


class AfterEnd(StrEnum):
    """What the end of the agreement means for a class."""

    KEEP_TO_TERM = "keep-to-term"  # the periods run on, as a clause instructs
    DISPOSE = "dispose"  # the end starts the clock, if nothing did before


class Which(StrEnum):
    """Which of several events starts a clock."""

    EARLIEST = "earliest"
    LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation; ``to_confirm`` marks one that the sources do not name for certain."""

    id: str
    name: str
    email: str | None
    to_confirm: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who decides or records, by id; the name stays in people.toml and on documents."""

    id: str
    name: str
    roles: tuple[str, ...]
    email: str | None
    deputies: tuple[Deputy, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class EventKind:
    """An event that can start a clock, and who may record it."""

    name: str
    per: str  # a placeholder, or "agreement"
    recorded_by: tuple[str, ...]
    expected: Mapping[str, date] = field(default_factory=dict)  # value ("" per agreement) → day
    chase_after: Period | None = None  # after the expected day, somebody is asked
    evidence: str = ""  # what whoever records it is asked to bring, in the agreement's words

    @property
    def takes_file(self) -> bool:
        """Whether a file must show it, and no reference will do."""
        return self.evidence.strip().lower() == "file"

    def value_for(self, values: Mapping[str, str]) -> str | None:
        """Return the value whose event concerns a dataset, or None if its place has none."""
        return "" if self.per == "agreement" else values.get(self.per)


@dataclass(frozen=True, slots=True)
class Support:
    """A legal support that can lapse, such as approval under section 251."""

    name: str
    nations: tuple[str, ...]  # () is all of them
    until: date | None

    def concerns(self, values: Mapping[str, str]) -> bool:
        """Tell whether the data with these placeholder *values* depend on it."""
        return not self.nations or values.get("nation", self.nations[0]) in self.nations


@dataclass(frozen=True, slots=True)
class Copy:
    """One more place where the datasets of a class live."""

    kind: str  # replica, backup, export, paper
    checked_by: CheckedBy
    store: Pattern | None = None
    where: str = ""
    gone_within: Period | None = None  # it ages out by itself: a residual, never an order
    beyond_use: BeyondUse | None = None  # what somebody answered to the four tests
    not_covered_clause: str = ""  # says that certificates do not cover it, and why


@dataclass(frozen=True, slots=True)
class Trigger:
    """The event that starts a clock, or the earliest or latest of several."""

    events: tuple[str, ...]
    which: Which = Which.EARLIEST

    @classmethod
    def of(cls, event: str) -> Self:
        """Return the trigger that is this one *event*."""
        return cls((event,))

    def __str__(self) -> str:
        """Return it in words."""
        if len(self.events) == 1:
            return self.events[0]
        return f"the {self.which.value} of {', '.join(self.events)}"


@dataclass(frozen=True, slots=True)
class Rule:
    """Trigger + period + kind, as the clause has it.  Absent bounds are None, never zero."""

    trigger: Trigger
    cut_off: tuple[tuple[int, int], ...]  # ends of the year as (month, day); () is "none"
    keep_at_least: Period | Age | None = None
    destroy_by: Period | None = None
    destroy_by_from_cut_off: bool = False
    keep_exactly: Period | None = None
    dispose_within: Period | None = None

    @property
    def event_names(self) -> tuple[str, ...]:
        """The names of the events that it counts from or asks about."""
        keep = self.keep_at_least
        age_at = keep.one_more_if_17_at if isinstance(keep, Age) else ""
        return (*self.trigger.events, age_at) if age_at else self.trigger.events


@dataclass(frozen=True, slots=True)
class Duty:
    """One more duty on the same datasets, with an owner and a clause of its own."""

    owner: str  # a party: only its instruction moves this duty's maximum
    clause: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """A kind of dataset, with its rule.

    *rule* is None only in a placeholder, and *datasets* is empty only there.  *not_followed* names
    terms that were signed and that this engine cannot follow: such a class is never eligible.
    """

    name: str
    status: Status
    describes: str
    identifiability: str
    special_category: bool
    datasets: tuple[Pattern, ...]
    controllers: tuple[str, ...]
    controllers_by_nation: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rule: Rule | None = None
    destroy_by_covers: Covers | None = None
    then: Action | None = None
    clause: str = ""
    approved_by: tuple[str, ...] = ()
    copies: tuple[Copy, ...] = ()
    not_followed: tuple[str, ...] = ()
    also: tuple[Duty, ...] = ()
    after_end: AfterEnd | None = None
    after_end_clause: str = ""
    review_at_latest: Period | None = None
    period_covered: str = ""  # "attested", or a placeholder whose value is a year or month
    schedule: str = ""  # the library rule that it follows or departs from
    shorter_than: str = ""  # that rule, if its minimum is longer: asks for a written confirmation

    @property
    def event_names(self) -> tuple[str, ...]:
        """The names of every event that a rule of this class counts from or asks about."""
        rules = [self.rule, *(duty.rule for duty in self.also)]
        names: dict[str, None] = {}
        for rule in rules:
            if rule is not None:
                names |= dict.fromkeys(rule.event_names)
        return tuple(names)

    @property
    def minimum_mark(self) -> str:
        """Its minimum as the ledger takes it, such as ``P5Y``; "" if it has none."""
        rule = self.rule
        keep = None if rule is None else rule.keep_at_least or rule.keep_exactly
        return "" if keep is None else re.sub("[^A-Za-z0-9]+", "-", str(keep))

    @property
    def is_personal(self) -> bool:
        """Whether people can be recognised in it; what nobody has said yet is taken to be so."""
        return self.identifiability not in {"anonymised", "aggregated"}

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of the placeholders, the same for every pattern of the class."""
        return self.datasets[0].placeholders if self.datasets else ()

    def has(self, dataset: str) -> bool:
        """Tell whether that can be the id of a dataset of this class."""
        try:
            values = DatasetId.parse(dataset, self.placeholders).values
        except ValueError:
            return False
        return any(each.fits(values) for each in self.datasets)

    def controllers_of(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Return every controller of the dataset with these placeholder *values*."""
        return self.controllers_by_nation.get(values.get("nation", ""), self.controllers)


@dataclass(frozen=True, slots=True)
class Extensions:
    """How far and how often a period may be extended, and on whose instruction."""

    longest: Period
    times: int
    by: tuple[str, ...]  # parties


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on one proposal; None where the agreement sets none."""

    datasets_max: int
    objects_max: int
    bytes_max: int
    share_max_percent: int


@dataclass(frozen=True, slots=True)
class Disposal:
    """How this agreement wants disposals decided, told and certified."""

    approved_by: tuple[str, ...]  # roles, in order, to be filled by distinct people
    notice: Period
    silence: Silence
    approval_lapses: Period
    cooling_off: Period
    lead: Period
    certificate_within: Period
    dispute_window: Period
    limits: Limits
    extension: Extensions | None = None  # None: the agreement allows none
    escalate_to: str = ""  # a role or a person
    second_factor: bool = False  # a one-time code with every approval
    reminders: tuple[Period, ...] = ()  # each from the first asking, before it escalates
    acknowledge_within: Period | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of one agreement; immutable once in force.  *digest* is that of its file."""

    reference: str
    version: int
    title: str
    our_role: OurRole
    through: tuple[str, ...]
    route: Route
    controllers: tuple[str, ...]
    mandate: str
    in_force_from: date | None
    in_force_until: date | None
    lawful_basis: tuple[str, ...]
    disposal: Disposal | None  # None only where every class is a placeholder
    events: tuple[EventKind, ...]
    classes: tuple[RetentionClass, ...]
    digest: str
    support: tuple[Support, ...] = ()
    instructions_from: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()  # where data may lie; () says nothing of it

    @property
    def is_signed(self) -> bool:
        """Whether any class is agreed, so that something may be disposed of."""
        return any(each.status is Status.SIGNED for each in self.classes)

    @property
    def every_controller(self) -> tuple[str, ...]:
        """Every controller that the agreement names, or any class of it, each once."""
        found = dict.fromkeys(self.controllers)
        for kind in self.classes:
            found |= dict.fromkeys(kind.controllers)
            for ids in kind.controllers_by_nation.values():
                found |= dict.fromkeys(ids)
        return tuple(found)

    def class_named(self, name: str) -> RetentionClass:
        """Return the class; raise KeyError if the agreement has none of that name."""
        for each in self.classes:
            if each.name == name:
                return each
        raise KeyError(name)

    def in_force_on(self, day: date) -> bool:
        """Tell whether this version is in force on *day*; terms of disposal survive its end."""
        return self.in_force_from is not None and self.in_force_from <= day
