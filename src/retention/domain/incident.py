"""Incidents: what the data protection officer is to assess, read from the ledger.

Nobody outside is told by any of this: whether and whom to tell is for people, who record it.
Source: UK GDPR, articles 4(12) and 33(2); ``clock.md``, rulings 6, 9, 11 and 12.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from retention.domain.calendar import london_day
from retention.domain.entry import Entry, Record

TOLD_NOBODY: Final = "nobody"  # said by whoever closes it, never assumed


class IncidentKind(StrEnum):
    """What is raised; one for each (kind, dataset generation).

    Those of a whole agreement are raised anew when what was closed has come again.
    """

    MISSING = "missing"
    ABSENT_BEFORE_DISPOSAL = "absent-before-disposal"
    NOT_VERSIONED = "not-versioned"
    LISTED_AFTER_DISPOSAL = "listed-after-disposal"
    RESURRECTION = "resurrection"
    DESTROYED_EARLY = "destroyed-early"
    OVER_RETENTION = "over-retention"
    EXPIRED_UNCONFIRMED = "expired-unconfirmed"
    AGREEMENT_GAP = "agreement-gap"
    STORE_LOOKS_EMPTY = "store-looks-empty"
    CLASS_DROPPED = "class-dropped"
    STORE_DROPPED = "store-dropped"
    SHRUNK = "shrunk"
    DARK = "dark"
    NAMES_SOMEBODY = "names-somebody"
    UNDECLARED_COPY = "undeclared-copy"
    NOT_ENCRYPTED = "not-encrypted"
    OUT_OF_REGION = "out-of-region"
    PUBLIC = "public"
    KEY_RESTORED = "key-restored"
    HELD_KEY_ENDS = "held-key-ends"
    LEDGER_BROKEN = "ledger-broken"


WORDS: Mapping[str, str] = MappingProxyType(
    {
        IncidentKind.MISSING.value: "its place lists nothing, and nobody disposed of it",
        IncidentKind.ABSENT_BEFORE_DISPOSAL.value: "some of it was gone before the first order",
        IncidentKind.NOT_VERSIONED.value: "its store keeps no versions: what was shown can change",
        IncidentKind.LISTED_AFTER_DISPOSAL.value: "something is listed where it was destroyed",
        IncidentKind.RESURRECTION.value: "what was destroyed is there again",
        IncidentKind.DESTROYED_EARLY.value: "destroyed before the day that a correction shows",
        IncidentKind.OVER_RETENTION.value: "kept past the day by which it must be gone",
        IncidentKind.EXPIRED_UNCONFIRMED.value: "its agreement ended, and nobody confirmed the end",
        IncidentKind.AGREEMENT_GAP.value: "no version was in force for some days: renewed too late",
        IncidentKind.STORE_LOOKS_EMPTY.value: "a survey saw nothing of what was there before",
        IncidentKind.CLASS_DROPPED.value: "the version in force lacks this class: no survey looks",
        IncidentKind.STORE_DROPPED.value: "nothing names this store now, and it held something",
        IncidentKind.SHRUNK.value: "one of its places holds next to nothing of what it held",
        IncidentKind.DARK.value: "data lie there that no agreement covers",
        IncidentKind.NAMES_SOMEBODY.value: "names of folders look like those of people",
        IncidentKind.UNDECLARED_COPY.value: "the same content lies where no agreement declares it",
        IncidentKind.NOT_ENCRYPTED.value: "personal data lie there unencrypted",
        IncidentKind.OUT_OF_REGION.value: "it lies outside the regions that were agreed",
        IncidentKind.PUBLIC.value: "it can be read without a login",
        IncidentKind.KEY_RESTORED.value: "somebody withdrew the order for the end of its key",
        IncidentKind.HELD_KEY_ENDS.value: "a hold came, and the end of its key went on",
        IncidentKind.LEDGER_BROKEN.value: "the ledger does not prove itself any more",
    }
)


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident; *number* is its place on the ledger, by which it is closed."""

    number: int
    kind: str
    dataset: str
    noticed_on: date
    is_personal: bool  # a possible personal data breach
    closed_by: str = ""
    closed_on: date | None = None
    told: tuple[str, ...] = ()  # parties; only what the closing says

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        return not self.closed_by

    @property
    def words(self) -> str:
        """What it means, as a sentence; the kind itself if this version does not know it."""
        return WORDS.get(self.kind, self.kind)


def incidents_in(records: Iterable[Record]) -> list[Incident]:
    """Return the incidents among *records*, oldest first, with how they were closed."""
    found: list[list[Record]] = []  # as it was raised, and as it was closed
    standing: dict[tuple[str, str], list[Record]] = {}
    for r in records:
        if r.kind not in {Entry.INCIDENT, Entry.INCIDENT_CLOSED}:
            continue
        key = r.text("incident"), r.text("dataset")
        if r.kind is Entry.INCIDENT_CLOSED:
            standing.pop(key, []).append(r)
        elif key not in standing:
            standing[key] = [r]
            found.append(standing[key])
    return [_incident(*each) for each in found]


def _incident(raised: Record, closing: Record | None = None) -> Incident:
    told = "" if closing is None else str(closing.facts.get("told", ""))
    return Incident(
        number=raised.index,
        kind=raised.text("incident"),
        dataset=raised.text("dataset"),
        noticed_on=date.fromisoformat(raised.text("noticed_on")),
        is_personal=bool(raised.number("personal")),
        closed_by="" if closing is None else closing.text("by"),
        closed_on=None if closing is None else london_day(closing.at),
        told=tuple(told.split("+")) if told else (),
    )
