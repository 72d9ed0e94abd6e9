"""What the controllers and we signed for one project.

The words are those of the agreement file; how dates follow from them is ``domain.schedule``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from retention.domain.clock import Period
from retention.domain.pattern import Pattern


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


@dataclass(frozen=True, slots=True)
class EventKind:
    """An event that can start a clock, and who may record it."""

    name: str
    per: str  # a placeholder, or "agreement"
    recorded_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """One more place where the datasets of a class live."""

    kind: str  # replica, backup, export, paper
    checked_by: CheckedBy
    store: Pattern | None = None
    where: str = ""
    gone_within: Period | None = None  # it ages out by itself: a residual, never an order


@dataclass(frozen=True, slots=True)
class Rule:
    """Trigger + period + kind, as the clause has it.  Absent bounds are None, never zero."""

    trigger: str
    cut_off: tuple[tuple[int, int], ...]  # ends of the year as (month, day); () is "none"
    keep_at_least: Period | None = None
    destroy_by: Period | None = None
    destroy_by_from_cut_off: bool = False
    keep_exactly: Period | None = None
    dispose_within: Period | None = None


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

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of the placeholders, the same for every pattern of the class."""
        return self.datasets[0].placeholders if self.datasets else ()

    def controllers_of(self, values: Mapping[str, str]) -> tuple[str, ...]:
        """Return every controller of the dataset with these placeholder *values*."""
        return self.controllers_by_nation.get(values.get("nation", ""), self.controllers)


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

    def class_named(self, name: str) -> RetentionClass:
        """Return the class; raise KeyError if the agreement has none of that name."""
        for each in self.classes:
            if each.name == name:
                return each
        raise KeyError(name)

    def in_force_on(self, day: date) -> bool:
        """Tell whether this version is in force on *day*; terms of disposal survive its end."""
        return self.in_force_from is not None and self.in_force_from <= day
