"""The tables of one retention class."""

from typing import Annotated, Literal

from pydantic import Field

from retention.agreements.fields import (
    Approvers,
    Count,
    CutOff,
    Day,
    DestroyBy,
    Id,
    Ids,
    KeepAtLeast,
    Percent,
    Place,
    Span,
    Strict,
    Text,
    Trigger,
)

OurRole = Literal["controller", "processor", "sub-processor"]
Identifiability = Literal["identifiable", "pseudonymised", "anonymised", "aggregated"]


class BeyondUse(Strict):
    """The four tests of the ICO, and who looked."""

    tests: Annotated[list[bool], Field(min_length=4, max_length=4)] = Field(
        description="Whether it is not used for decisions, given to nobody, protected, and to be "
        "deleted when possible."
    )
    by: Id = Field(description="Who looked, by id in people.toml.")
    on: Day = Field(description="When they looked.")


class CopyTable(Strict):
    """One more place where the datasets live."""

    kind: Literal["replica", "backup", "export", "paper", "key"] = Field(
        description="What sort of copy; a key is that under which they are encrypted."
    )
    checked_by: Literal["engine", "provider document", "person"] = Field(
        description="Who looks whether it is gone: we list it, a provider writes, a person attests."
    )
    store: Place | None = Field(
        default=None,
        description="Where it lies, if the engine can look; the placeholders of the class, without "
        "their expressions.",
    )
    where: Text | None = Field(
        default=None, description="Where it is, in words; of a key, its ARN."
    )
    gone_within: Span | None = Field(
        default=None, description="It ages out by itself this long after the live copies went."
    )
    beyond_use: BeyondUse | None = Field(
        default=None, description="The four tests for what cannot be deleted at once."
    )
    not_covered_clause: Text | None = Field(
        default=None,
        description="The clause by which certificates do not cover it: it is named, and nobody "
        "looks after it.",
    )


class Anonymity(Strict):
    """Why the data are held to be anonymous."""

    assessed_by: Id = Field(description="Who assessed it, by id in people.toml.")
    on: Day = Field(description="When they assessed it.")
    method: Text = Field(description="How they assessed it, in words.")
    suppress_below: Count | None = Field(
        default=None, description="Counts below this are suppressed."
    )


class Receiver(Strict):
    """Who receives the data, and on whose instruction."""

    party: Id = Field(description="Who receives them, by id in parties.toml.")
    instructed_by: Ids = Field(description="Parties whose instruction it is.")


class Fixity(Strict):
    """How an archive is looked at again."""

    every: Span = Field(description="How often it is looked at.")
    sample_percent: Percent = Field(description="How much of it is looked at each time.")


class ArchiveTable(Strict):
    """Where an archive lies, and how long."""

    store: Place = Field(description="Where it lies; ends in /.")
    keep: Span = Field(description="How long it is kept there.")
    encrypt_to: Ids = Field(description="Parties who can read it.")
    fixity: Fixity = Field(description="How often, and how much of it, is looked at again.")


class Also(Strict):
    """One more duty on the same datasets; ``clock.md``, ruling 5."""

    owner: Id = Field(description="Whose duty it is, by id in parties.toml; only they move it.")
    clause: Text = Field(description="The clause that says so.")
    trigger: Trigger = Field(description="The event, or the earliest or latest of several.")
    cut_off: CutOff | None = Field(
        default=None,
        description="Carries the trigger to the end of a year or month. Mandatory with a minimum: "
        "say none where there is none.",
    )
    keep_at_least: KeepAtLeast | None = Field(
        default=None, description="Minimum: must exist this long; the longest minimum counts."
    )
    destroy_by: DestroyBy | None = Field(
        default=None, description="Maximum: gone this long after; the shortest maximum counts."
    )


class ClassTable(Strict):
    """A kind of dataset, with its retention rule."""

    name: Id = Field(description="Stands in the id of every dataset: never change it.")
    status: Literal["signed", "placeholder"] = Field(
        description="signed: agreed; placeholder: listed, and never proposed for disposal."
    )
    describes: Text = Field(description="What the data are; stands on certificates.")
    identifiability: Identifiability | None = Field(
        default=None, description="How far people can be recognised in the data."
    )
    anonymity: Anonymity | None = Field(
        default=None, description="Why the data are held to be anonymous."
    )
    special_category: bool | None = Field(
        default=None,
        description="Special categories need a condition of article 9 in lawful_basis. Mandatory "
        "for data about people.",
    )
    confidentiality: Text | None = Field(
        default=None, description="A duty of confidence, which also outlives the dead."
    )
    linked_to: list[Id] = Field(
        default_factory=list, description="What goes with it, or is named as remaining."
    )
    our_role: OurRole | None = Field(
        default=None, description="Our role for this class, if it is not that of the agreement."
    )
    controllers: Ids | None = Field(
        default=None, description="Its controllers, if they are not all of the agreement."
    )
    controllers_by_nation: dict[Id, Ids] = Field(
        default_factory=dict,
        description="Its controllers by the value of the placeholder {nation}.",
    )
    datasets: list[Place] = Field(
        default_factory=list,
        description="Where datasets lie, ending in /. A placeholder such as {round:[0-9]{4}} is "
        "one whole folder name, and each combination of values is one dataset.",
    )
    trigger: Trigger | None = Field(
        default=None,
        description="The event that starts the clock, or the earliest or latest of several.",
    )
    cut_off: CutOff | None = Field(
        default=None,
        description="Carries the trigger to the end of the month or year that contains it: moves "
        "minimums and exact periods, never destroy_by. Say none where there is none.",
    )
    keep_at_least: KeepAtLeast | None = Field(
        default=None,
        description="Minimum: must exist this long after the cut-off, or through a birthday.",
    )
    destroy_by: DestroyBy | None = Field(
        default=None,
        description="Maximum: must be gone this long after the event itself, that day included.",
    )
    destroy_by_covers: Literal["live", "all-copies"] | None = Field(
        default=None,
        description="Whether backups must have aged out by the maximum too. Mandatory with one.",
    )
    keep_exactly: Span | None = Field(
        default=None, description="Exact period from the cut-off, in place of minimum and maximum."
    )
    dispose_within: Span | None = Field(
        default=None, description="Gone this long after an exact period. Mandatory with one."
    )
    review_at_latest: Span | None = Field(
        default=None,
        description="If the event never comes: a review this long after it was expected, or after "
        "the agreement began. Never eligibility.",
    )
    after_end: Literal["keep-to-term", "dispose"] | None = Field(
        default=None,
        description="What the end of the agreement means: periods run on, or the end starts the "
        "clock. No default for personal data.",
    )
    after_end_clause: Text | None = Field(
        default=None, description="The clause that instructs keep-to-term."
    )
    approved_by: Approvers | None = Field(
        default=None, description="Roles of those who approve, if they are more than [disposal]'s."
    )
    then: Literal["destroy", "return", "archive", "transfer", "review"] | None = Field(
        default=None, description="What happens at the end. It has no default."
    )
    return_to: Receiver | None = Field(default=None, description="To whom, with then = return.")
    transfer_to: Receiver | None = Field(default=None, description="To whom, with then = transfer.")
    archive: ArchiveTable | None = Field(default=None, description="Where to, with then = archive.")
    clause: Text | None = Field(
        default=None, description="The clause that says so; stands on certificates."
    )
    schedule: Text | None = Field(
        default=None,
        description="The rule of a published schedule that it follows or departs from, such as "
        "nhs-england-2023/clinical-audit; see policies/schedules.",
    )
    period_covered: Text | None = Field(
        default=None,
        description="What the data span: attested for each dataset, or a placeholder that is a "
        "year or month.",
    )
    versions: Literal["all", "current"] | None = Field(
        default=None, description="Which object versions are archived or returned."
    )
    copies: list[CopyTable] = Field(
        default_factory=list,
        description="Everywhere else it lives; an undeclared copy is a finding when found.",
    )
    also: list[Also] = Field(
        default_factory=list,
        description="Further duties on the same datasets: longest minimum, shortest maximum.",
    )
