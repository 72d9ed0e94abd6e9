"""Order the end of keys: last of all, and only of those that nothing else can need.

Cryptographic erasure by itself certifies nothing here: every version was destroyed by its own id
and seen gone before.  What the end of its key adds is that copies which nobody can list, in backups
of the provider or taken by hand, cannot be read any more; and that only where no doubt is left.
Source: NIST SP 800-88, section 2.6; AWS KMS Developer Guide, deleting keys.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from retention.domain.approval import Approval
from retention.domain.calendar import stamp
from retention.domain.canonical import canonical
from retention.domain.case import Case
from retention.domain.clock import Period
from retention.domain.dataset import Answer
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.erasure import (
    Doubt,
    Elsewhere,
    KeyAnswer,
    doubts,
    is_for_good,
    of_key,
    text_of,
)
from retention.domain.key import KeyLook, KeyState, key_stream
from retention.domain.key_story import KeyStory
from retention.domain.plain import to_plain
from retention.errors import HeldError, NotAuthorisedError, StaleError, StoreError
from retention.ports.authority import Authority
from retention.ports.clock import Clock
from retention.ports.destruction import DestroysKeys
from retention.ports.evidence import Evidence
from retention.ports.keys import Keys
from retention.ports.ledger import Ledger
from retention.steps.answers import kept_items
from retention.steps.cases import case_of, read_proposal
from retention.steps.keys import (
    Pair,
    is_left,
    is_to_be_ordered,
    kept_drafts,
    keys_of,
    protected,
    remains_of,
    seen_gone_at,
    story_of,
)

LEASE: Final = timedelta(minutes=5)  # longer than the service takes to answer
WAIT_S: Final = LEASE.total_seconds() / 20  # between two looks at a key that another worker holds
LOOKS_MAX: Final = 40  # at a key, if others hold it, or what the yes follows from changes


@dataclass(frozen=True, slots=True)
class KeyDestruction:
    """The ports that the end of keys takes; *keys* orders with the destroyer's credential.

    *elsewhere* says what is under a key beside the datasets of an approval: since when these are
    seen gone, and where what remains of them ages out, it is told.
    """

    authority: Authority
    looks: Keys
    keys: DestroysKeys
    elsewhere: Callable[[str, datetime, Collection[str]], Elsewhere]
    ledger: Ledger
    evidence: Evidence
    clock: Clock
    by: str  # whose credential gives the orders
    worker: str  # which process gives them: no two share it
    wait: Callable[[float], None]  # sleeps for so many seconds


def destroy_keys(proposal_digest: str, ports: KeyDestruction) -> None:
    """Order the end of every key of an approved proposal that may end, and say why others may not.

    A key waits until all that it protects was seen gone.  Where the approval does not stand any
    more, where a hold matches, or where a doubt is left, the key is kept and nothing is claimed by
    it; what another look may tell otherwise is looked at again the next day.
    Safe to run again after a crash at any call: an order that was cut off is found in the key's own
    state.  Raises StoreError once every key was tried, if the service did not answer for one.
    """
    case = case_of(ports.ledger, proposal_digest)
    kept = kept_items(case, read_proposal(case, ports.evidence), ports.evidence)
    approval = case.approval(tuple(item.manifest.root for item in kept))
    if approval is None:
        return
    faults: list[StoreError] = []
    for arn, pairs in keys_of(kept).items():
        try:
            _one_key(arn, pairs, approval, case, ports)
        except StoreError as fault:
            faults.append(fault)
    if faults:
        raise faults[0]


def _one_key(
    arn: str, pairs: Sequence[Pair], approval: Approval, case: Case, ports: KeyDestruction
) -> None:
    for _ in range(LOOKS_MAX):
        story = story_of(ports.ledger, arn, approval.proposal)
        if (until := story.held_until) is not None and ports.clock.now() < until:
            ports.wait(WAIT_S)  # another worker is at it, or died at it
            continue
        try:
            _judge(arn, pairs, story, approval, case, ports)
        except StaleError:
            continue  # something was recorded meanwhile: it may be a hold
        return


def _judge(
    arn: str,
    pairs: Sequence[Pair],
    story: KeyStory,
    approval: Approval,
    case: Case,
    ports: KeyDestruction,
) -> None:
    """Do what is to be done about a key today; StaleError if somebody wrote of it meanwhile."""
    if story.is_cut_off and _is_found_ended(arn, pairs, story, approval, ports):
        return
    if not is_to_be_ordered(case, pairs, story, ports.ledger, ports.clock.today()):
        return
    if is_left(case, pairs):
        _keep(arn, pairs, (Doubt.LEFT,), "", story, approval, ports)
        return
    try:
        ground = _asked(approval, pairs, ports.authority)
    except (HeldError, NotAuthorisedError, StaleError) as stop:
        why = Doubt.HELD if isinstance(stop, HeldError) else Doubt.NOT_APPROVED
        _keep(arn, pairs, (why,), "", story, approval, ports)
        return
    _look_and_order(arn, pairs, ground, story, approval, case, ports)


def _asked(approval: Approval, pairs: Sequence[Pair], authority: Authority) -> dict[str, int]:
    """Ask the authority about every dataset of a key; return what its yes follows from."""
    ground: dict[str, int] = {}
    for item, _ in pairs:
        ground |= authority.require(approval, item.manifest, begun=True, seen_gone=True)
    return ground


def _look_and_order(
    arn: str,
    pairs: Sequence[Pair],
    ground: Mapping[str, int],
    story: KeyStory,
    approval: Approval,
    case: Case,
    ports: KeyDestruction,
) -> None:
    """Look, and order if no doubt is left."""
    try:
        look = ports.looks.look(arn)
        since = seen_gone_at(case, pairs)
        found = of_key(look)  # then nobody need search every store
        elsewhere = Elsewhere() if found else ports.elsewhere(arn, since, remains_of(pairs))
    except StoreError:
        _keep(arn, pairs, (Doubt.NOT_TOLD,), "", story, approval, ports)
        raise
    shown = [protected(declared) for _, declared in pairs]
    found = doubts(look, shown, elsewhere, seen_gone_at=since)
    seen = ports.evidence.keep(_shown(look, elsewhere))
    if found:
        _keep(arn, pairs, found, seen, story, approval, ports)
        return
    window = _window(pairs)
    facts: dict[str, Fact] = {
        **_about(arn, approval),
        "look": seen,
        "window": window,
        "by": ports.by,
        "worker": ports.worker,
        "until": stamp(ports.clock.now() + LEASE),
    }
    draft = Draft(key_stream(arn), Entry.KEY_INTENT, facts)
    ports.ledger.append_all([draft], expect={**ground, key_stream(arn): story.length})
    _answer_for(arn, pairs, ports.keys.destroy_key(arn, window_days=window), approval, ports)


def _is_found_ended(
    arn: str, pairs: Sequence[Pair], story: KeyStory, approval: Approval, ports: KeyDestruction
) -> bool:
    """Tell whether an order that was cut off had been taken, and write that down.

    It was announced only after the key was seen not to be pending: whoever ordered it is us.  Of a
    key that is gone before anybody saw it pending nothing can be claimed.
    """
    try:
        look = ports.looks.look(arn)
    except StoreError:
        _write_outcome(arn, KeyAnswer(Answer.UNKNOWN), approval, story, ports)
        raise
    if look.state is KeyState.ABSENT:
        _keep(arn, pairs, (Doubt.ABSENT,), "", story, approval, ports)
        return True
    if look.state is not KeyState.PENDING:
        return False
    said = KeyAnswer(Answer.TAKEN, (), look.deletion_at)
    _write_outcome(arn, said, approval, story, ports)
    return True


def _write_outcome(
    arn: str, said: KeyAnswer, approval: Approval, story: KeyStory, ports: KeyDestruction
) -> None:
    ports.ledger.append(_outcome(arn, said, said.why, approval), expect=story.length)


def _outcome(arn: str, said: KeyAnswer, why: tuple[Doubt, ...], approval: Approval) -> Draft:
    taken = said.answer is Answer.TAKEN
    facts: dict[str, Fact] = {
        **_about(arn, approval),
        "answer": said.answer.value,
        "why": text_of(why),
        "gone_at": stamp(said.gone_at) if taken and said.gone_at is not None else "",
    }
    return Draft(key_stream(arn), Entry.KEY_OUTCOME, facts)


def _answer_for(
    arn: str, pairs: Sequence[Pair], said: KeyAnswer, approval: Approval, ports: KeyDestruction
) -> None:
    why = said.why
    if said.answer is Answer.NOT_ASKED:
        # Pending already, although it was not when we looked: somebody was faster.
        others = story_of(ports.ledger, arn, approval.proposal).intents[1:]
        why = () if others else (Doubt.PENDING_ALREADY,)  # if another worker of ours, it will say
    drafts = [_outcome(arn, said, why, approval)]
    if is_for_good(why):
        drafts += kept_drafts(approval.proposal, pairs, why)
    ports.ledger.append_all(drafts)


def _keep(
    arn: str,
    pairs: Sequence[Pair],
    why: tuple[Doubt, ...],
    look: str,
    story: KeyStory,
    approval: Approval,
    ports: KeyDestruction,
) -> None:
    """Write why a key is not destroyed: for good, or for today."""
    facts: dict[str, Fact] = {**_about(arn, approval), "look": look, "why": text_of(why)}
    drafts = [Draft(key_stream(arn), Entry.KEY_JUDGED, facts)]
    if is_for_good(why):
        drafts += kept_drafts(approval.proposal, pairs, why)
    ports.ledger.append_all(drafts, expect={key_stream(arn): story.length})


def _about(arn: str, approval: Approval) -> dict[str, Fact]:
    return {"proposal": approval.proposal, "key": arn}


def _window(pairs: Sequence[Pair]) -> int:
    """Return the longest waiting period that any of the datasets was shown with, in days."""
    return max(Period.parse(declared["gone_within"]).days for _, declared in pairs)


def _shown(look: KeyLook, elsewhere: Elsewhere) -> bytes:
    """Return what was seen before the order, for the evidence store; no key of an object."""
    return canonical({"elsewhere": to_plain(elsewhere), "key": to_plain(look)})
