"""The tables of an agreement file, as a records manager writes them.

The keys are a contract: one may be added, none renamed.  What a key means is in the comments of
``policies/README.md`` and how days follow is in ``domain.clock``.  A key that no part of the
engine uses yet is read and checked all the same, so that a file that stands today stands tomorrow.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from retention.agreements.fields import (
    Approvers,
    Count,
    CutOff,
    DestroyBy,
    Id,
    Ids,
    Percent,
    Place,
    Reference,
    Sha256,
    Span,
    Strict,
    Text,
    Trigger,
)

OurRole = Literal["controller", "processor", "sub-processor"]
Identifiability = Literal["identifiable", "pseudonymised", "anonymised", "aggregated"]


class DocumentTable(Strict):
    name: Text
    sha256: Sha256


class InForce(Strict):
    from_: date = Field(alias="from")
    until: date | None = None


class Support(Strict):
    """A legal support, such as approval under section 251, that can lapse."""

    name: Text
    for_: Text | None = Field(default=None, alias="for")
    nations: Ids | None = None
    until: date | None = None
    on_end: Literal["review"] | None = None


class AgreementTable(Strict):
    reference: Reference
    version: Count
    title: Text
    our_role: OurRole
    through: list[Id] = Field(default_factory=list)
    route: Literal["direct", "through-chain"] | None = None
    controllers: Ids
    instructions_from: list[Id] = Field(default_factory=list)
    mandate: Text | None = None
    document: DocumentTable | None = None
    signed_on: date | None = None
    in_force: InForce | None = None
    lawful_basis: list[Text]
    support: list[Support] = Field(default_factory=list)
    asset_owner: Id | None = None
    regions: list[Text] = Field(default_factory=list)
    sub_processors: list[Id] = Field(default_factory=list)
    reviewed_on: date | None = None


class Extension(Strict):
    max: Span
    times: Count
    by: Ids


class CertificateTable(Strict):
    within: Span
    signed_by: Ids


class LimitsTable(Strict):
    datasets_max: Count
    objects_max: Count
    bytes_max: Count
    share_max_percent: Percent


class DisposalTable(Strict):
    instruction: Literal["standing", "each-time"]
    approved_by: Approvers
    notice: Span
    silence: Literal["wait", "proceed"]
    silence_clause: Text | None = None
    approval_lapses: Span
    cooling_off: Span
    lead: Span
    extension: Extension | None = None
    reminders: list[Span] = Field(default_factory=list)
    escalate_to: Id | None = None
    acknowledge_within: Span | None = None
    second_factor: bool = False
    certificate: CertificateTable
    dispute_window: Span
    limits: LimitsTable


class EventTable(Strict):
    name: Id
    per: Id
    recorded_by: Ids
    evidence: Text | None = None
    expected_on: dict[str, str | date] | None = None
    chase_after: Span | None = None


class BeyondUse(Strict):
    """The four tests of the ICO, and who looked."""

    tests: Annotated[list[bool], Field(min_length=4, max_length=4)]
    by: Id
    on: date


class CopyTable(Strict):
    kind: Literal["replica", "backup", "export", "paper"]
    checked_by: Literal["engine", "provider document", "person"]
    store: Place | None = None
    where: Text | None = None
    gone_within: Span | None = None
    beyond_use: BeyondUse | None = None


class Anonymity(Strict):
    assessed_by: Id
    on: date
    method: Text
    suppress_below: Count | None = None


class Receiver(Strict):
    party: Id
    instructed_by: Ids


class Fixity(Strict):
    every: Span
    sample_percent: Percent


class ArchiveTable(Strict):
    store: Place
    keep: Span
    encrypt_to: Ids
    fixity: Fixity


class Also(Strict):
    """One more duty on the same datasets; ``clock.md``, ruling 5."""

    owner: Id
    clause: Text
    trigger: Trigger
    cut_off: CutOff | None = None
    keep_at_least: Span | None = None
    destroy_by: DestroyBy | None = None


class ClassTable(Strict):
    name: Id
    status: Literal["signed", "placeholder"]
    describes: Text
    identifiability: Identifiability | None = None
    anonymity: Anonymity | None = None
    special_category: bool | None = None
    confidentiality: Text | None = None
    linked_to: list[Id] = Field(default_factory=list)
    our_role: OurRole | None = None
    controllers: Ids | None = None
    controllers_by_nation: dict[Id, Ids] = Field(default_factory=dict)
    datasets: list[Place] = Field(default_factory=list)
    trigger: Trigger | None = None
    cut_off: CutOff | None = None
    keep_at_least: Span | None = None
    destroy_by: DestroyBy | None = None
    destroy_by_covers: Literal["live", "all-copies"] | None = None
    keep_exactly: Span | None = None
    dispose_within: Span | None = None
    review_at_latest: Span | None = None
    after_end: Literal["keep-to-term", "dispose"] | None = None
    after_end_clause: Text | None = None
    approved_by: Approvers | None = None
    then: Literal["destroy", "return", "archive", "transfer", "review"] | None = None
    return_to: Receiver | None = None
    transfer_to: Receiver | None = None
    archive: ArchiveTable | None = None
    clause: Text | None = None
    schedule: Text | None = None
    period_covered: Text | None = None
    versions: Literal["all", "current"] | None = None
    copies: list[CopyTable] = Field(default_factory=list)
    also: list[Also] = Field(default_factory=list)


class AgreementFile(Strict):
    """``REF/vN.toml``."""

    agreement: AgreementTable
    disposal: DisposalTable | None = None
    event: list[EventTable] = Field(default_factory=list)
    class_: Annotated[list[ClassTable], Field(min_length=1, alias="class")]
