"""Tell every controller what falls due, before anyone is asked to decide.

A notice binds (dataset, clause, action) and stands unless a dataset is added.  Its clock starts
the day after it reached the last controller: by its mail server, or as a person attests.
Source: ``clock.md``, ruling 15; UK GDPR, article 28(3)(a) and (g).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

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
from retention.steps.approvers import can_be_decided
from retention.steps.classify import Dated
from retention.steps.moves import move, state_of
from retention.views.letters import notice_letter
from retention.views.notice_list import notice_csv

_Group = tuple[str, int, str, tuple[str, ...], tuple[str, ...]]
_ID_DIGITS = 12
PROCEED: Final = "proceed"
BEFORE_NOTICE: Final = frozenset({State.REVIEW_OPEN, State.DUE})
_TOLD: Final = frozenset(
    {State.NOTIFIED, State.PROPOSED, State.IN_REVIEW, State.APPROVED, State.COOLING_OFF}
)


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice as the ledger has it: whom it reached, and what they answered last.

    *accepted* is what mail servers said, *attested* what people did, by controller.  *answers* are
    on all of it, by controller; *on_dataset* those on one dataset of it alone, by controller and
    dataset, as far as no later answer was on all of it.
    """

    id: str
    record: Record
    accepted: dict[str, Record]
    answers: dict[str, str]
    on_dataset: Mapping[tuple[str, str], str] = field(default_factory=dict)
    attested: Mapping[str, Record] = field(default_factory=dict)

    @property
    def reached(self) -> dict[str, date]:
        """The first day on which each controller had it, whoever says so."""
        days = {each: london_day(r.at) for each, r in self.accepted.items()}
        for each, r in self.attested.items():
            on = received_on(r)
            days[each] = min(on, days.get(each, on))
        return days

    def is_by_word(self, controller: str) -> bool:
        """Tell whether the day on which it reached *controller* is one that a person attests."""
        if controller not in self.attested or controller not in self.accepted:
            return controller in self.attested
        return received_on(self.attested[controller]) < london_day(self.accepted[controller].at)

    def answer_of(self, controller: str, dataset: str) -> str:
        """Return the last word of *controller* on *dataset*; "" if there is none."""
        return self.on_dataset.get((controller, dataset)) or self.answers.get(controller, "")

    def answers_on(self, dataset: str) -> dict[str, str]:
        """Return the last word on *dataset* of every controller who said one."""
        spoke = {*self.answers, *(c for c, name in self.on_dataset if name == dataset)}
        return {each: self.answer_of(each, dataset) for each in sorted(spoke)}

    def has_answered(self, controller: str, datasets: Iterable[str]) -> bool:
        """Tell whether *controller* said something on every one of *datasets*."""
        return all(self.answer_of(controller, each) for each in datasets)

    def over_on(self, agreement: Agreement, controllers: Sequence[str]) -> date | None:
        """Return the first day after it, or None while it has not reached every controller."""
        assert agreement.disposal is not None
        return notice_over_on(controllers, self.reached, agreement.disposal.notice)

    def ripe_on(
        self, agreement: Agreement, controllers: Sequence[str], dataset: str = ""
    ) -> date | None:
        """Return the first day on which people may be asked about *dataset*.

        None while nobody can tell: somebody has not got the notice, objects, or has not answered
        where the agreement waits for an answer.
        """
        assert agreement.disposal is not None
        over_on = self.over_on(agreement, controllers)
        said = [self.answer_of(each, dataset) for each in controllers]
        if any(word not in {"", PROCEED} for word in said):
            return None  # one objection blocks for all
        if agreement.disposal.silence is Silence.WAIT and not all(said):
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

    Where nobody could decide in the end no controller is told of anything: ``unstaffed`` says so,
    every day, to whom the agreement names.

    No letter is sent any more about what is over, or what a newer notice is about.
    Safe to run again: a notice is written once, and sent once to each controller; where a mail
    server does not answer, the rest is still sent and DeliveryError raised at the end.
    """
    told = {key for notice in notices(ledger) for key in _bound(notice, evidence)}
    for group, members in groups_of(dated, BEFORE_NOTICE).items():
        if not can_be_decided(members, ledger, library):
            continue
        if any(_key(each) not in told for each in members):
            _write(group, members, ledger, evidence)
        for each in members:
            held = [hold.id for hold in each.assessment.holds]
            move(ledger, str(each.assessment.dataset), Event.NOTIFY, held=held)
    faults: list[DeliveryError] = []
    sent = []
    for notice in _still_told(ledger, evidence):
        try:
            sent += _send(notice, library, courier, ledger, evidence)
        except DeliveryError as error:
            faults.append(error)
    if faults:
        raise faults[0]
    return sent


def _still_told(ledger: Ledger, evidence: Evidence) -> list[Notice]:
    """Return the notices of which something still waits: the rest is over, or told of anew."""
    told = [(notice, document_of(notice, evidence)["datasets"]) for notice in notices(ledger)]
    newest = {name: notice.id for notice, names in told for name in names}
    return [
        notice
        for notice, names in told
        if any(newest[n] == notice.id and state_of(ledger, n) in _TOLD for n in names)
    ]


def notices(ledger: Ledger) -> Iterator[Notice]:
    """Yield every notice with what became of it."""
    for record in ledger.of_kind(Entry.NOTICE):
        yield _read(record, ledger.stream(record.stream))


def _read(record: Record, stream: Sequence[Record]) -> Notice:
    accepted: dict[str, Record] = {}
    attested: dict[str, Record] = {}
    answers: dict[str, str] = {}
    on_dataset: dict[tuple[str, str], str] = {}
    wrong = {r.number("entry") for r in stream if r.kind is Entry.NOTICE_RECEIPT_RETRACTED}
    for r in stream:
        if r.kind is Entry.NOTICE_ACCEPTED:
            accepted.setdefault(r.text("controller"), r)  # the first of each counts
        elif r.kind is Entry.NOTICE_RECEIVED and r.index not in wrong:
            known = attested.setdefault(r.text("controller"), r)
            attested[r.text("controller")] = min(known, r, key=received_on)
        elif r.kind is Entry.NOTICE_ANSWERED:
            _take_answer(r, answers, on_dataset)
    return Notice(record.text("notice"), record, accepted, answers, on_dataset, attested)


def received_on(attested: Record) -> date:
    """Return the day on which, as a person attests, a controller received a notice."""
    return date.fromisoformat(attested.text("on"))


def _take_answer(
    r: Record, answers: dict[str, str], on_dataset: dict[tuple[str, str], str]
) -> None:
    """Take an answer: one on the whole notice stands in place of all that came before it."""
    controller, dataset = r.text("controller"), str(r.facts.get("dataset", ""))
    if dataset:
        on_dataset[controller, dataset] = r.text("answer")
        return
    answers[controller] = r.text("answer")
    for key in [each for each in on_dataset if each[0] == controller]:
        del on_dataset[key]


def last_words(ledger: Ledger, evidence: Evidence, only: str = "") -> dict[str, dict[str, str]]:
    """Return, by dataset, the last word of every controller on it, to whichever notice.

    What was said to an earlier notice stands until the same controller says another word.
    *only* is a dataset: then no other is looked at.
    """
    spoken: list[tuple[Record, list[str]]] = []
    for notice in notices(ledger):
        names = document_of(notice, evidence)["datasets"]
        for r in ledger.stream(f"notice:{notice.id}"):
            if r.kind is Entry.NOTICE_ANSWERED:
                said = str(r.facts.get("dataset", ""))
                spoken.append((r, [said] if said else names))
    found: dict[str, dict[str, str]] = {}
    for r, names in sorted(spoken, key=lambda each: each[0].index):
        for name in names if not only else {only} & set(names):
            found.setdefault(name, {})[r.text("controller")] = r.text("answer")
    return found


def objections_in(words: Mapping[str, str]) -> dict[str, str]:
    """Return, of the last words of controllers, those that are not a yes."""
    return {controller: word for controller, word in words.items() if word != PROCEED}


def document_of(notice: Notice, evidence: Evidence) -> dict[str, list[str]]:
    """Return what a notice lists: ``datasets`` and ``controllers``."""
    document: dict[str, list[str]] = json.loads(evidence.read(notice.record.text("document")))
    return document


def lines_of(notice: Notice, evidence: Evidence) -> list[dict[str, Any]]:
    """Return what a notice says of each of its datasets."""
    lines: list[dict[str, Any]] = json.loads(evidence.read(notice.record.text("document")))["lines"]
    return lines


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


def groups_of(dated: Iterable[Dated], states: Collection[State]) -> dict[_Group, list[Dated]]:
    """Group what is eligible in these *states*: one agreement, action, controllers, approvers."""
    groups: dict[_Group, list[Dated]] = defaultdict(list)
    for each in dated:
        if each.state not in states or not each.assessment.eligible or each.kind.then is None:
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
    live = [h for h in each.holdings if h.kind != "backup"]
    return {
        "bytes": sum(h.size_bytes for h in live),
        "class": each.kind.name,
        "clause": each.kind.clause,
        "dataset": str(each.assessment.dataset),
        "describes": each.kind.describes,
        "destroy_by": None if days.destroy_by is None else days.destroy_by.isoformat(),
        "due_on": None if days.due_on is None else days.due_on.isoformat(),
        "versions": sum(h.versions + h.markers + h.uploads for h in live),
        "working": list(each.assessment.working),
    }


def _send(
    notice: Notice, library: Library, courier: Courier, ledger: Ledger, evidence: Evidence
) -> list[str]:
    agreement = library.agreement(notice.record.text("agreement"), notice.record.number("version"))
    if agreement.our_role is OurRole.CONTROLLER:
        return []  # nobody else to tell: the approvers decide
    document = json.loads(evidence.read(notice.record.text("document")))
    lines, faults = document["lines"], list[DeliveryError]()
    sent = []
    for controller in document["controllers"]:
        if controller in notice.reached:
            continue
        try:
            message = courier.send(_letter(notice, agreement, controller, lines, library))
        except DeliveryError as fault:  # the others are told all the same
            faults.append(fault)
            continue
        facts: dict[str, Fact] = {"notice": notice.id, "controller": controller, "message": message}
        ledger.append(Draft(f"notice:{notice.id}", Entry.NOTICE_ACCEPTED, facts))
        sent.append(controller)
    if faults:
        raise faults[0]
    return sent


def _letter(
    notice: Notice,
    agreement: Agreement,
    controller: str,
    lines: Sequence[Mapping[str, Any]],
    library: Library,
) -> Letter:
    address, party = address_for(agreement, controller, library), library.party(controller)
    text = notice_letter(notice.id, agreement, party, lines, library.engine())
    attached = {(f"notice-{notice.id}.csv", "text/csv"): notice_csv(lines).encode()}
    return Letter([address], text.subject, text.body, attached)


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
