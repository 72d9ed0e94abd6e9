"""Note which residual copies a hold matches: they stay, and no final certificate is issued.

The window runs on meanwhile.  A release leads to the check again, and to nothing else.
Source: ``clock.md``, ruling 12; design.md, rules 4 and 13.
"""

from typing import Final

from retention.domain.case import Case, proposal_stream
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.hold import Hold
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
            for draft in _changes(case, item, _in_force(item, proposal, ledger, library)):
                ledger.append(draft)


def _in_force(item: Item, proposal: Proposal, ledger: Ledger, library: Library) -> list[Hold]:
    """Return the holds that match now; one that was released holds nothing any more."""
    return matching_holds(ledger, library, [item], proposal, since=ledger.size())


def _names(holds: list[Hold]) -> str:
    """Return their ids, such as ``H-0001+H-0004``."""
    found = sorted({hold.id for hold in holds})
    more = [f"{len(found) - NAMED_MAX}-more"] if len(found) > NAMED_MAX else []
    return "+".join([*found[:NAMED_MAX], *more])


def _changes(case: Case, item: Item, holds: list[Hold]) -> list[Draft]:
    drafts = []
    names, first = _names(holds), min((hold.entry for hold in holds), default=0)
    for declared in item.residuals:
        copy = item.manifest.root, declared["copy"]
        held, seen = case.held.get(copy), case.residuals.get(copy)
        facts: dict[str, Fact] = {"proposal": case.proposal, "root": copy[0], "copy": copy[1]}
        stream = proposal_stream(case.proposal)
        if not holds:
            if held is not None:
                drafts.append(Draft(stream, Entry.RESIDUAL_FREED, facts))
        elif held is None:
            remained = seen is None or not is_gone(seen) or seen.index > first
            waits = is_covered(declared) and copy not in case.keys_kept
            if waits and remained:  # when it was placed, whatever was said since
                drafts.append(Draft(stream, Entry.RESIDUAL_HELD, {**facts, "holds": names}))
        elif held.text("holds") != names:
            drafts.append(Draft(stream, Entry.RESIDUAL_HELD, {**facts, "holds": names}))
    return drafts
