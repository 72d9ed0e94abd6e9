"""What a store says of itself, in words: one row for each question, none for what it holds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from retention.domain.clock import Period
from retention.domain.finding import FindingKind
from retention.domain.words import period_words
from retention.ports.probe import Capabilities

OF_FIELD: Mapping[FindingKind, str] = MappingProxyType(  # which answer a finding is about
    {
        FindingKind.NOT_VERSIONED: "versioning",
        FindingKind.VERSIONING_SUSPENDED: "versioning",
        FindingKind.MFA_DELETE: "mfa_delete",
        FindingKind.LOCKED_BY_DEFAULT: "lock_default",
        FindingKind.NOT_ENCRYPTED: "encryption",
        FindingKind.OUT_OF_REGION: "region",
        FindingKind.PUBLIC: "public",
        FindingKind.REPLICATES_ELSEWHERE: "replicates_to",
        FindingKind.EXPIRES_BY_ITSELF: "expires",
        FindingKind.NO_INVENTORY: "inventories",
        FindingKind.SURVEYOR_COULD_DESTROY: "surveyor_can",
    }
)


@dataclass(frozen=True, slots=True)
class Row:
    """The answer to one question; *known* is False where it is not, or not all of it is."""

    field: str  # of ``ports.probe.Capabilities``
    question: str
    answer: str
    known: bool


def rows(says: Capabilities) -> Iterator[Row]:
    """Yield the answers in the order in which they are read."""
    versions = {"enabled": "kept", "suspended": "kept until now; suspended", "off": "not kept"}
    told = (
        ("versioning", "versions", versions.get(says.versioning or "", "")),
        ("mfa_delete", "one-time code", "needed to delete" if says.mfa_delete else "not needed"),
        ("object_lock", "object lock", "on" if says.object_lock else "off"),
        ("lock_default", "locks by itself", lock_words(says.lock_default or "") or "nothing"),
        ("encryption", "encrypts with", says.encryption or "nothing"),
        ("region", "region", says.region or ""),
        ("public", "open to all", public_words(says.public) or "no"),
        ("replicates_to", "copies itself to", " and ".join(says.replicates_to or ()) or "nowhere"),
        ("expires", "destroys by date", "; ".join(says.expires or ()) or "nothing"),
        (
            "inventories",
            "inventories",
            " and ".join(says.inventories or ()) or "none of all versions",
        ),
        ("surveyor_can", "surveyor could", could_words(says.surveyor_can) or "destroy nothing"),
    )
    for field, question, answer in told:
        why = says.unknown.get(field, "")
        value: Any = getattr(says, field)
        if value is None:
            yield Row(field, question, f"not known ({why})" if why else "not known", known=False)
        else:
            rest = f"; the rest is not known ({why})" if why else ""
            yield Row(field, question, answer + rest, known=not why)


def lock_words(default: str) -> str:
    """Return how long each new version is locked, in words; as it stands if it is no period."""
    mode, _, period = default.partition(" ")
    try:
        return f"{mode}, for {period_words(Period.parse(period))}"
    except ValueError:
        return default


def public_words(by: Sequence[str] | None) -> str:
    """Return by what anybody gets in, "" if by nothing."""
    names = {"acl": "access list"}
    return " and ".join(f"by its {names.get(each, each)}" for each in by or ())


def could_words(can: Sequence[str] | None) -> str:
    """Return what a credential could do, "" if nothing."""
    names = {"delete": "delete versions", "abort": "abort uploads"}
    return " and ".join(names.get(each, each) for each in can or ())
