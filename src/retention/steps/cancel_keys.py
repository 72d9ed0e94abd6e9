"""Withdraw the order for the end of a key, if a hold matches what it protects, or more needs it.

Everything else of those datasets is gone by then; what a hold can still save is that copies which
nobody could list stay readable.  The key is disabled afterwards and nobody of ours enables it.
Source: AWS KMS API Reference, CancelKeyDeletion; NHS Records Management Code of Practice, s. 5.3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from retention.domain.dataset import Answer
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.erasure import Doubt
from retention.domain.incident import IncidentKind
from retention.domain.key import key_stream
from retention.domain.key_story import KeyStanding
from retention.ports.catalogue import Catalogue
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.keys import CancelsKeyDeletion
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.answers import kept_items
from retention.steps.authorise import matching_holds
from retention.steps.cases import case_of, cases, read_proposal
from retention.steps.incidents import raise_incident
from retention.steps.keys import Pair, is_to_be_cancelled, kept_drafts, remains_of, stories
from retention.steps.under_keys import key_in

NEEDED: Final = "needed"  # in the place of a hold: something else lies under the key


@dataclass(frozen=True, slots=True)
class KeyRescue:
    """The ports that withdrawing takes; *keys* has the credential that may order and withdraw."""

    keys: CancelsKeyDeletion
    ledger: Ledger
    evidence: Evidence
    clock: Clock
    by: str  # whose credential withdraws


def note_held_keys(ledger: Ledger, evidence: Evidence, library: Library) -> list[str]:
    """Write of every pending key that a hold matches what it protects; return the proposals.

    One that was released again counts too, as it does before a disposal: a release leads to a
    review, and not back into an approval that was given before.
    Safe to run again: a hold is noted once.
    """
    noted = []
    for case in cases(ledger):
        proposal = read_proposal(case, evidence)
        kept = kept_items(case, proposal, evidence) if case.has_begun else ()
        for arn, pairs, story in stories(ledger, case.proposal, kept):
            items = [item for item, _ in pairs]
            if story.standing is KeyStanding.PENDING:
                holds = matching_holds(ledger, library, items, proposal, since=case.proposed.index)
                if holds:
                    facts: dict[str, Fact] = {
                        "proposal": case.proposal,
                        "key": arn,
                        "hold": holds[0].id,
                    }
                    ledger.append(Draft(key_stream(arn), Entry.KEY_HELD, facts))
                    noted.append(case.proposal)
    return noted


def note_needed_keys(ledger: Ledger, evidence: Evidence, catalogue: Catalogue) -> list[str]:
    """Write of every pending key that a survey saw a dataset under it; return the proposals.

    The waiting period is there for this: whatever the search before the order did not see, such as
    a store that was named since, may turn up in a survey.
    Safe to run again: it is noted once.
    """
    noted = []
    for case in cases(ledger):
        kept = kept_items(case, read_proposal(case, evidence), evidence) if case.has_begun else ()
        for arn, pairs, story in stories(ledger, case.proposal, kept):
            if story.standing is not KeyStanding.PENDING or story.taken is None:
                continue
            if _is_needed(arn, story.taken.at, remains_of(pairs), catalogue):
                facts: dict[str, Fact] = {"proposal": case.proposal, "key": arn, "hold": NEEDED}
                ledger.append(Draft(key_stream(arn), Entry.KEY_HELD, facts))
                noted.append(case.proposal)
    return noted


def _is_needed(arn: str, since: datetime, copies: Sequence[str], catalogue: Catalogue) -> bool:
    """Tell whether a survey that began after *since* saw a dataset with a version under the key."""
    return any(
        each.seen_at > since
        and not each.place.startswith(tuple(copies))
        and any(key_in(encryption) == arn for encryption in each.traits.encryption)
        for each in catalogue.holdings()
    )


def cancel_keys(proposal_digest: str, ports: KeyRescue) -> None:
    """Withdraw every order of a proposal that a hold came over.

    Safe to run again after a crash at any call: a withdrawal that was cut off is asked for again.
    """
    case = case_of(ports.ledger, proposal_digest)
    kept = kept_items(case, read_proposal(case, ports.evidence), ports.evidence)
    for arn, pairs, story in stories(ports.ledger, proposal_digest, kept):
        if not is_to_be_cancelled(story, ports.clock.today()):
            continue
        about: dict[str, Fact] = {"proposal": proposal_digest, "key": arn}
        stream = key_stream(arn)
        ports.ledger.append(Draft(stream, Entry.KEY_CANCEL, {**about, "by": ports.by}))
        answer = ports.keys.cancel(arn)
        if answer is Answer.REFUSED:
            _raise_too_late(pairs, ports)
        drafts = [Draft(stream, Entry.KEY_CANCELLED, {**about, "answer": answer.value})]
        if answer is Answer.TAKEN:
            needed = story.held is not None and story.held.text("hold") == NEEDED
            why = Doubt.SHARED if needed else Doubt.HELD
            drafts += kept_drafts(proposal_digest, pairs, (why,))
        ports.ledger.append_all(drafts)


def _raise_too_late(pairs: Sequence[Pair], ports: KeyRescue) -> None:
    """Raise that a hold came, and that the order for the key could not be withdrawn."""
    for item, _ in pairs:
        raise_incident(
            ports.ledger,
            IncidentKind.HELD_KEY_ENDS,
            item.manifest.dataset,
            noticed_on=ports.clock.today(),
            personal=item.identifiability in {"identifiable", "pseudonymised"},
        )
