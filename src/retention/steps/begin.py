"""The begin-listing: what of a manifest is there before the first order; evidence, taken once.

Whatever was added or changed since people were shown the list voids the approval; what is missing
was not destroyed by us, and is an incident.
"""

from collections.abc import Iterator, Sequence
from json import dumps, loads
from typing import Final

from retention.domain.approval import Approval
from retention.domain.calendar import london_day
from retention.domain.case import Case, proposal_stream
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.floor import looks_empty
from retention.domain.incident import IncidentKind
from retention.domain.manifest import Manifest, rows_of
from retention.errors import StaleError, UnverifiedError
from retention.ports.authority import Authority
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.store import Lists
from retention.steps.cases import case_of, read_proposal
from retention.steps.compare import Look, Seen, compare
from retention.steps.expected import is_accepted
from retention.steps.incidents import raise_incident
from retention.steps.spend import spend

TRIES_MAX: Final = 5  # if others write about the proposal meanwhile
_DRIFTED: Final = "drifted"


def begin(
    manifests: Sequence[Manifest],
    approval: Approval,
    *,
    authority: Authority,
    lister: Lists,
    ledger: Ledger,
    evidence: Evidence,
    clock: Clock,
) -> None:
    """Take the begin-listing of every manifest, before the first order of any.

    Safe to run again: until the first intent it is taken afresh, for what arrives until then
    voids the approval; from then on it is never redone.
    Raises StaleError if anything was added or changed: the approval is then spent.
    UnverifiedError if next to nothing is there, until somebody says that this is so.  A StoreError
    passes through, and nothing is concluded from a listing that broke off.
    """
    for manifest in manifests:
        case = case_of(ledger, approval.proposal)
        if case.has_begun:
            return
        authority.require(approval, manifest, begun=False)
        record = _take(manifest, approval, case, lister, ledger, evidence, clock)
        if record is None:
            return  # another worker has begun meanwhile, on its own listing
        proposal = read_proposal(case, evidence)
        if record.number("arrivals"):
            spend(ledger, approval.proposal, _DRIFTED, proposal)  # and moves what it is about
            raise StaleError(
                "something was added or changed since people were shown the list",
                hint="the approval is spent: propose afresh, and show what changed",
            )
        if record.number("present") < record.number("versions"):
            item = next(i for i in proposal.items if i.manifest.root == manifest.root)
            personal = item.identifiability in {"identifiable", "pseudonymised"}
            raise_incident(
                ledger,
                "absent-before-disposal",
                manifest.dataset,
                noticed_on=clock.today(),
                personal=personal,
                began_on=london_day(case.proposed.at),  # another loss than that of a list before
            )


def absent_before(begun: Record, evidence: Evidence) -> set[int]:
    """Return the numbers of the rows that the begin-listing did not show."""
    return {loads(line)["absent"] for line in evidence.lines(begun.text("pack"))}


def _take(
    manifest: Manifest,
    approval: Approval,
    case: Case,
    lister: Lists,
    ledger: Ledger,
    evidence: Evidence,
    clock: Clock,
) -> Record | None:
    """List, and write down what is there; None if the first order was announced meanwhile."""
    drafts = list[Draft]()
    for _ in range(TRIES_MAX):
        drafts = drafts or _listed(manifest, case, lister, ledger, evidence, clock)
        try:
            return ledger.append_all(drafts, expect={drafts[0].stream: case.length})[0]
        except StaleError:
            before, case = case, case_of(ledger, approval.proposal)
            if case.has_begun:
                return None
            if case.begun != before.begun:  # two at once: one of them begins again
                drafts = []
    raise StaleError(
        "others went on with this proposal while it was listed", hint="let dispose run again"
    )


def _listed(
    manifest: Manifest, case: Case, lister: Lists, ledger: Ledger, evidence: Evidence, clock: Clock
) -> list[Draft]:
    """List, and return what is to be written down of it."""
    look = Look()
    counts = dict.fromkeys(Seen, 0)
    pack = evidence.keep_lines(_absent(manifest, lister, evidence, look, counts), sealed=False)
    _require_believable(manifest, counts[Seen.PRESENT], case, ledger, clock)
    facts: dict[str, Fact] = {
        "proposal": case.proposal,
        "root": manifest.root,
        "pack": pack,
        "versions": manifest.versions,
        "present": counts[Seen.PRESENT],
        "arrivals": look.arrivals + counts[Seen.CHANGED],
    }
    stream = proposal_stream(case.proposal)
    drafts = [Draft(stream, Entry.BEGIN_LISTING, facts)]
    if facts["arrivals"]:
        # In one transaction: no other worker begins on an approval that a listing has voided.
        spent: dict[str, Fact] = {"proposal": case.proposal, "why": _DRIFTED}
        drafts.append(Draft(stream, Entry.SPENT, spent))
    return drafts


def _absent(
    manifest: Manifest,
    lister: Lists,
    evidence: Evidence,
    look: Look,
    counts: dict[Seen, int],
) -> Iterator[bytes]:
    rows = rows_of(evidence.lines(manifest.pack), manifest.root)
    for number, _, seen in compare(manifest, rows, lister, look):
        counts[seen] += 1
        if seen is Seen.ABSENT:
            yield dumps({"absent": number}).encode()
    if look.fault is not None:
        raise look.fault  # a listing that broke off is no evidence


def _require_believable(
    manifest: Manifest, present: int, case: Case, ledger: Ledger, clock: Clock
) -> None:
    """Raise UnverifiedError if next to nothing is there, unless a person said that this is so.

    A store that was swapped or emptied by mistake reads like one whose data are gone.
    """
    if not looks_empty(present, manifest.versions):
        return
    dataset = manifest.dataset
    if is_accepted(ledger, dataset, since=case.proposed.at):
        return
    raise_incident(
        ledger,
        IncidentKind.STORE_LOOKS_EMPTY,
        dataset,
        noticed_on=clock.today(),
        personal=False,
        began_on=london_day(case.proposed.at),  # what was closed before says nothing of today
    )
    raise UnverifiedError(
        f"{present} of {manifest.versions} versions are there: the place looks empty",
        hint="see that the store is what it was; if it is truly empty, the DPO closes the incident",
    )
