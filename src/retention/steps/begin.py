"""The begin-listing: what of a manifest is there before the first order; evidence, taken once.

Whatever was added or changed since people were shown the list voids the approval; what is missing
was not destroyed by us, and is an incident.
"""

from collections.abc import Iterator, Sequence
from json import dumps, loads

from retention.domain.approval import Approval
from retention.domain.case import proposal_stream
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.manifest import Manifest, rows_of
from retention.errors import StaleError
from retention.ports.authority import Authority
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.store import Lists
from retention.steps.cases import case_of, read_proposal
from retention.steps.compare import Look, Seen, compare
from retention.steps.incidents import raise_incident
from retention.steps.spend import spend


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
    Raises StaleError if anything was added or changed: the approval is then spent.  A StoreError
    passes through, and nothing is concluded from a listing that broke off.
    """
    for manifest in manifests:
        case = case_of(ledger, approval.proposal)
        if case.has_begun:
            return
        authority.require(approval, manifest, begun=False)
        record = _take(manifest, approval, case.length, lister, ledger, evidence)
        proposal = read_proposal(case, evidence)
        if record.number("arrivals"):
            spend(ledger, approval.proposal, "drifted", proposal)
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
            )


def absent_before(begun: Record, evidence: Evidence) -> set[int]:
    """Return the numbers of the rows that the begin-listing did not show."""
    return {loads(line)["absent"] for line in evidence.lines(begun.text("pack"))}


def _take(
    manifest: Manifest,
    approval: Approval,
    length: int,
    lister: Lists,
    ledger: Ledger,
    evidence: Evidence,
) -> Record:
    look = Look()
    counts = dict.fromkeys(Seen, 0)

    def absent() -> Iterator[bytes]:
        rows = rows_of(evidence.lines(manifest.pack), manifest.root)
        for number, _, seen in compare(manifest, rows, lister, look):
            counts[seen] += 1
            if seen is Seen.ABSENT:
                yield dumps({"absent": number}).encode()
        if look.fault is not None:
            raise look.fault  # a listing that broke off is no evidence

    pack = evidence.keep_lines(absent(), sealed=False)
    facts: dict[str, Fact] = {
        "proposal": approval.proposal,
        "root": manifest.root,
        "pack": pack,
        "versions": manifest.versions,
        "present": counts[Seen.PRESENT],
        "arrivals": look.arrivals + counts[Seen.CHANGED],
    }
    draft = Draft(proposal_stream(approval.proposal), Entry.BEGIN_LISTING, facts)
    return ledger.append(draft, expect=length)  # two at once: one of them begins again
