"""What was refused, in words: how many versions, by which lock, and from when they could go."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from retention.domain.refusal import Lock, Refusal
from retention.views import figures

_WHY: Final[Mapping[Lock, str]] = MappingProxyType(
    {
        Lock.COMPLIANCE: "under a compliance lock",
        Lock.GOVERNANCE: "under a governance lock",
        Lock.LEGAL_HOLD: "under a legal hold of the store",
        Lock.MFA_DELETE: "in a bucket with MFA delete",
        Lock.DENIED: "under no lock, by a rule of the store",
        Lock.UNKNOWN: "and what keeps them could not be asked",
    }
)
_WHEN: Final[Mapping[Lock, str]] = MappingProxyType(
    {
        Lock.LEGAL_HOLD: "they could go once its owner has lifted it",
        Lock.MFA_DELETE: "they could go once its owner, with a second factor, allows it",
        Lock.DENIED: "they could go once whoever owns the store allows it",
        Lock.UNKNOWN: "whoever owns the store must look",
    }
)


def refusal_words(refusal: Refusal) -> str:
    """Return such as: refused: 12 versions under a compliance lock until 1 January 2027; …"""
    count = figures.count(refusal.versions, "version")
    return f"refused: {count} {_WHY[refusal.lock]}{_until(refusal)}; {_when(refusal)}"


def lock_words(until: date) -> str:
    """Return from when people can be asked about what is locked: its last day is *until*."""
    day = figures.day(until + timedelta(days=1))
    return f"locked until {figures.day(until)}: proposed from {day}"


def _until(refusal: Refusal) -> str:
    if refusal.until is None or refusal.first_until is None:
        return ""
    if refusal.first_until == refusal.until:
        return f" until {figures.day(refusal.until)}"
    return f" until {figures.day(refusal.first_until)} to {figures.day(refusal.until)}"


def _when(refusal: Refusal) -> str:
    if refusal.could_go_on is None:
        return f"no date is known: {_WHEN[refusal.lock]}, by a new approval"
    return f"they could go from {figures.day(refusal.could_go_on)}, by a new approval"
