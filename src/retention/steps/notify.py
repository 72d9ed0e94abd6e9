"""Tell every controller what falls due, before anyone is asked to decide.

A notice binds (dataset, clause, action) and stands unless a dataset is added.  Its clock starts
the day after the last controller's mail server accepted it.
Source: ``clock.md``, ruling 15; UK GDPR, article 28(3)(a) and (g).
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from retention.domain.agreement import Agreement, OurRole, Route, Silence
from retention.domain.approval import notice_over_on
from retention.domain.calendar import london_day
from retention.domain.canonical import Json, canonical, sha256
from retention.domain.disposition import Event, State
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.errors import DeliveryError
from retention.ports.courier import Courier, Letter
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.classify import Dated
from retention.steps.moves import move
from retention.views.letters import notice_letter

_Group = tuple[str, int, str, tuple[str, ...], tuple[str, ...]]
_ID_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice as the ledger has it: whom it reached, and what they answered last."""

    id: str
    record: Record
    accepted: dict[str, Record]
    answers: dict[str, str]

    def ripe_on(self, agreement: Agreement, controllers: Sequence[str]) -> date | None:
        """Return the first day on which people may be asked, or None while nobody can tell."""
        assert agreement.disposal is not None
        days = {each: london_day(r.at) for each, r in self.accepted.items()}
        over_on = notice_over_on(controllers, days, agreement.disposal.notice)
        answered = {c for c in controllers if self.answers.get(c) == "proceed"}
        if any(self.answers.get(c, "proceed") != "proceed" for c in controllers):
            return None  # one objection blocks for all
        if agreement.disposal.silence is Silence.WAIT and answered != set(controllers):
            return None
        return over_on


def notify(
    dated: Sequence[Dated],
    *,
    library: Library,
    courier: Courier,
    ledger: Ledger,
    evidence: Evidence,
) -> list[str]:
    """Write a notice for what became eligible, and send every notice to whom it has not reached.

    Safe to run again: a notice is written once, and sent once to each controller; where a mail
    server does not answer, the rest is still sent and DeliveryError raised at the end.
    """
    told = {key for notice in notices(ledger) for key in _bound(notice, evidence)}
    for group, members in _groups(dated).items():
        if any(_key(each) not in told for each in members):
            _write(group, members, ledger, evidence)
        for each in members:
            held = [hold.id for hold in each.assessment.holds]
            move(ledger, str(each.assessment.dataset), Event.NOTIFY, held=held)
    faults: list[DeliveryError] = []
    sent = []
    for notice in notices(ledger):
        try:
            sent += _send(notice, library, courier, ledger, evidence)
        except DeliveryError as error:
            faults.append(error)
    if faults:
        raise faults[0]
    return sent


def notices(ledger: Ledger) -> Iterator[Notice]:
    """Yield every notice with what became of it."""
    for record in ledger.of_kind(Entry.NOTICE):
        stream = ledger.stream(record.stream)
        accepted: dict[str, Record] = {}
        for r in stream:
            if r.kind is Entry.NOTICE_ACCEPTED:
                accepted.setdefault(r.text("controller"), r)  # the first of each counts
        answers = {
            r.text("controller"): r.text("answer")
            for r in stream
            if r.kind is Entry.NOTICE_ANSWERED
        }
        yield Notice(record.text("notice"), record, accepted, answers)


def document_of(notice: Notice, evidence: Evidence) -> dict[str, list[str]]:
    """Return what a notice lists: ``datasets`` and ``controllers``."""
    document: dict[str, list[str]] = json.loads(evidence.read(notice.record.text("document")))
    return document


_Key = tuple[str, str, str, int]  # dataset, clause, action, agreement version


def _bound(notice: Notice, evidence: Evidence) -> Iterator[_Key]:
    """Yield what a notice binds: it stands after a lapse, and for a run that was cut off."""
    document = json.loads(evidence.read(notice.record.text("document")))
    for line in document["lines"]:
        yield line["dataset"], line["clause"], document["action"], document["version"]


def _key(each: Dated) -> _Key:
    assert each.kind.then is not None
    dataset = str(each.assessment.dataset)
    return dataset, each.kind.clause, each.kind.then.value, each.agreement.version


def _groups(dated: Sequence[Dated]) -> dict[_Group, list[Dated]]:
    """Group what is eligible and not yet told: one agreement, action, controllers, approvers."""
    groups: dict[_Group, list[Dated]] = defaultdict(list)
    for each in dated:
        told = each.state not in {State.REVIEW_OPEN, State.DUE}
        if told or not each.assessment.eligible or each.kind.then is None:
            continue
        if each.agreement.disposal is None or each.kind.then.value != "destroy":
            continue  # the other actions have flows of their own
        dataset = each.assessment.dataset
        controllers = each.kind.controllers_of(dataset.values) or each.agreement.controllers
        approvers = each.kind.approved_by or each.agreement.disposal.approved_by
        key = (
            each.agreement.reference,
            each.agreement.version,
            each.kind.then.value,
            tuple(sorted(controllers)),
            approvers,
        )
        groups[key].append(each)
    return groups


def _write(group: _Group, members: Sequence[Dated], ledger: Ledger, evidence: Evidence) -> None:
    reference, version, action, controllers, approvers = group
    ordered = sorted(members, key=lambda each: str(each.assessment.dataset))
    lines: list[Json] = [_line(each) for each in ordered]
    document = canonical(
        {
            "action": action,
            "agreement": reference,
            "approved_by": list(approvers),
            "controllers": list(controllers),
            "datasets": [str(each.assessment.dataset) for each in ordered],
            "lines": lines,
            "version": version,
        }
    )
    notice = sha256(document).removeprefix("sha256:")[:_ID_DIGITS]
    stream = f"notice:{notice}"
    if not ledger.stream(stream):
        facts: dict[str, Fact] = {
            "notice": notice,
            "agreement": reference,
            "version": version,
            "action": action,
            "document": evidence.keep(document),
            "datasets": len(ordered),
        }
        ledger.append(Draft(stream, Entry.NOTICE, facts), expect=0)


def _line(each: Dated) -> dict[str, Json]:
    days = each.assessment.days
    assert days is not None
    return {
        "class": each.kind.name,
        "clause": each.kind.clause,
        "dataset": str(each.assessment.dataset),
        "describes": each.kind.describes,
        "destroy_by": None if days.destroy_by is None else days.destroy_by.isoformat(),
        "due_on": None if days.due_on is None else days.due_on.isoformat(),
        "working": list(each.assessment.working),
    }


def _send(
    notice: Notice, library: Library, courier: Courier, ledger: Ledger, evidence: Evidence
) -> list[str]:
    agreement = library.agreement(notice.record.text("agreement"), notice.record.number("version"))
    if agreement.our_role is OurRole.CONTROLLER:
        return []  # nobody else to tell: the approvers decide
    document = json.loads(evidence.read(notice.record.text("document")))
    sent = []
    for controller in document["controllers"]:
        if controller in notice.accepted:
            continue
        address = address_for(agreement, controller, library)
        party = library.party(controller)
        text = notice_letter(notice.id, agreement, party, document["lines"], library.engine())
        message = courier.send(Letter([address], text.subject, text.body))
        facts: dict[str, Fact] = {"notice": notice.id, "controller": controller, "message": message}
        ledger.append(Draft(f"notice:{notice.id}", Entry.NOTICE_ACCEPTED, facts))
        sent.append(controller)
    return sent


def address_for(agreement: Agreement, controller: str, library: Library) -> str:
    """Return where to write to *controller*: itself, or the last processor before us.

    Raises DeliveryError if nobody gave an address.
    """
    via = agreement.through[-1] if agreement.through else controller
    party = library.party(via if agreement.route is Route.THROUGH_CHAIN else controller)
    if not party.email:
        raise DeliveryError(
            f"party {party.id} has no address", hint="write its email in parties.toml"
        )
    return party.email
