"""When the end of a key may be relied on, and so may be ordered: every doubt is a reason against.

Two harms are kept off.  A key that protects anything else would end what no one approved; one whose
material lies elsewhere too would prove nothing.  What is not known is a doubt, and one is enough.
Source: NIST SP 800-88, section 2.6, when not to rely on cryptographic erase; AWS KMS Developer
Guide, deleting keys.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from retention.domain.dataset import Answer
from retention.domain.key import KeyLook, KeyState


class Doubt(StrEnum):
    """One reason why a key is not destroyed."""

    ABSENT = "absent"
    PENDING_ALREADY = "pending-already"
    NOT_OURS = "not-ours"
    IMPORTED = "imported"
    OWN_STORE = "own-store"
    REPLICA = "is-a-replica"
    REPLICAS = "has-replicas"
    GRANTED = "granted"
    IN_USE = "in-use"
    SHARED = "shared"
    NOT_UNDER_IT = "not-under-it"
    NOT_LOOKED_AT = "not-looked-at"
    HELD = "held"
    NOT_APPROVED = "not-approved"
    RESTORED = "restored"
    LEFT = "left"
    STATE = "state"
    NOT_TOLD = "not-told"
    ELSEWHERE_UNKNOWN = "elsewhere-unknown"


WORDS: Mapping[Doubt, str] = MappingProxyType(
    {
        Doubt.ABSENT: "the service knows no such key",
        Doubt.PENDING_ALREADY: "its deletion was ordered before, and not by us",
        Doubt.NOT_OURS: "the provider manages it",
        Doubt.IMPORTED: "its material came from outside, and could be brought again",
        Doubt.OWN_STORE: "its material lies in a key store of its own, which may keep it",
        Doubt.REPLICA: "it is a replica: the same material lies in another region",
        Doubt.REPLICAS: "the same material lies in other regions, whose keys must go first",
        Doubt.GRANTED: "others were granted its use",
        Doubt.IN_USE: "it was used after everything was seen gone",
        Doubt.SHARED: "it protects data that nobody approved for destruction",
        Doubt.NOT_UNDER_IT: "not every version was under it, or under another declared key",
        Doubt.NOT_LOOKED_AT: "not every version could be looked at before it went",
        Doubt.HELD: "a hold matches what it protects",
        Doubt.NOT_APPROVED: "the approval does not stand any more",
        Doubt.RESTORED: "somebody withdrew the order for its deletion",
        Doubt.LEFT: "something that it protects is still there",
        Doubt.STATE: "it is in a state in which it cannot be destroyed",
        Doubt.NOT_TOLD: "the service does not say all that must be known of it",
        Doubt.ELSEWHERE_UNKNOWN: "nobody knows whether anything else is under it",
    }
)
# What another look may tell otherwise: it is asked again daily, as long as the approval lasts.
_PASSING: Final = frozenset({Doubt.NOT_TOLD, Doubt.ELSEWHERE_UNKNOWN, Doubt.STATE})
_OF_STATE: Final = MappingProxyType(
    {
        KeyState.PENDING: Doubt.PENDING_ALREADY,
        KeyState.WAITS_FOR_REPLICAS: Doubt.REPLICAS,
        KeyState.OTHER: Doubt.STATE,
    }
)


def is_for_good(found: Collection[Doubt]) -> bool:
    """Tell whether any doubt stays, so that the key is kept under this approval."""
    return any(each not in _PASSING for each in found)


def text_of(found: Iterable[Doubt]) -> str:
    """Write doubts as the ledger takes them."""
    return "+".join(each.value for each in found)


def doubts_in(text: str) -> tuple[Doubt, ...]:
    """Read what :func:`text_of` wrote."""
    return tuple(Doubt(each) for each in text.split("+") if each)


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """What a key service said to an order; *why* has what it was refused for, if we know it."""

    answer: Answer
    why: tuple[Doubt, ...] = ()
    gone_at: datetime | None = None  # when the service will end it


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """What was seen of one manifest's data versions, one by one, before it was approved.

    *declared* are under any key that the agreement declares for the class; *looked_at* are those
    of which the store said how they are encrypted.
    """

    versions: int
    looked_at: int
    under_it: int
    declared: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Versions outside of what was approved: those under the key, and those nobody knows of."""

    under_it: int = 0
    unknown: int = 0


def doubts(
    look: KeyLook,
    protected: Collection[Protected],
    elsewhere: Elsewhere,
    *,
    seen_gone_at: datetime,
) -> tuple[Doubt, ...]:
    """Return every doubt about the end of a key, in the order of the list; () is none.

    *seen_gone_at* is when the verifier had seen the last of what it protects gone.
    """
    found = {*of_key(look), *_of_protected(protected)}
    if look.used_at is not None and look.used_at > seen_gone_at:
        found.add(Doubt.IN_USE)
    if elsewhere.under_it:
        found.add(Doubt.SHARED)
    if elsewhere.unknown:
        found.add(Doubt.ELSEWHERE_UNKNOWN)
    return tuple(each for each in Doubt if each in found)


def of_key(look: KeyLook) -> tuple[Doubt, ...]:
    """Return the doubts that follow from the key alone, whatever it protects."""
    if look.state is KeyState.ABSENT:
        return (Doubt.ABSENT,)
    found = {_OF_STATE[look.state]} if look.state in _OF_STATE else set()
    bad = {
        Doubt.NOT_OURS: None if look.customers is None else not look.customers,
        Doubt.IMPORTED: look.imported,
        Doubt.OWN_STORE: look.elsewhere,
        Doubt.REPLICA: look.is_replica,
        Doubt.REPLICAS: None if look.replicas is None else look.replicas > 0,
        Doubt.GRANTED: None if look.grants is None else look.grants > 0,
    }
    found |= {doubt for doubt, is_so in bad.items() if is_so}
    if None in bad.values():
        found.add(Doubt.NOT_TOLD)
    return tuple(each for each in Doubt if each in found)


def _of_protected(protected: Collection[Protected]) -> Iterable[Doubt]:
    if not protected or any(each.looked_at < each.versions for each in protected):
        yield Doubt.NOT_LOOKED_AT
    for each in protected:
        if each.declared < each.looked_at or not each.under_it:
            yield Doubt.NOT_UNDER_IT
