"""One approved proposal, from its begin-listing to the last order."""

from dataclasses import dataclass

from retention.domain.approval import Approval
from retention.domain.case import proposal_stream
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.manifest import Manifest
from retention.errors import NotAuthorisedError
from retention.ports.authority import Authority
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.store import Lists
from retention.steps.answers import kept_items
from retention.steps.begin import begin
from retention.steps.cases import case_of, decided_case_of, read_proposal
from retention.steps.destroy import Destruction, destroy


@dataclass(frozen=True, slots=True)
class Disposing:
    """The ports that a disposal takes: who lists and who destroys are two."""

    authority: Authority
    lister: Lists
    destruction: Destruction
    ledger: Ledger
    evidence: Evidence
    clock: Clock


def dispose(proposal_digest: str, ports: Disposing, *, run: str = "") -> None:
    """List what is there, then order the end of every approved manifest.

    *run* is the run of Prefect that does it: whoever cancels that stops the disposal.
    Safe to run again after a crash at any call; raises as ``steps.begin`` and ``steps.destroy``.
    """
    approval, manifests = approved(proposal_digest, ports.ledger, ports.evidence)
    if run:
        note_run(proposal_digest, run, ports.ledger)
    begin(
        manifests,
        approval,
        authority=ports.authority,
        lister=ports.lister,
        ledger=ports.ledger,
        evidence=ports.evidence,
        clock=ports.clock,
    )
    for manifest in manifests:
        destroy(manifest, approval, ports.destruction)


def note_run(proposal_digest: str, run: str, ledger: Ledger) -> None:
    """Write that *run* of Prefect carries a disposal out: whoever cancels that stops it.

    Whoever starts it writes this, too, for it may be cancelled while it waits for a worker.
    Safe to run again.
    """
    if run not in decided_case_of(ledger, proposal_digest).runs:
        facts: dict[str, Fact] = {"proposal": proposal_digest, "run": run}
        ledger.append(Draft(proposal_stream(proposal_digest), Entry.RUN, facts))


def approved(
    proposal_digest: str, ledger: Ledger, evidence: Evidence
) -> tuple[Approval, list[Manifest]]:
    """Return the approval on the ledger and the manifests that it names.

    Raises NotAuthorisedError if the last approver has not agreed.
    """
    case = case_of(ledger, proposal_digest)
    kept = kept_items(case, read_proposal(case, evidence), evidence)
    manifests = [item.manifest for item in kept]
    approval = case.approval(tuple(m.root for m in manifests))
    if approval is None:
        raise NotAuthorisedError("nobody approved this to the end", hint="finish its review")
    return approval, manifests
