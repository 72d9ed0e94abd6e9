"""The keys of one case, and what is to be done about each; others do it.

A key is ordered destroyed last of all, once the verifier has seen gone whatever it protects; it is
looked at daily while it is pending, and its order is withdrawn if a hold comes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from retention.domain.case import Case, proposal_stream
from retention.domain.disposition import State
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.erasure import Doubt, Protected, text_of
from retention.domain.key import KEY, key_stream
from retention.domain.key_story import KeyStanding, KeyStory
from retention.domain.proposal import Item
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.steps.cases import case_of, read_proposal
from retention.steps.moves import state_of

Pair = tuple[Item, Mapping[str, str]]  # a dataset, and the key as it was shown with it
_SEEN: Final = frozenset({State.DISPOSED, State.RESIDUAL, State.PARTLY_DISPOSED})
_LEFT: Final = ("held_back", "refused", "failed")


def keys_of(items: Iterable[Item]) -> Mapping[str, list[Pair]]:
    """Return each key by its ARN, with the datasets it was declared for."""
    found: dict[str, list[Pair]] = {}
    for item in items:
        for declared in item.residuals:
            if declared["kind"] == KEY:
                found.setdefault(declared["where"], []).append((item, declared))
    return found


def has_keys(proposal: str, ledger: Ledger, evidence: Evidence) -> bool:
    """Tell whether any key was shown with a *proposal*: else nobody need ask a key service."""
    return bool(keys_of(read_proposal(case_of(ledger, proposal), evidence).items))


def story_of(ledger: Ledger, arn: str, proposal: str) -> KeyStory:
    """Return a key's story under *proposal*, read now."""
    return KeyStory.read(ledger.stream(key_stream(arn)), proposal)


def stories(
    ledger: Ledger, proposal: str, kept: Sequence[Item]
) -> Iterator[tuple[str, list[Pair], KeyStory]]:
    """Yield each key of a case with its datasets and its story, read now."""
    for arn, pairs in keys_of(kept).items():
        yield arn, pairs, story_of(ledger, arn, proposal)


def protected(declared: Mapping[str, str]) -> Protected:
    """Return what was seen of one manifest's versions when it was frozen."""
    names = ("versions", "looked_at", "under_it", "declared")
    return Protected(**{name: int(declared[name]) for name in names})


def is_left(case: Case, pairs: Sequence[Pair]) -> bool:
    """Tell whether the verifier saw that something of what a key protects is still there."""
    seen = [case.verified[item.manifest.root] for item, _ in pairs]
    return any(verified.number(name) for verified in seen for name in _LEFT)


def is_seen(case: Case, item: Item, ledger: Ledger) -> bool:
    """Tell whether the verifier knows what became of a dataset, and its state says so too."""
    known = case.is_known(item.manifest.root)
    return known and state_of(ledger, item.manifest.dataset) in _SEEN


def seen_gone_at(case: Case, pairs: Sequence[Pair]) -> datetime:
    """Return when the verifier had looked at the last of the datasets of a key."""
    return max(case.verified[item.manifest.root].at for item, _ in pairs)


def remains_of(pairs: Sequence[Pair]) -> list[str]:
    """Return the places of the copies of a key's datasets that age out by themselves."""
    return [each["place"] for item, _ in pairs for each in item.residuals if each["place"]]


def is_to_be_ordered(
    case: Case, pairs: Sequence[Pair], story: KeyStory, ledger: Ledger, today: date
) -> bool:
    """Tell whether the end of a key is to be judged on this day, and perhaps ordered.

    Once a day is enough, and not before the verifier knows of each dataset what became of it.  What
    was stopped has no approval left to order anything under.
    """
    return (
        story.standing is KeyStanding.OWED
        and not case.stopped
        and not story.was_tried_on(today)
        and all(is_seen(case, item, ledger) for item, _ in pairs)
    )


def is_to_be_cancelled(story: KeyStory, today: date) -> bool:
    """Tell whether the order for a key is to be withdrawn on this day."""
    return story.standing is KeyStanding.TO_CANCEL and not story.was_cancel_tried_on(today)


def is_to_be_seen(story: KeyStory, today: date) -> bool:
    """Tell whether the verifier is to look at a key on this day: daily, while it is pending."""
    looked_for = {KeyStanding.PENDING, KeyStanding.TO_CANCEL}
    return story.standing in looked_for and not story.was_seen_on(today)


def key_flow(case: Case, kept: Sequence[Item], ledger: Ledger, today: date) -> str | None:
    """Return the flow that has something to do about a key of this case, or None."""
    known = list(stories(ledger, case.proposal, kept))
    for _, pairs, story in known:
        if is_to_be_ordered(case, pairs, story, ledger, today) or is_to_be_cancelled(story, today):
            return "dispose"
    return "check_gone" if any(is_to_be_seen(story, today) for *_, story in known) else None


def kept_drafts(proposal: str, pairs: Sequence[Pair], why: Iterable[Doubt]) -> list[Draft]:
    """Return what is written of each dataset when its key is kept for good."""
    return of_each(proposal, pairs, Entry.KEY_KEPT, {"why": text_of(why)})


def of_each(
    proposal: str, pairs: Sequence[Pair], kind: Entry, facts: Mapping[str, Fact]
) -> list[Draft]:
    """Return an entry of *kind* about a key for each dataset that it was declared for."""
    return [
        Draft(
            proposal_stream(proposal),
            kind,
            {
                "proposal": proposal,
                "root": item.manifest.root,
                "copy": declared["copy"],
                **facts,
            },
        )
        for item, declared in pairs
    ]
