"""Ask those who may instruct for what approvers want and may not decide themselves.

Until one of them has answered, by an instruction that is recorded or by a word on the notice, the
dataset is not proposed again: who was asked shows every day in the list of what is chased.
Source: ``clock.md``, ruling 9; UK GDPR, article 28(3)(a).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from retention.domain.dataset import DatasetId
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.instruction import InstructionVerb, instructions_in
from retention.errors import DeliveryError
from retention.ports.courier import Courier, Letter
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.notify import address_for, document_of, notices
from retention.steps.otherwise import asked_stream, instructing
from retention.steps.registers import events_stream
from retention.views.asking_letter import asking_letter


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to parties, and whose mail servers took it; nobody has answered it yet."""

    record: Record
    accepted: frozenset[str]

    @property
    def dataset(self) -> str:
        """The dataset that it is about."""
        return self.record.text("dataset")


def open_asks(ledger: Ledger, evidence: Evidence) -> Iterator[Asked]:
    """Yield every question that nobody has answered, oldest first; it only looks."""
    answered = _answered(ledger, evidence)
    for record in ledger.of_kind(Entry.ASKED):
        if answered.get(record.text("dataset"), -1) > record.index:
            continue
        reference = record.text("agreement")
        if _instructed(record, ledger):
            continue
        accepted = frozenset(
            r.text("party")
            for r in ledger.stream(asked_stream(reference))
            if r.kind is Entry.ASK_ACCEPTED and r.number("entry") == record.index
        )
        yield Asked(record, accepted)


def ask_parties(
    ledger: Ledger, evidence: Evidence, library: Library, courier: Courier
) -> list[str]:
    """Send every open question to each party that may answer it and has not got it; return those.

    Safe to run again: a letter that was accepted is not sent twice.  Where a mail server does not
    answer the rest is still sent, and DeliveryError raised at the end.
    """
    sent: list[str] = []
    faults: list[DeliveryError] = []
    for asked in open_asks(ledger, evidence):
        for party in parties_of(asked.record, library):
            if party in asked.accepted:
                continue
            try:
                _send(asked.record, party, ledger, library, courier)
                sent.append(party)
            except DeliveryError as fault:
                faults.append(fault)
    if faults:
        raise faults[0]
    return sent


def parties_of(record: Record, library: Library) -> tuple[str, ...]:
    """Return who may instruct what *record* asks for."""
    agreement = library.agreement(record.text("agreement"), record.number("version"))
    kind = agreement.class_named(record.text("dataset").split("/")[1])
    dataset = DatasetId.parse(record.text("dataset"), kind.placeholders)
    return tuple(instructing(InstructionVerb(record.text("verb")), kind, dataset, agreement))


def _answered(ledger: Ledger, evidence: Evidence) -> dict[str, int]:
    """Return for each dataset the newest entry of a controller's word on a notice of it."""
    found: dict[str, int] = {}
    for notice in notices(ledger):
        for r in filter(_is_answer, ledger.stream(f"notice:{notice.id}")):
            only = str(r.facts.get("dataset", ""))
            for name in [only] if only else document_of(notice, evidence)["datasets"]:
                found[name] = max(found.get(name, -1), r.index)
    return found


def _is_answer(record: Record) -> bool:
    return record.kind is Entry.NOTICE_ANSWERED


def _instructed(asked: Record, ledger: Ledger) -> bool:
    dataset = asked.text("dataset")
    class_name = dataset.split("/")[1]
    found = instructions_in(ledger.stream(events_stream(asked.text("agreement"))))
    return any(each.entry > asked.index and each.concerns(class_name, dataset) for each in found)


def _send(asked: Record, party_id: str, ledger: Ledger, library: Library, courier: Courier) -> None:
    reference = asked.text("agreement")
    agreement = library.agreement(reference, asked.number("version"))
    facts = {name: asked.text(name) for name in ("dataset", "verb", "until", "to")}
    text = asking_letter(agreement, library.party(party_id), facts, library.engine())
    address = address_for(agreement, party_id, library)
    message = courier.send(Letter([address], text.subject, text.body))
    accepted: dict[str, Fact] = {
        "agreement": reference,
        "entry": asked.index,
        "party": party_id,
        "message": message,
    }
    ledger.append(Draft(asked_stream(reference), Entry.ASK_ACCEPTED, accepted))
