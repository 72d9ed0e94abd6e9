"""What we claim to controllers and how we know: valid, because a bad one cannot be made.

The groups are those of a destruction certificate: identity, authority, what, where, how,
verification, residual, not destroyed, people, statement and integrity.  What holds for the whole
certificate stands at its top; what holds for one dataset stands in that dataset
(``domain.certified``), under the same word.
Source: design.md 4 and 5 (rules 9 to 15); NIST SP 800-88, appendix G, for the fields.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Self

from retention.domain.calendar import london_day
from retention.domain.canonical import Json, canonical, sha256
from retention.domain.certified import CertifiedDataset, Counts, ResidualCopy, require
from retention.domain.clock import Period
from retention.domain.plain import from_plain, to_plain
from retention.domain.wording import (
    MANIFESTS_KEPT,
    NO_SERVER,
    NOT_COVERED,
    RELIED_ON_STORE,
    TEMPLATE,
    TITLES,
    CertificateType,
    banned_in,
)
from retention.errors import CertificateError

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://retention.invalid/attestation/destruction/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issues it, by ``engine.toml``."""

    legal_name: str
    address: str
    registration: str
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A controller to whom it is made out."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """*supersedes* is the number that a correction replaces; *follows* that of the interim."""

    number: str
    type: CertificateType
    issued_at: datetime
    issuer: Issuer
    our_role: str
    recipients: tuple[Recipient, ...]
    demonstration: bool
    supersedes: str | None = None
    follows: str | None = None
    issued_on: date = field(init=False)  # in London

    def __post_init__(self) -> None:
        """Derive the civil day; a correction names what it corrects, and nothing else does."""
        object.__setattr__(self, "issued_on", london_day(self.issued_at))
        require(
            (self.type is CertificateType.CORRECTION) == (self.supersedes is not None),
            "a correction supersedes one certificate, and nothing else does",
            "give the number of the certificate that was wrong",
        )

    @property
    def title(self) -> str:
        """What stands at its head."""
        return TITLES[self.type]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeGiven:
    """One controller was told; *answer* is empty if it gave none.

    *accepted_at* is when its mail server took the notice.  Where people attest that it was received
    before, *answer* says so as well; where no server took it *answer* ends in ``NO_SERVER``, and
    *accepted_at* is when that was attested.
    """

    controller: str
    accepted_at: datetime
    answer: str = ""

    @property
    def said(self) -> str:
        """The answer alone."""
        return self.answer.partition("; ")[0]

    @property
    def word(self) -> str:
        """What people attest of its receipt, "" if nothing."""
        return self.answer.partition("; ")[2]

    @property
    def is_attested(self) -> bool:
        """Whether no mail server accepted it: that it was received is the word of a person."""
        return self.answer.endswith(NO_SERVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCheck:
    """The hold register as it was read at *at*: how many holds stood, and how many matched."""

    at: datetime
    holds: int
    matching: int

    def __post_init__(self) -> None:
        """Refuse to certify over a hold."""
        require(not self.matching, "a hold matched one of these datasets", "raise an incident")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """On what ground: agreement version, mandate, notices, holds, and the proposal approved."""

    agreement: str
    version: int
    agreement_digest: str
    title: str
    mandate: str
    action: str
    proposal: str
    notices: tuple[NoticeGiven, ...]
    hold_check: HoldCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """The datasets, sorted by id, and what they add up to."""

    datasets: tuple[CertifiedDataset, ...]
    versions: int = field(init=False)
    size_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        """Derive the totals; refuse nothing, and the same dataset twice."""
        ordered = tuple(sorted(self.datasets, key=lambda each: each.id))
        ids = {each.id for each in ordered}
        require(0 < len(ids) == len(ordered), "no dataset, or one twice", "list each once")
        object.__setattr__(self, "datasets", ordered)
        object.__setattr__(self, "versions", sum(each.versions for each in ordered))
        object.__setattr__(self, "size_bytes", sum(each.size_bytes for each in ordered))


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """By which technique and tool, and which identity gave the orders."""

    technique: str
    tool: str
    tool_version: str
    performer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """By which method it was looked for afterwards, by whom, and what was only relied on."""

    method: str
    verifier: str
    separate_credentials: bool
    relied_on: tuple[str, ...] = RELIED_ON_STORE


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDestroyed:
    """What the approvers left out (ids of datasets), and what nothing here covers."""

    left_out: tuple[str, ...] = ()
    not_covered: tuple[str, ...] = NOT_COVERED


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestsKept:
    """The manifests, which stay for a while: *window* after the last certificate, ISO 8601."""

    window: str
    wording: str = MANIFESTS_KEPT

    def __post_init__(self) -> None:
        """Refuse a window that is no period."""
        try:
            Period.parse(self.window)
        except ValueError:
            raise CertificateError(
                "a dispute window is no period", hint="read it from the agreement again"
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One person's yes, in words; *evidence* is the digest of the gate's signed record."""

    step: str
    person: str
    name: str
    decision: str
    decided_at: datetime
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who decided, in order, and what was and was not proved of their identity."""

    approvals: tuple[Decision, ...]
    identity_proof: str

    def __post_init__(self) -> None:
        """Refuse a disposal that nobody approved, or one person twice."""
        persons = {each.person for each in self.approvals}
        require(
            0 < len(persons) == len(self.approvals),
            "approved by nobody, or by one person twice",
            "what distinct people did not approve is not certified: raise an incident",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementAndIntegrity:
    """What we say of the whole (``wording.WORDING`` of its type), and with which key."""

    wording: str
    issuer_key: str  # its key id
    ledger: str  # the origin on its checkpoints
    template: str = TEMPLATE

    def __post_init__(self) -> None:
        """Refuse words that claim what nobody can show."""
        found = banned_in(self.wording)
        require(not found, f"words that nobody can show: {', '.join(found)}", "say what was seen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The predicate of the statement.  Raises CertificateError rather than claim too much."""

    identity: Identity
    authority: Authority
    what: What
    how: How
    verification: Verification
    not_destroyed: NotDestroyed
    manifests: ManifestsKept
    people: People
    statement_and_integrity: StatementAndIntegrity

    def __post_init__(self) -> None:
        """Hold the type against the numbers, the identities against each other, and the times."""
        self._require_type()
        self._require_people()
        self._require_times()

    def _require_type(self) -> None:
        kind, total = self.identity.type, self.counts
        free = kind is CertificateType.CORRECTION  # it may correct any of the others
        require(
            free or (total.left > 0) == (kind is CertificateType.PARTIAL),
            f"{total.left} were held back, refused or failed, and the type is {kind}",
            "anything left makes it a partial report, and nothing else does",
        )
        nil = kind is CertificateType.NIL
        require(
            free or total.left > 0 or (total.destroyed == 0) == nil,
            f"{total.destroyed} were destroyed, and the type is {kind}",
            "a certificate is nil exactly if nothing was destroyed",
        )
        require(
            kind is not CertificateType.FINAL or not self.pending,
            f"{len(self.pending)} residual copies are pending",
            "a final certificate waits until each was looked at, or attested, to be gone",
        )

    def _require_people(self) -> None:
        owners = {c for each in self.what.datasets for c in each.controllers}
        named = {each.id for each in self.identity.recipients}
        require(owners <= named, "a joint controller is not named", "make it out to each of them")
        require(
            self.verification.separate_credentials
            and self.verification.verifier != self.how.performer,
            "whoever gave the orders also looked",
            "verify again with other credentials: absence is seen by someone else",
        )

    def _require_times(self) -> None:
        seen = [each.how.verified_at for each in self.what.datasets]
        seen += [r.seen_gone_at for r in self.residuals if r.seen_gone_at is not None]
        intents = [each.how.first_intent_at for each in self.what.datasets]
        decided = max(each.decided_at for each in self.people.approvals)
        require(
            max(seen) <= self.identity.issued_at
            and all(at is None or decided <= at for at in intents),
            "decided, ordered, seen and issued are not in this order",
            "read the instants from the ledger again; if they stand there, raise an incident",
        )

    @property
    def counts(self) -> Counts:
        """The fates of all datasets together."""
        return Counts.total(each.verification for each in self.what.datasets)

    @property
    def residuals(self) -> list[ResidualCopy]:
        """Every residual copy of every dataset."""
        return [copy for each in self.what.datasets for copy in each.residual]

    @property
    def pending(self) -> list[ResidualCopy]:
        """Those not yet looked at, or attested, to be gone."""
        return [copy for copy in self.residuals if copy.is_pending]

    @property
    def manifests_until(self) -> date:
        """About when the manifests end: before a final certificate nobody knows it to the day."""
        last = self.identity.issued_on
        if self.identity.type is CertificateType.INTERIM:
            last = max([last, *(copy.until for copy in self.pending if copy.until is not None)])
        return Period.parse(self.manifests.window).after(last)

    def statement(self) -> bytes:
        """Return the in-toto Statement v1 as canonical JSON: what is signed."""
        subjects: list[Json] = [
            {"digest": {"sha256": d.manifest_root.removeprefix("sha256:")}, "name": d.id}
            for d in self.what.datasets
        ]
        return canonical(
            {
                "_type": STATEMENT_TYPE,
                "predicate": to_plain(self),
                "predicateType": PREDICATE_TYPE,
                "subject": subjects,
            }
        )

    @property
    def digest(self) -> str:
        """The digest of the statement: what the ledger commits to and the pages print."""
        return sha256(self.statement())

    @classmethod
    def read(cls, statement: bytes) -> Self:
        """Read what :meth:`statement` wrote, every invariant held again.

        Raises CertificateError for any other bytes.
        """
        try:
            found = from_plain(cls, json.loads(statement)["predicate"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise CertificateError(
                f"the statement is not one of ours: {type(error).__name__}",
                hint="ask the issuer which version of retention wrote it",
            ) from error
        require(
            found.statement() == statement,
            "the statement is not in its one spelling, or its totals are not its own",
            "it was not written by retention: do not rely on it",
        )
        return found


def type_for(datasets: Iterable[CertifiedDataset]) -> CertificateType:
    """Return the type that these numbers allow: partial, nil, interim, or final."""
    rows = list(datasets)
    total = Counts.total(each.verification for each in rows)
    if total.left:
        return CertificateType.PARTIAL
    if not total.destroyed:
        return CertificateType.NIL
    pending = any(copy.is_pending for each in rows for copy in each.residual)
    return CertificateType.INTERIM if pending else CertificateType.FINAL
