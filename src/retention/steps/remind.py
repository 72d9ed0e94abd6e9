"""Remind, escalate, and tell each person once a day what awaits them; inaction never approves."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from retention.domain.entry import Draft, Entry, Fact
from retention.domain.reminding import reminder_due
from retention.domain.roles import MANAGER
from retention.errors import DeliveryError
from retention.ports.courier import Letter
from retention.steps.awaiting import awaiting_lists
from retention.steps.chase import Owed, Owes, chase_stream, live_notices, owed
from retention.steps.classify import Dated
from retention.steps.digest import parts_by_person
from retention.steps.notify import address_for, lines_of
from retention.steps.telling import Telling, note_told, tell_approvers, to_decide, told_stream
from retention.views.mails import digest_mail, escalation_mail, review_mail
from retention.views.notice_list import notice_csv
from retention.views.reminder_letter import Told, reminder_letter

DIGEST = "digest"
_KINDS = {Owes.DECISION: "proposal", Owes.ACKNOWLEDGEMENT: "certificate"}  # else a notice


def remind(ports: Telling, dated: Sequence[Dated]) -> list[str]:
    """Send what is due today: first tellings, reminders, escalations, and one mail to each person.

    Return the ids of those who got that mail.  *dated* are all datasets, as they stand.
    Safe to run again: each letter is on the ledger, and is sent once; where a mail server does not
    answer the rest is still sent, and DeliveryError raised at the end.
    """
    faults: list[DeliveryError] = []
    told: list[str] = []
    for act in (tell_approvers, _remind_all, _escalate):
        try:
            act(ports)
        except DeliveryError as fault:
            faults.append(fault)
    for person, parts in parts_by_person(ports, dated):
        stream = told_stream(ports.today.isoformat())
        if any(r.text("person") == person.id for r in ports.ledger.stream(stream)):
            continue
        try:
            message = ports.send(person, digest_mail(parts, ports.library.engine()))
        except DeliveryError as fault:
            faults.append(fault)
            continue
        note_told(ports.ledger, stream, DIGEST, person.id, message)
        told.append(person.id)
    if faults:
        raise faults[0]
    return told


def _remind_all(ports: Telling) -> None:
    """Send the reminder that is due to everybody who owes an answer; DeliveryError at the end."""
    faults: list[DeliveryError] = []
    for each in _owed(ports):
        nth = reminder_due(each.since, each.periods, each.reminded, ports.today)
        if not nth or not each.is_reminded:
            continue
        try:
            message = _remind_one(each, nth, ports)
        except DeliveryError as fault:
            faults.append(fault)
            continue
        if message:
            facts: dict[str, Fact] = {
                "about": _about(each),
                "whom": each.key,
                "nth": nth,
                "message": message,
            }
            ports.ledger.append(Draft(chase_stream(each.about), Entry.REMINDED, facts))
    if faults:
        raise faults[0]


def _remind_one(each: Owed, nth: int, ports: Telling) -> str:
    """Send one reminder; return the digest of the (last) message, "" if nobody has an address."""
    return (
        _remind_controller(each, nth, ports)
        if each.what is Owes.ANSWER
        else (_remind_approvers(each, nth, ports))
    )


def _remind_controller(each: Owed, nth: int, ports: Telling) -> str:
    found = live_notices(ports.ledger, ports.evidence, ports.library)
    notice, agreement, names, _ = next(f for f in found if f[0].id == each.about)
    engine, library = ports.library.engine(), ports.library
    silent = [name for name in names if not notice.answer_of(each.whom, name)]
    told = Told(len(silent), notice.reached[each.whom], by_word=notice.is_by_word(each.whom))
    text = reminder_letter(notice.id, agreement, library.party(each.whom), told, nth, engine)
    waiting = [line for line in lines_of(notice, ports.evidence) if line["dataset"] in silent]
    attached = {(f"notice-{notice.id}.csv", "text/csv"): notice_csv(waiting).encode()}
    address = address_for(agreement, each.whom, library)
    return ports.courier.send(Letter([address], text.subject, text.body, attached))


def _remind_approvers(each: Owed, nth: int, ports: Telling) -> str:
    message = ""
    for awaiting in awaiting_lists(ports.ledger, ports.evidence):
        if awaiting.case.proposal != each.about:
            continue
        for person, shown in to_decide(awaiting, ports):
            if person.email:
                text = review_mail(shown, ports.address, ports.library.engine(), nth=nth)
                message = ports.send(person, text)
    return message


def _escalate(ports: Telling) -> None:
    """Tell whom each agreement names of what no reminder helped, in one mail to each of them."""
    late: dict[str, list[Owed]] = defaultdict(list)
    for each in _owed(ports):
        if each.is_late(ports.today):
            late[each.escalate_to].append(each)
    for name, found in sorted(late.items()):
        lines = [each.told(ports.today) for each in found]
        text = escalation_mail(lines, ports.library.engine())
        message = ""
        for person in ports.known_as(name):
            message = ports.send(person, text)
        for each in found if message else ():
            facts: dict[str, Fact] = {
                "about": _about(each),
                "whom": each.key,
                "to": name or MANAGER,
                "message": message,
            }
            ports.ledger.append(Draft(chase_stream(each.about), Entry.ESCALATED, facts))


def _owed(ports: Telling) -> Iterator[Owed]:
    yield from owed(ports.ledger, ports.evidence, ports.library, ports.today)


def _about(each: Owed) -> str:
    kind = _KINDS.get(each.what, "notice")
    return f"{kind}:{each.about.removeprefix('sha256:')}"
