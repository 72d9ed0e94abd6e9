"""Certify what was seen: counts from outcomes, fates from the verifier, and what remains.

The statement is signed and goes on the ledger; then the document is set around it, with the proof
that it is there, and sealed.  A certificate is never edited.
Source: design.md, rules 9 to 15; UK GDPR, article 28(3)(g).
"""

from dataclasses import dataclass
from datetime import date

from retention.domain.approval import TOTP
from retention.domain.calendar import instant
from retention.domain.canonical import sha256
from retention.domain.case import CERTIFICATES, Case, proposal_stream
from retention.domain.certificate import (
    Authority,
    Certificate,
    Decision,
    HoldCheck,
    How,
    Identity,
    Issuer,
    ManifestsKept,
    NotDestroyed,
    People,
    Recipient,
    StatementAndIntegrity,
    Verification,
    What,
    type_for,
)
from retention.domain.certified import (
    CertifiedDataset,
    CopyPlace,
    Counts,
    DatasetAuthority,
    Timeline,
)
from retention.domain.clock import Period
from retention.domain.dataset import Fate
from retention.domain.decision import APPROVING
from retention.domain.disposition import Event
from retention.domain.dsse import Envelope, pae
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.hold import holds_in
from retention.domain.incident import IncidentKind, incidents_in
from retention.domain.proposal import Item, Proposal
from retention.domain.wording import (
    BY_VERSION_ID,
    FULL_ENUMERATION,
    ONE_FACTOR,
    TWO_FACTORS,
    WORDING,
    CertificateType,
)
from retention.errors import CertificateError, StaleError
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.ports.seal import Seals, Signs
from retention.ports.typesetter import Typesets
from retention.steps.answers import kept_items, minute_of
from retention.steps.cases import case_of, read_proposal
from retention.steps.hold_residuals import note_holds
from retention.steps.moves import move_if_possible, stream_of
from retention.steps.notice_given import given_to
from retention.steps.notify import notices
from retention.steps.refusals import refusals_of
from retention.steps.registers import HOLDS
from retention.steps.residual import last_look_is_due, last_success, residual_copy
from retention.views.certificate_view import Kit, document

CAME_BACK = {"listed-after-disposal", "resurrection"}  # until a person has looked
TRIES_MAX = 5  # two issuers at once may both want the next number


@dataclass(frozen=True, slots=True)
class Issuing:
    """The ports that certification takes, and how the tool calls itself."""

    ledger: Ledger
    evidence: Evidence
    library: Library
    clock: Clock
    signer: Signs
    typesetter: Typesets
    seals: Seals
    origin: str  # of the ledger, as on its checkpoints
    tool_version: str
    issuer_pem: bytes


def certify(proposal_digest: str, ports: Issuing) -> list[str]:
    """Issue whatever certificate is owed for a proposal, and return the numbers issued.

    Safe to run again: one interim and one final for each proposal; a run that was cut off between
    statement and document is taken up with the statement that is on the ledger.
    Raises CertificateError if the numbers do not reconcile.
    """
    issued = []
    _note_holds(proposal_digest, ports)
    case = case_of(ports.ledger, proposal_digest)
    if (owed := owed_type(case, ports.ledger, ports.evidence)) is not None:
        _state(case, owed, ports)
    for record in case_of(ports.ledger, proposal_digest).certified.values():
        if record.text("certificate") not in case.sealed:
            _set(record, ports)
            issued.append(record.text("certificate"))
    _move(case_of(ports.ledger, proposal_digest), ports)
    return issued


def _note_holds(proposal: str, ports: Issuing) -> None:
    """Write down what holds match its residual copies now: what is owed follows from that."""
    note_holds(case_of(ports.ledger, proposal), ports.ledger, ports.evidence, ports.library)


def owed_type(case: Case, ledger: Ledger, evidence: Evidence) -> CertificateType | None:
    """Return the type of the certificate that is owed now, or None."""
    proposal = read_proposal(case, evidence)
    kept = kept_items(case, proposal, evidence)
    if not case.decided or not all(case.is_known(item.manifest.root) for item in kept):
        return None
    datasets = [certified_dataset(item, case, proposal) for item in kept]
    owed = type_for(datasets)
    if owed is CertificateType.FINAL and not all(_may_be_final(case, i, ledger) for i in kept):
        return None
    if owed is CertificateType.FINAL or not case.certified:
        return None if owed.value in case.certified else owed
    return None


def _may_be_final(case: Case, item: Item, ledger: Ledger) -> bool:
    """Tell whether nothing came back: looked at last of all, and no incident says otherwise."""
    raised = incidents_in(ledger.stream(stream_of(item.manifest.dataset)))
    back = [each for each in raised if each.kind in CAME_BACK]
    # What came back under its own id belies what was certified before, whoever looked at it.
    stands = any(each.is_open or each.kind == IncidentKind.RESURRECTION for each in back)
    return not stands and not last_look_is_due(case, item)


def _state(case: Case, owed: CertificateType, ports: Issuing) -> None:
    """Sign the statement and put it on the ledger under the next number.

    Holds are asked for once more, and one that is placed meanwhile makes it begin again.
    """
    for _ in range(TRIES_MAX):
        known = ports.ledger.lengths([HOLDS])
        _note_holds(case.proposal, ports)
        # First the numbers, then what is owed: whatever is issued in between makes this one stale.
        taken = ports.ledger.stream(CERTIFICATES)
        case = case_of(ports.ledger, case.proposal)
        if owed_type(case, ports.ledger, ports.evidence) is not owed:
            return  # another issuer was first
        number = _number(len(taken) + 1, ports)
        certificate = build(case, owed, number, ports)
        statement = ports.evidence.keep(certificate.statement())
        facts: dict[str, Fact] = {
            "proposal": case.proposal,
            "certificate": number,
            "type": owed.value,
            "statement": statement,
        }
        try:
            draft = Draft(CERTIFICATES, Entry.CERTIFIED, facts)
            ports.ledger.append_all([draft], expect={CERTIFICATES: len(taken), **known})
        except StaleError:
            continue
        return
    raise CertificateError("no number was free", hint="let certify run again")


def _number(serial: int, ports: Issuing) -> str:
    prefix = ports.library.engine().certificate_prefix
    return f"{prefix}-{ports.clock.today().year}-{serial:06d}"


def _set(record: Record, ports: Issuing) -> None:
    """Set and seal the document of a statement that is on the ledger."""
    statement = ports.evidence.read(record.text("statement"))
    if sha256(statement) != record.text("statement"):
        raise CertificateError("a stored statement was edited", hint="restore the evidence store")
    kit = Kit(
        envelope=Envelope(statement, ports.signer.key_id, ports.signer.sign(pae(statement))).line(),
        entry=record.leaf(),
        proof=ports.ledger.proof(record.index, ports.ledger.checkpoint()).encode(),
        issuer_pem=ports.issuer_pem,
    )
    pages = document(Certificate.read(statement), kit)
    pdf = ports.typesetter.pdf(pages.template, pages.data, pages.attachments)
    facts: dict[str, Fact] = {
        "proposal": record.text("proposal"),
        "certificate": record.text("certificate"),
        "pdf": ports.evidence.keep(ports.seals.seal(pdf)),
    }
    stream = proposal_stream(record.text("proposal"))
    ports.ledger.append(Draft(stream, Entry.SEALED, facts))


def _move(case: Case, ports: Issuing) -> None:
    proposal = read_proposal(case, ports.evidence)
    for item in kept_items(case, proposal, ports.evidence):
        if case.certified:
            move_if_possible(ports.ledger, item.manifest.dataset, Event.CERTIFY)
        if CertificateType.FINAL.value in case.certified:
            move_if_possible(ports.ledger, item.manifest.dataset, Event.CLOSE)


def build(case: Case, owed: CertificateType, number: str, ports: Issuing) -> Certificate:
    """Return the certificate; raise CertificateError rather than claim too much."""
    proposal = read_proposal(case, ports.evidence)
    kept = kept_items(case, proposal, ports.evidence)
    datasets = tuple(certified_dataset(item, case, proposal) for item in kept)
    left_out = tuple(i.manifest.dataset for i in proposal.items if i not in kept)
    interim = case.certified.get(CertificateType.INTERIM.value)
    ordered_by = {r.text("by") for records in case.intents.values() for r in records}
    looked = {case.verified[item.manifest.root].text("by") for item in kept}
    return Certificate(
        identity=_identity(number, owed, proposal, interim, ports),
        authority=_authority(case, proposal, ports),
        what=What(datasets=datasets),
        how=How(
            technique=BY_VERSION_ID,
            tool="retention",
            tool_version=ports.tool_version,
            performer=", ".join(sorted(ordered_by)),
        ),
        verification=Verification(
            method=FULL_ENUMERATION,
            verifier=", ".join(sorted(looked)),
            separate_credentials=not _credentials(ordered_by) & _credentials(looked),
        ),
        not_destroyed=NotDestroyed(left_out=left_out),
        manifests=ManifestsKept(window=str(_dispute_window(proposal, ports.library))),
        people=_people(case, ports.library, ports.evidence),
        statement_and_integrity=StatementAndIntegrity(
            wording=WORDING[owed], issuer_key=ports.signer.key_id, ledger=ports.origin
        ),
    )


def _dispute_window(proposal: Proposal, library: Library) -> Period:
    disposal = library.agreement(proposal.agreement, proposal.version).disposal
    assert disposal is not None  # nothing was disposed of under an agreement without terms
    return disposal.dispute_window


def _credentials(labels: set[str]) -> set[str]:
    """Return the credentials alone: one that plays two roles is still one."""
    return {label.partition(":")[2] for label in labels}


def _identity(
    number: str,
    owed: CertificateType,
    proposal: Proposal,
    interim: Record | None,
    ports: Issuing,
) -> Identity:
    engine = ports.library.engine()
    names = ("legal_name", "address", "registration", "contact")
    return Identity(
        number=number,
        type=owed,
        issued_at=ports.clock.now(),
        issuer=Issuer(**{name: engine.issuer[name] for name in names}),
        our_role=proposal.our_role,
        recipients=tuple(
            Recipient(id=c, name=ports.library.party(c).name) for c in proposal.controllers
        ),
        demonstration=engine.demonstration,
        follows=None if interim is None else interim.text("certificate"),
    )


def _authority(case: Case, proposal: Proposal, ports: Issuing) -> Authority:
    notice = next(n for n in notices(ports.ledger) if n.id == proposal.notice)
    went = [item.manifest for item in proposal.items if item.manifest.root in case.intents]
    names = [manifest.dataset for manifest in went]
    told = tuple(given_to(each, notice, names) for each in sorted(notice.reached))
    last = max((r for each in case.intents.values() for r in each), key=lambda r: r.index)
    read = [r for r in ports.ledger.stream(HOLDS) if r.index < last.index]
    return Authority(
        agreement=proposal.agreement,
        version=proposal.version,
        agreement_digest=proposal.agreement_digest,
        title=proposal.title,
        mandate=proposal.mandate,
        action=proposal.action,
        proposal=proposal.digest,
        notices=told,
        # Every batch went only after the register was read and nothing matched: the last reading.
        hold_check=HoldCheck(at=last.at, holds=len(holds_in(read)), matching=0),
    )


def _people(case: Case, library: Library, evidence: Evidence) -> People:
    names = {person.id: person.name for person in library.people()}
    given = [r for r in case.decided if r.text("decision") in APPROVING]
    approvals = tuple(
        Decision(
            step=r.text("step"),
            person=r.text("person"),
            name=names.get(r.text("person"), r.text("person")),
            decision=_said(r, evidence),
            decided_at=instant(case.signed[r.text("signed")].text("at")),
            evidence=sha256(case.signed[r.text("signed")].leaf()),
        )
        for r in given
    )
    codes = {case.signed[r.text("signed")].text("factor") for r in given}
    proof = TWO_FACTORS if codes == {TOTP} else ONE_FACTOR
    return People(approvals=approvals, identity_proof=proof)


def _said(decided: Record, evidence: Evidence) -> str:
    """Return what somebody decided, in words, and the committee's minute that it was given on."""
    minute = minute_of(decided, evidence)
    return decided.text("decision").replace("-", " ") + (f", on minute {minute}" if minute else "")


def certified_dataset(item: Item, case: Case, proposal: Proposal) -> CertifiedDataset:
    """Return what a certificate says of one dataset, its fates as the verifier gave them."""
    m = item.manifest
    verified = case.verified[m.root]
    how = _timeline(case, m.root, proposal, verified)
    return CertifiedDataset(
        id=m.dataset,
        describes=item.describes,
        class_name=item.class_name,
        identifiability=item.identifiability,
        special_category=item.special_category,
        controllers=item.controllers,
        manifest_root=m.root,
        versions=m.versions,
        markers=m.markers,
        uploads=m.uploads,
        size_bytes=m.size_bytes,
        authority=_why(item),
        where=tuple(CopyPlace(copy=p.copy, kind=p.kind, place=p.uri) for p in m.places),
        how=how,
        verification=Counts(
            planned=m.versions,
            arrivals=verified.number("arrivals"),
            **{fate.value: verified.number(fate.value) for fate in Fate},
        ),
        residual=tuple(residual_copy(r, case, m.root) for r in item.residuals),
        refusals=refusals_of(case, m.root),
    )


def _why(item: Item) -> DatasetAuthority:
    def day(text: str | None) -> date | None:
        return None if text is None else date.fromisoformat(text)

    return DatasetAuthority(
        clause=item.clause,
        trigger=item.trigger,
        trigger_on=date.fromisoformat(item.trigger_on),
        trigger_by=item.trigger_by,
        trigger_evidence=item.trigger_evidence,
        due_on=day(item.due_on),
        destroy_by=day(item.destroy_by),
        destroy_by_covers=item.destroy_by_covers,
        working=item.working,
    )


def _timeline(case: Case, root: str, proposal: Proposal, verified: Record) -> Timeline:
    begun = case.begun.get(root)
    intents = [r.at for r in case.intents.get(root, [])]
    return Timeline(
        frozen_at=instant(proposal.frozen_at),
        listed_at=begun.at if begun is not None else verified.at,
        first_intent_at=min(intents, default=None),
        last_outcome_at=last_success(case, root, verified),
        verified_at=verified.at,
    )
