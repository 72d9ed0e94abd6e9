"""See what became of the keys whose end was ordered: daily, with the verifier's credential.

Nobody of ours may decrypt, so that no decryption is tried: what is seen is the key's state.  While
it is pending it is unusable, and can be recovered; gone it is only when the service, which showed
it as pending to the same eyes before, knows it no more after the day that it had named.
Source: design.md, rules 9 and 13; AWS KMS Developer Guide, key states.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from retention.domain.calendar import stamp
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.erasure import Doubt
from retention.domain.incident import IncidentKind
from retention.domain.key import KeyLook, KeyState, key_stream
from retention.domain.key_story import UNKNOWN, KeyStanding, KeyStory
from retention.errors import StoreError, UnverifiedError
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.keys import Keys
from retention.ports.ledger import Ledger
from retention.steps.answers import kept_items
from retention.steps.cases import case_of, read_proposal
from retention.steps.incidents import raise_incident
from retention.steps.keys import Pair, is_to_be_seen, kept_drafts, of_each, stories


@dataclass(frozen=True, slots=True)
class KeySight:
    """The ports that seeing keys takes; *keys* has the verifier's own credential."""

    keys: Keys
    ledger: Ledger
    evidence: Evidence
    clock: Clock
    by: str  # whose credential looks


def see_keys(proposal_digest: str, ports: KeySight) -> None:
    """Look at every key of a proposal that is pending, and write down what is seen.

    Safe to run again: it only looks, and once a day is enough.  Every key is looked at before
    StoreError is raised for the first that the service did not show, or UnverifiedError for one
    that is gone before its day or was never seen pending: of those nothing is known.
    """
    case = case_of(ports.ledger, proposal_digest)
    kept = kept_items(case, read_proposal(case, ports.evidence), ports.evidence)
    faults: list[StoreError | UnverifiedError] = []
    for arn, pairs, story in stories(ports.ledger, proposal_digest, kept):
        if not is_to_be_seen(story, ports.clock.today()):
            continue
        try:
            look = ports.keys.look(arn)
        except StoreError as fault:
            _write(arn, proposal_digest, UNKNOWN, None, [], ports)
            faults.append(fault)
            continue
        if (doubt := _one_key(arn, pairs, look, story, proposal_digest, ports)) is not None:
            faults.append(doubt)
    if faults:
        raise faults[0]


def _one_key(
    arn: str,
    pairs: Sequence[Pair],
    look: KeyLook,
    story: KeyStory,
    proposal: str,
    ports: KeySight,
) -> UnverifiedError | None:
    if look.state is KeyState.PENDING:
        drafts = _unusable(pairs, look, story, proposal)
        _write(arn, proposal, look.state.value, look, drafts, ports)
    elif look.state is KeyState.ABSENT:
        if not _is_due(story, ports):
            _write(arn, proposal, UNKNOWN, None, [], ports)
            return UnverifiedError(
                "a key is not found, and was not yet to be gone",
                hint="see that the verifier asks the right account, and what ended the key",
            )
        drafts = of_each(proposal, pairs, Entry.RESIDUAL_SEEN, {"seen": "absent"})
        _write(arn, proposal, look.state.value, None, drafts, ports)
    elif story.standing is KeyStanding.PENDING:
        # Somebody else withdrew our order: it can be used again, and nothing is claimed by it.
        for item, _ in pairs:
            raise_incident(
                ports.ledger,
                IncidentKind.KEY_RESTORED,
                item.manifest.dataset,
                noticed_on=ports.clock.today(),
                personal=item.identifiability in {"identifiable", "pseudonymised"},
            )
        drafts = kept_drafts(proposal, pairs, (Doubt.RESTORED,))
        _write(arn, proposal, look.state.value, look, drafts, ports)
    return None


def _is_due(story: KeyStory, ports: KeySight) -> bool:
    """Tell whether a key may be gone by now, and was seen to be going by the same eyes."""
    at = story.gone_at
    return story.state == KeyState.PENDING and at is not None and at <= ports.clock.now()


def _unusable(pairs: Sequence[Pair], look: KeyLook, story: KeyStory, proposal: str) -> list[Draft]:
    """Return what is written of each dataset when its key is seen pending, or its day changes."""
    told = "" if look.deletion_at is None else stamp(look.deletion_at)
    if story.seen and story.seen[-1].text("gone_at") == told:
        return []
    assert story.taken is not None
    facts: dict[str, Fact] = {"since": stamp(story.taken.at), "gone_at": told}
    return of_each(proposal, pairs, Entry.KEY_UNUSABLE, facts)


def _write(
    arn: str,
    proposal: str,
    state: str,
    look: KeyLook | None,
    drafts: Sequence[Draft],
    ports: KeySight,
) -> None:
    at = None if look is None else look.deletion_at
    facts: dict[str, Fact] = {
        "proposal": proposal,
        "key": arn,
        "state": state,
        "gone_at": "" if at is None else stamp(at),
        "by": ports.by,
    }
    ports.ledger.append_all([Draft(key_stream(arn), Entry.KEY_SEEN, facts), *drafts])
