"""Note which residual copies a hold matches: they stay, and no final certificate is issued.

The window runs on meanwhile.  A release leads to the check again, and to nothing else.
Source: ``clock.md``, ruling 12; design.md, rules 4 and 13.
"""

from typing import Final

from retention.domain.case import Case, proposal_stream
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.proposal import Item, Proposal
from retention.domain.wording import CertificateType
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.answers import kept_items
from retention.steps.authorise import matching_holds
from retention.steps.cases import cases, read_proposal
from retention.steps.residual import is_covered, is_gone

NAMED_MAX: Final = 20  # holds in one entry; what is beyond says so


def hold_residuals(ledger: Ledger, evidence: Evidence, library: Library) -> None:
    """Write for every residual copy that remains whether a hold matches it now.

    Safe to run again: only what changed since is written.
    """
    for case in cases(ledger):
        note_holds(case, ledger, evidence, library)


def note_holds(case: Case, ledger: Ledger, evidence: Evidence, library: Library) -> None:
    """Write it for one case, unless its final certificate is out; safe to run again."""
    if not case.verified or CertificateType.FINAL.value in case.certified:
        return
    proposal = read_proposal(case, evidence)
    for item in kept_items(case, proposal, evidence):
        if item.residuals and item.manifest.root in case.verified:
            for draft in _changes(case, item, _names(item, proposal, ledger, library)):
                ledger.append(draft)


def _names(item: Item, proposal: Proposal, ledger: Ledger, library: Library) -> str:
    """Return the ids of the holds that match now, such as ``H-0001+H-0004``; "" if none does."""
    now = ledger.size()  # a hold that was released holds nothing: no entry is newer than this
    found = sorted(
        {hold.id for hold in matching_holds(ledger, library, [item], proposal, since=now)}
    )
    more = [f"{len(found) - NAMED_MAX}-more"] if len(found) > NAMED_MAX else []
    return "+".join([*found[:NAMED_MAX], *more])


def _changes(case: Case, item: Item, holds: str) -> list[Draft]:
    drafts = []
    for declared in item.residuals:
        copy = item.manifest.root, declared["copy"]
        held, seen = case.held.get(copy), case.residuals.get(copy)
        facts: dict[str, Fact] = {"proposal": case.proposal, "root": copy[0], "copy": copy[1]}
        stream = proposal_stream(case.proposal)
        if not holds:
            if held is not None:
                drafts.append(Draft(stream, Entry.RESIDUAL_FREED, facts))
        elif held is None:
            if is_covered(declared) and (seen is None or not is_gone(seen)):
                drafts.append(Draft(stream, Entry.RESIDUAL_HELD, {**facts, "holds": holds}))
        elif held.text("holds") != holds:
            drafts.append(Draft(stream, Entry.RESIDUAL_HELD, {**facts, "holds": holds}))
    return drafts
