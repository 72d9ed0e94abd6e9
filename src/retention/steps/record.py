"""What people record: events that start clocks, holds that stop disposals, controllers' answers.

Each names who recorded it and the digest of the evidence that they brought.
"""

from collections.abc import Sequence
from datetime import date

from retention.domain.agreement import Agreement, Person
from retention.domain.dataset import DatasetId
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.hold import Ground
from retention.errors import AgreementError, NotAuthorisedError, RefusedError
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.steps.registers import HOLDS, events_stream

GROUNDS = tuple(each.value for each in Ground)
ANSWERS = ("proceed", "object", "extend", "return-instead", "hold")


def record_event(
    agreement: Agreement,
    name: str,
    value: str,
    on: date,
    *,
    by: Person,
    content: bytes,
    ledger: Ledger,
    evidence: Evidence,
) -> Record:
    """Record that a declared event happened *on* a day, with the evidence *content*.

    Raises AgreementError for an event that the agreement does not declare, NotAuthorisedError if
    *by* has none of the roles that may record it, RefusedError without evidence.
    """
    declared = next((each for each in agreement.events if each.name == name), None)
    if declared is None:
        known = ", ".join(each.name for each in agreement.events) or "none"
        raise AgreementError(
            f"{agreement.reference} declares no event {name!r}", hint=f"it declares: {known}"
        )
    _require_role(by, declared.recorded_by)
    if (declared.per == "agreement") != (value == ""):
        raise AgreementError(
            f"the event {name} is per {declared.per}", hint=f"name one {declared.per}, or none"
        )
    facts: dict[str, Fact] = {
        "agreement": agreement.reference,
        "event": name,
        "value": value,
        "on": on.isoformat(),
        "by": by.id,
        "evidence": _evidence(content, evidence),
        "reason": "",
    }
    return ledger.append(Draft(events_stream(agreement.reference), Entry.EVENT, facts))


def place_hold(
    agreement: Agreement,
    class_name: str,
    dataset: str,
    *,
    ground: str,
    by: Person,
    content: bytes,
    ledger: Ledger,
    evidence: Evidence,
) -> str:
    """Place a hold and return its id; an empty class or dataset means all of the agreement.

    Raises AgreementError for a ground, class or dataset that is none: such a hold would hold
    nothing.
    """
    if ground not in GROUNDS:
        raise AgreementError(f"{ground!r} is no ground of a hold", hint=f"use {', '.join(GROUNDS)}")
    _require_scope(agreement, class_name, dataset)
    digest = _evidence(content, evidence)
    number = len(ledger.stream(HOLDS))
    hold = f"H-{number + 1:04d}"
    facts: dict[str, Fact] = {
        "hold": hold,
        "ground": ground,
        "agreement": agreement.reference,
        "class": class_name,
        "dataset": dataset,
        "controller": "",
        "nation": "",
        "covers_from": "",
        "covers_through": "",
        "received_on": "",
        "answer_to": "",
        "by": by.id,
        "evidence": digest,
        "reason": "",
    }
    ledger.append(Draft(HOLDS, Entry.HOLD_PLACED, facts), expect=number)
    return hold


def _require_scope(agreement: Agreement, class_name: str, dataset: str) -> None:
    names = {each.name: each.placeholders for each in agreement.classes}
    if class_name and class_name not in names:
        raise AgreementError(
            f"{agreement.reference} has no class {class_name!r}", hint=f"it has: {', '.join(names)}"
        )
    if not dataset:
        return
    parts = dataset.split("/")
    try:
        DatasetId.parse(dataset, names[parts[1]])
    except (IndexError, KeyError, ValueError):
        parts = [""]
    if parts[0] != agreement.reference or (class_name and parts[1] != class_name):
        raise AgreementError(
            "that is no id of a dataset in this scope", hint="copy one from `retention due`"
        )


def record_answer(
    notice: str,
    controller: str,
    answer: str,
    *,
    by: Person,
    content: bytes,
    ledger: Ledger,
    evidence: Evidence,
) -> Record:
    """Record what one controller answered to a notice, with the letter it stands in.

    Raises AgreementError for an unknown notice, controller or answer.
    """
    records = ledger.stream(f"notice:{notice}")
    told = {r.text("controller") for r in records if r.kind is Entry.NOTICE_ACCEPTED}
    if controller not in told:
        raise AgreementError(
            f"no notice {notice} reached {controller or 'nobody'}",
            hint="retention status lists the open notices and whom they reached",
        )
    if answer not in ANSWERS:
        raise AgreementError(f"{answer!r} is no answer", hint=f"use {', '.join(ANSWERS)}")
    facts: dict[str, Fact] = {
        "notice": notice,
        "controller": controller,
        "answer": answer,
        "by": by.id,
        "evidence": _evidence(content, evidence),
        "reason": "",
    }
    return ledger.append(Draft(f"notice:{notice}", Entry.NOTICE_ANSWERED, facts))


def record_agreement(agreement: Agreement, *, ledger: Ledger) -> None:
    """Write the digest of a version that is in force; refuse one that was edited since.

    Safe to run again: a version is written once.
    Raises RefusedError if the file of this version has another digest than when it came into force.
    """
    stream = events_stream(agreement.reference)
    for r in ledger.stream(stream):
        if r.kind is Entry.AGREEMENT and r.number("version") == agreement.version:
            if r.text("digest") != agreement.digest:
                raise RefusedError(
                    f"{agreement.reference} v{agreement.version} was edited while in force",
                    hint="restore the file, and write the change as a new version",
                )
            return
    facts: dict[str, Fact] = {
        "agreement": agreement.reference,
        "version": agreement.version,
        "digest": agreement.digest,
    }
    ledger.append(Draft(stream, Entry.AGREEMENT, facts))


def _require_role(person: Person, roles: Sequence[str]) -> None:
    if not set(person.roles) & set(roles):
        raise NotAuthorisedError(
            f"{person.id} may not record this", hint=f"it takes one of: {', '.join(roles)}"
        )


def _evidence(content: bytes, evidence: Evidence) -> str:
    if not content.strip():
        raise RefusedError("nothing was brought as evidence", hint="name a file that shows it")
    return evidence.keep(content)
