"""What may stand on the ledger: ids, enums, counts, days and digests; no names, no free text.

Every kind says which facts it carries; whatever else someone tries to write is refused, so that
a key or a person's words cannot slip into a log that nobody can edit.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from retention.domain.calendar import stamp
from retention.domain.canonical import canonical

Fact = str | int

_PLAIN = re.compile(r"[A-Za-z0-9:/._#@%+=~-]{0,300}")  # no space: free text cannot pass


class Entry(StrEnum):
    """The kinds of entries."""

    KEY = "key"  # a public key of ours came into use
    AGREEMENT = "agreement"  # a version came into force, with the digest of its file
    EVENT = "event"
    EVENT_RETRACTED = "event_retracted"  # that recording was wrong: as if never made
    HOLD_PLACED = "hold_placed"
    HOLD_CONFIRMED = "hold_confirmed"  # by a controller, in writing
    RELEASE_ASKED = "release_asked"  # by one person; another confirms it
    HOLD_RELEASED = "hold_released"
    INSTRUCTION = "instruction"  # a party's recorded word on datasets or a class
    INSTRUCTION_RETRACTED = "instruction_retracted"  # recorded by mistake: as if never made
    STORE_SURVEYED = "store_surveyed"  # one store, or the code of what it failed with
    SURVEYED = "surveyed"  # all stores of one agreement
    MOVED = "moved"  # a dataset, in the table of moves
    NOTICE = "notice"  # what controllers are told: (dataset, clause, action)
    NOTICE_ACCEPTED = "notice_accepted"  # by one controller's mail server
    NOTICE_RECEIVED = "notice_received"  # by one controller on that day: a person attests it
    NOTICE_RECEIPT_RETRACTED = "notice_receipt_retracted"  # it was wrong: as if never made
    NOTICE_ANSWERED = "notice_answered"  # by one controller, on one dataset or ("") on all
    TOLD = "told"  # a person, by mail, that something awaits them
    REMINDED = "reminded"  # a controller or an approver, once more
    ESCALATED = "escalated"  # reminders did not help: whom the agreement names was told
    PROPOSED = "proposed"
    SIGNED = "signed"  # the gate: this person gave this answer
    STARTED = "started"  # the gate: this person started this run of this flow
    LOCKED_OUT = "locked_out"  # the gate: wrong answers in a row lock this login for a while
    LOGIN_CHANGED = "login_changed"  # added, new password, unlocked, codes, disabled: and by whom
    CANCELLED = "cancelled"  # the gate: this person cancelled this run
    OPENED = "opened"  # a person was given the full list of a proposal, or its disposal list
    UNHEARD = "unheard"  # it could not stand: it was asked again, and that answer counts no more
    DECIDED = "decided"  # what that answer is worth
    ASKED = "asked"  # approvers want what only a party may instruct: it is asked
    ASK_ACCEPTED = "ask_accepted"  # by one party's mail server
    APPROVED = "approved"  # the last approver agreed
    ACTED = "acted"  # a run of the browser recorded its act, on these two answers of one person
    SPENT = "spent"  # lapsed, refused, drifted or withdrawn: never to be used again
    HALTED = "halted"  # by a person: a disposal stopped, or an approval withdrawn
    ACCESS_ANNOUNCED = "access_announced"  # a change to who may reach a bucket comes next
    ACCESS_WITHDRAWN = "access_withdrawn"  # for cooling-off, from everybody but our own roles
    ACCESS_RESTORED = "access_restored"
    RUN = "run"  # a run of Prefect carries this proposal out: whoever cancels it stops that
    BEGIN_LISTING = "begin_listing"
    BEGUN = "begun"  # every begin-listing is taken, and with this the first intent was written
    INTENT = "intent"
    OUTCOME = "outcome"
    STOPPED = "stopped"
    ORDERED = "ordered"  # every batch of one manifest was ordered
    VERIFIED = "verified"
    REFUSED = "refused"  # what keeps versions that a look found refused, by lock
    RESIDUAL_SEEN = "residual_seen"
    RESIDUAL_ATTESTED = "residual_attested"  # a person says that a copy is gone, and since when
    ATTESTATION_RETRACTED = "attestation_retracted"  # it was wrong: as if never made
    RESIDUAL_HELD = "residual_held"  # a hold matches the dataset while a copy of it remains
    RESIDUAL_FREED = "residual_freed"  # no hold matches any more: the copy is checked again
    MANIFEST_CLOSING = "manifest_closing"  # the key of its pack is about to be destroyed
    MANIFEST_CLOSED = "manifest_closed"  # the pack can no longer be opened, by design
    STRAY_SEEN = "stray_seen"  # a sealed pack that no proposal names
    STRAY_CLOSED = "stray_closed"  # days later none did still, and its key was destroyed
    KEY_JUDGED = "key_judged"  # a key is not destroyed, at least today, and why
    KEY_KEPT = "key_kept"  # for good under this approval: nothing is claimed by it
    KEY_INTENT = "key_intent"  # the end of a key is about to be ordered
    KEY_OUTCOME = "key_outcome"
    KEY_SEEN = "key_seen"  # by the verifier
    KEY_UNUSABLE = "key_unusable"  # the verifier saw that the order stands
    KEY_HELD = "key_held"  # a hold matches what a pending key protects
    KEY_CANCEL = "key_cancel"  # that order is about to be withdrawn
    KEY_CANCELLED = "key_cancelled"
    CERTIFIED = "certified"  # the statement was signed
    SEALED = "sealed"  # the document was sealed
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"  # a certificate, by one controller: a person records it
    ACKNOWLEDGEMENT_RETRACTED = "acknowledgement_retracted"  # it was wrong: as if never made
    REPORTED = "reported"  # a month, to those who answer for it, with the digest of the report
    FLOW_RAN = "flow_ran"  # to its end, on that day: what Prefect remembers proves nothing
    INCIDENT = "incident"
    INCIDENT_CLOSED = "incident_closed"


# Who recorded it, and digests: of the file that shows it, and of the salted reason in their words.
_WHY = "by evidence reason"
_FATES = "destroyed absent_before held_back refused failed unknown"
_ANSWERS = "taken refused failed unknown not_asked never_there"
FACTS: Mapping[Entry, frozenset[str]] = MappingProxyType(
    {
        kind: frozenset(names.split())
        for kind, names in {
            Entry.KEY: "purpose key_id public",
            Entry.AGREEMENT: "agreement version digest",
            Entry.EVENT: f"agreement event value on {_WHY}",
            Entry.EVENT_RETRACTED: f"agreement event value entry {_WHY}",
            Entry.HOLD_PLACED: "hold ground agreement class dataset controller nation"
            f" covers_from covers_through received_on answer_to {_WHY}",
            Entry.HOLD_CONFIRMED: f"hold controller signed_on {_WHY}",
            Entry.RELEASE_ASKED: f"hold successor {_WHY}",
            Entry.HOLD_RELEASED: f"hold {_WHY}",
            Entry.INSTRUCTION: "instruction verb agreement class dataset until to moves_maximum"
            f" controller signed_on {_WHY}",
            Entry.INSTRUCTION_RETRACTED: f"agreement instruction {_WHY}",
            Entry.STORE_SURVEYED: "store source digest as_of versions markers uploads bytes"
            " strays failed",
            Entry.SURVEYED: "agreement version datasets versions bytes unclassified failed",
            Entry.MOVED: "dataset event before after",
            Entry.NOTICE: "notice agreement version action document datasets",
            Entry.NOTICE_ACCEPTED: "notice controller message",
            Entry.NOTICE_RECEIVED: f"notice controller on {_WHY}",
            Entry.NOTICE_RECEIPT_RETRACTED: f"notice controller entry {_WHY}",
            Entry.NOTICE_ANSWERED: f"notice controller dataset answer {_WHY}",
            Entry.TOLD: "about step person message",
            Entry.REMINDED: "about whom nth message",
            Entry.ESCALATED: "about whom to message",
            Entry.PROPOSED: "proposal notice agreement version action document"
            " datasets versions bytes",
            Entry.SIGNED: "about person step run pause_key input salt factor at signature key_id",
            Entry.STARTED: "run person flow",
            Entry.LOCKED_OUT: "person until",
            Entry.LOGIN_CHANGED: "person change by",
            Entry.CANCELLED: "run person",
            Entry.OPENED: "proposal person form",
            Entry.UNHEARD: "proposal pause_key fault",
            Entry.DECIDED: "proposal step person decision roots kept signed input reason",
            Entry.ASKED: "proposal agreement version dataset verb until to",
            Entry.ASK_ACCEPTED: "agreement entry party message",
            Entry.APPROVED: "proposal roots kept decided_on may_begin_on lapses_after",
            Entry.ACTED: "about act by result entries evidence form confirmed",
            Entry.SPENT: "proposal why",
            Entry.ACCESS_ANNOUNCED: "proposal bucket act before after by until",
            Entry.ACCESS_WITHDRAWN: "proposal bucket before after by",
            Entry.ACCESS_RESTORED: "proposal bucket before after by",
            Entry.BEGIN_LISTING: "proposal root pack versions present arrivals",
            Entry.HALTED: f"proposal act {_WHY}",
            Entry.RUN: "proposal run",
            Entry.BEGUN: "proposal",
            Entry.INTENT: "proposal root first last by worker until",
            Entry.OUTCOME: f"proposal root first last pack {_ANSWERS}",
            Entry.STOPPED: "proposal root before code",
            Entry.ORDERED: "proposal root",
            Entry.VERIFIED: f"proposal root pack arrivals by {_FATES}",
            Entry.REFUSED: "proposal root dataset lock versions first_until until",
            Entry.RESIDUAL_SEEN: "proposal root copy seen",
            Entry.RESIDUAL_ATTESTED: f"proposal root copy gone_on {_WHY}",
            Entry.ATTESTATION_RETRACTED: f"proposal root copy entry {_WHY}",
            Entry.RESIDUAL_HELD: "proposal root copy holds",
            Entry.RESIDUAL_FREED: "proposal root copy",
            Entry.MANIFEST_CLOSING: "proposal root pack",
            Entry.MANIFEST_CLOSED: "proposal root pack versions",
            Entry.STRAY_SEEN: "pack",
            Entry.STRAY_CLOSED: "pack",
            Entry.KEY_JUDGED: "proposal key look why",
            Entry.KEY_KEPT: "proposal root copy why",
            Entry.KEY_INTENT: "proposal key look window by worker until",
            Entry.KEY_OUTCOME: "proposal key answer why gone_at",
            Entry.KEY_SEEN: "proposal key state gone_at by",
            Entry.KEY_UNUSABLE: "proposal root copy since gone_at",
            Entry.KEY_HELD: "proposal key hold",
            Entry.KEY_CANCEL: "proposal key by",
            Entry.KEY_CANCELLED: "proposal key answer",
            Entry.CERTIFIED: "proposal certificate type statement",
            Entry.SEALED: "proposal certificate pdf",
            Entry.DELIVERED: "proposal certificate controller message",
            Entry.ACKNOWLEDGED: f"certificate controller on {_WHY}",
            Entry.ACKNOWLEDGEMENT_RETRACTED: f"certificate controller entry {_WHY}",
            Entry.REPORTED: "month document",
            Entry.FLOW_RAN: "flow on",
            Entry.INCIDENT: "incident dataset noticed_on personal",
            Entry.INCIDENT_CLOSED: f"incident dataset told {_WHY}",
        }.items()
    }
)


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that is not on the ledger yet; valid, because a bad one cannot be made.

    *stream* is what the entry is about, such as ``dataset:NACEL/patient-level/england/2019``:
    entries of one stream are numbered, so that a writer can say which state it had read.
    Raises ValueError for a fact too many, one too few, or one that is not plain.
    """

    stream: str
    kind: Entry
    facts: Mapping[str, Fact]

    def __post_init__(self) -> None:
        """Refuse what may not stand on the ledger."""
        if set(self.facts) != FACTS[self.kind]:
            odd = sorted(set(self.facts) ^ FACTS[self.kind])
            raise ValueError(f"an entry {self.kind} does not fit its facts: {', '.join(odd)}")
        for name, value in {"stream": self.stream, **self.facts}.items():
            plain = type(value) is int or (type(value) is str and _PLAIN.fullmatch(value))
            if not plain:
                raise ValueError(f"{name} of an entry {self.kind} is not an id, count or digest")


@dataclass(frozen=True, slots=True)
class Record:
    """An entry on the ledger: its place in the log, its place in its stream, and its time."""

    index: int
    stream: str
    position: int
    at: datetime
    kind: Entry
    facts: Mapping[str, Fact]

    def leaf(self) -> bytes:
        """Return the bytes that the ledger commits to."""
        return canonical(
            {
                "at": stamp(self.at),
                "facts": dict(self.facts),
                "index": self.index,
                "kind": self.kind.value,
                "position": self.position,
                "stream": self.stream,
            }
        )

    def text(self, name: str) -> str:
        """Return a fact that is text; raise TypeError if it is a number."""
        value = self.facts[name]
        if not isinstance(value, str):
            raise TypeError(f"{name} is a number")
        return value

    def number(self, name: str) -> int:
        """Return a fact that is a number; raise TypeError if it is text."""
        value = self.facts[name]
        if not isinstance(value, int):
            raise TypeError(f"{name} is text")
        return value
