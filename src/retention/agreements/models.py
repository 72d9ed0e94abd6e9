"""The tables of an agreement file, as a records manager writes them: what holds for all of it.

The keys are a contract: one may be added, none renamed.  What a key means is its description,
which editors show from ``policies/agreement.schema.json``; how days follow is ``domain.timeline``.
A key that no part of the engine uses yet is read and checked all the same, so that a file that
stands today stands tomorrow.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from retention.agreements.classes import ClassTable, OurRole
from retention.agreements.fields import (
    Approvers,
    Count,
    Day,
    Id,
    Ids,
    Percent,
    Reference,
    Sha256,
    Span,
    Strict,
    Text,
)


class DocumentTable(Strict):
    """The signed document itself, so that it can be recognised."""

    name: Text = Field(description="File name of the signed document.")
    sha256: Sha256 = Field(description="SHA-256 of that file, 64 hexadecimal digits.")


class InForce(Strict):
    """From when to when this version governs, both days included."""

    from_: Day = Field(alias="from", description="First day on which this version governs.")
    until: Day | None = Field(
        default=None,
        description="Last day. It never moves: a renewal is a new version, and without one the "
        "agreement reads expired, unconfirmed.",
    )


class Support(Strict):
    """A legal support, such as approval under section 251, that can lapse."""

    name: Text = Field(description="Its reference, such as 99/CAG/0000.")
    for_: Text | None = Field(default=None, alias="for", description="What it supports.")
    nations: Ids | None = Field(
        default=None, description="Nations whose data need it; left out, all of them."
    )
    until: Day | None = Field(
        default=None, description="Its last day: the event support-ended, as far as it is dated."
    )
    on_end: Literal["review"] | None = Field(
        default=None, description="What its end leads to: people look at the data."
    )


class AgreementTable(Strict):
    """What the controllers and we signed for one project, in one version."""

    reference: Reference = Field(
        description="Our reference, which is also the name of the folder. Stands on certificates."
    )
    version: Count = Field(
        description="Number of this version; the file is vN.toml. A version in force is never "
        "edited: a change or a renewal is a new one."
    )
    title: Text = Field(description="Name of the project in full.")
    our_role: OurRole = Field(
        description="What we are for the data under UK GDPR; a class may differ."
    )
    through: list[Id] = Field(
        default_factory=list,
        description="Processors between us and the controllers, in order; ids of parties.toml.",
    )
    route: Literal["direct", "through-chain"] | None = Field(
        default=None, description="How notices and certificates travel."
    )
    controllers: Ids = Field(
        description="Every controller, by id in parties.toml; a class may narrow them."
    )
    instructions_from: list[Id] = Field(
        default_factory=list, description="Whose recorded instruction binds us; ids of parties."
    )
    mandate: Text | None = Field(
        default=None, description="The document and schedule that instruct us, for certificates."
    )
    document: DocumentTable | None = Field(default=None, description="The signed document.")
    signed_on: Day | None = Field(default=None, description="Day of the last signature.")
    in_force: InForce | None = Field(
        default=None, description="From when to when this version governs, both days included."
    )
    lawful_basis: list[Text] = Field(
        description="Conditions of UK GDPR, such as 6(1)(e); special categories need one of "
        "article 9, such as 9(2)(i)."
    )
    support: list[Support] = Field(
        default_factory=list, description="Legal supports that can lapse, such as section 251."
    )
    asset_owner: Id | None = Field(
        default=None, description="The information asset owner, by id in people.toml."
    )
    regions: list[Text] = Field(
        default_factory=list, description="Where data may lie; elsewhere they are a finding."
    )
    sub_processors: list[Id] = Field(
        default_factory=list, description="Processors that we use, by id in parties.toml."
    )
    reviewed_on: Day | None = Field(
        default=None, description="When these terms were last signed off; do so yearly."
    )


class Extension(Strict):
    """How far and how often a controller may extend a period."""

    max: Span = Field(description="The longest extension of one dataset.")
    times: Count = Field(description="How often one dataset may be extended.")
    by: Ids = Field(description="Parties who may; only they move a maximum.")


class CertificateTable(Strict):
    """When certificates are owed, and who signs them."""

    within: Span = Field(description="Owed this long after verification.")
    signed_by: Ids = Field(description="Roles of those who sign.")


class LimitsTable(Strict):
    """What one proposal may cover at most; more stops before the first delete."""

    datasets_max: Count = Field(description="Datasets in one proposal.")
    objects_max: Count = Field(description="Object versions in one proposal.")
    bytes_max: Count = Field(description="Bytes in one proposal.")
    share_max_percent: Percent = Field(
        description="Share of the project's datasets, where it has more than eight."
    )


class DisposalTable(Strict):
    """How disposals are decided, told and certified."""

    instruction: Literal["standing", "each-time"] = Field(
        description="standing: the agreement itself instructs us; each-time: every disposal needs "
        "an instruction of its own."
    )
    approved_by: Approvers = Field(
        description="Roles of distinct people who approve, in this order; a class may ask for more."
    )
    notice: Span = Field(
        description="How long every controller knows beforehand, from the last one's acceptance."
    )
    silence: Literal["wait", "proceed"] = Field(
        description="What no answer to a notice means. It has no default: wait asks again; proceed "
        "needs silence_clause, and never goes with each-time."
    )
    silence_clause: Text | None = Field(
        default=None, description="The clause by which silence lets a disposal proceed."
    )
    approval_lapses: Span = Field(
        description="An approval that was not used this long after the last decision is void."
    )
    cooling_off: Span = Field(
        description="Waits inside the approval, before anything is destroyed; shorter than it."
    )
    lead: Span = Field(
        description="How long before the day the review opens; notice, approval and cooling-off "
        "must fit into it."
    )
    extension: Extension | None = Field(
        default=None, description="Left out: no period may be extended."
    )
    reminders: list[Span] = Field(
        default_factory=list,
        description="When whoever has not answered, a controller or an approver, is asked again: "
        "each from the first asking.",
    )
    escalate_to: Id | None = Field(
        default=None, description="Role or person who is told when reminders did not help."
    )
    acknowledge_within: Span | None = Field(
        default=None,
        description="How soon a controller is to acknowledge a certificate; then it is escalated.",
    )
    second_factor: bool = Field(default=False, description="Whether approvals take a second one.")
    certificate: CertificateTable = Field(description="When it is owed, and who signs it.")
    dispute_window: Span = Field(
        description="After the final certificate; then the keys of the manifests are destroyed."
    )
    limits: LimitsTable = Field(description="What one proposal may cover at most.")


class EventTable(Strict):
    """An event that starts clocks, and who may record it."""

    name: Id = Field(description="What classes name as their trigger.")
    per: Id = Field(
        description="The placeholder whose every value has its own day, such as round; or "
        "agreement, if there is one day for all."
    )
    recorded_by: Ids = Field(description="Roles of people.toml who may record it.")
    evidence: Text | None = Field(
        default=None,
        description="What they are asked to bring, such as link or file. The one word file "
        "means that no reference will do.",
    )
    expected_on: dict[str, str | date] | None = Field(
        default=None, description="When it is expected: the placeholder's value, and on."
    )
    chase_after: Span | None = Field(
        default=None, description="How long after the expected day somebody is asked about it."
    )


class AgreementFile(Strict):
    """One version of one agreement: ``REF/vN.toml``."""

    agreement: AgreementTable = Field(description="What the controllers and we signed.")
    disposal: DisposalTable | None = Field(
        default=None,
        description="How disposals are decided, told and certified. Mandatory with a signed class.",
    )
    event: list[EventTable] = Field(
        default_factory=list, description="An event that can start a clock, and who may record it."
    )
    class_: Annotated[list[ClassTable], Field(min_length=1)] = Field(
        alias="class", description="A kind of dataset, with its retention rule."
    )
