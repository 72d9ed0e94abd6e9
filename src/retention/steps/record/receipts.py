"""That a notice reached a controller, on the word of a person: handed over, or acknowledged.

A mail server that takes a letter says so itself; this is for what no server can say.
Source: ``clock.md``, ruling 15.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from retention.domain.agreement import Agreement, Silence
from retention.domain.calendar import london_day
from retention.domain.case import Case
from retention.domain.entry import Entry, Fact
from retention.domain.roles import Act, require
from retention.domain.words import long_day
from retention.errors import AgreementError, RefusedError
from retention.steps.cases import cases
from retention.steps.effects import datasets_of
from retention.steps.notify import Notice, document_of, received_on
from retention.steps.preview import touched
from retention.steps.record.answers import notice_named
from retention.steps.record.naming import guess
from retention.steps.record.planned import Bare, Planned, Recording, Why
from retention.steps.record.reviews import review_words
from retention.views.figures import count, listed
from retention.views.letters import period_words
from retention.views.preview import NOT_KNOWN, Change, Preview, Row


@dataclass(frozen=True, slots=True)
class _Seen:
    """A notice as it is and as it would be, and what follows from it."""

    before: Notice
    after: Notice
    controller: str
    agreement: Agreement
    document: Mapping[str, Sequence[str]]

    @property
    def missing(self) -> list[str]:
        """The controllers whom it would not have reached."""
        return sorted(set(self.document["controllers"]) - set(self.after.reached))

    def asked_from(self, notice: Notice, dataset: str) -> date | None:
        """Return the first day on which people can be asked about *dataset*."""
        return notice.ripe_on(self.agreement, self.document["controllers"], dataset)


def plan_receipt(
    notice_id: str, controller: str, on: date, *, why: Why, ports: Recording
) -> Planned:
    """Plan to attest that *controller* received a notice on the day *on*.

    The first day of each controller counts, whoever says so.  Raises AgreementError for an unknown
    notice or controller and for a day on which it could not be, and RefusedError while another
    attestation of the same stands.
    """
    require(Act.RECORD_ANSWER, why.by)
    stream = f"notice:{notice_id}"
    expect = {stream: len(ports.ledger.stream(stream))}
    notice = notice_named(notice_id, ports)
    document = document_of(notice, ports.evidence)
    if controller not in document["controllers"]:
        raise AgreementError(
            f"notice {notice.id} is to no controller of that name",
            hint=guess(controller, document["controllers"], "it is to nobody"),
        )
    _require_day(notice, on, ports.today)
    if (standing := notice.attested.get(controller)) is not None:
        raise RefusedError(
            f"it is attested already that {controller} received it, on "
            f"{long_day(received_on(standing))}",
            hint="if that day is wrong, take it back first: `retention instruction retract "
            f"{notice.id} --from {controller}`",
        )
    facts: dict[str, Fact] = {
        "notice": notice.id,
        "controller": controller,
        "on": on.isoformat(),
    }
    act = Bare(stream, Entry.NOTICE_RECEIVED, facts, why)
    supposed = replace(notice.record, kind=Entry.NOTICE_RECEIVED, facts=facts)
    after = replace(notice, attested={**notice.attested, controller: supposed})
    seen = _Seen(notice, after, controller, _agreement(notice, ports), document)
    preview = Preview(
        f"Attest that {controller} received notice {notice.id} of {seen.agreement.reference} on "
        f"{long_day(on)}.",
        tuple(_changes(seen, ports)),
        (*_first_day(seen), *_counts(seen)),
    )
    return Planned(preview, (act,), expect, result=notice.id)


def plan_receipt_retraction(
    notice_id: str, controller: str, *, why: Why, ports: Recording
) -> Planned:
    """Plan to take back what was attested of *controller* and a notice: as if never said.

    An approval of what people were then asked too early falls.  Raises AgreementError where
    nothing was attested of it, and RefusedError once a certificate names the notice.
    """
    require(Act.RECORD_ANSWER, why.by)
    stream = f"notice:{notice_id}"
    expect = {stream: len(ports.ledger.stream(stream))}
    notice = notice_named(notice_id, ports)
    if controller not in notice.attested:
        raise AgreementError(
            f"nothing is attested of notice {notice.id} and a controller of that name",
            hint=guess(controller, notice.attested, "a newer answer stands in place of an older"),
        )
    if any(case.certified for case in _cases_of(notice, ports)):
        raise RefusedError(
            "a certificate names it",
            hint="tell the data protection officer: a certificate is corrected, never edited",
        )
    standing = notice.attested[controller]
    facts: dict[str, Fact] = {
        "notice": notice.id,
        "controller": controller,
        "entry": standing.index,
    }
    act = Bare(stream, Entry.NOTICE_RECEIPT_RETRACTED, facts, why)
    rest = {each: r for each, r in notice.attested.items() if each != controller}
    document = document_of(notice, ports.evidence)
    after = replace(notice, attested=rest)
    seen = _Seen(notice, after, controller, _agreement(notice, ports), document)
    notes = list(_counts(seen))
    if controller not in after.reached:
        notes.append(f"It is sent to {controller} again, with the next run of advance.")
    if notice.reached != after.reached:
        notes += review_words(document["datasets"], ports)
    preview = Preview(
        f"Take back what {standing.text('by')} attested: that {controller} received notice "
        f"{notice.id} on {long_day(received_on(standing))}.",
        tuple(_changes(seen, ports)),
        tuple(notes),
    )
    return Planned(preview, (act,), expect, result=notice.id)


def _agreement(notice: Notice, ports: Recording) -> Agreement:
    return ports.library.agreement(notice.record.text("agreement"), notice.record.number("version"))


def _cases_of(notice: Notice, ports: Recording) -> Iterator[Case]:
    return (each for each in cases(ports.ledger) if each.proposed.text("notice") == notice.id)


def _require_day(notice: Notice, on: date, today: date) -> None:
    if on > today:
        raise AgreementError(
            "that day has not come", hint="give the day on which the controller had the notice"
        )
    written_on = london_day(notice.record.at)
    if on < written_on:
        raise AgreementError(
            f"notice {notice.id} was written on {long_day(written_on)}",
            hint="nobody had it before: look at the day, and at the number of the notice",
        )


def _changes(seen: _Seen, ports: Recording) -> Iterator[Change]:
    known = datasets_of(ports.catalogue, seen.agreement.reference)
    held = {str(dataset): holdings for dataset, holdings in known}
    who = f"{seen.controller} has the notice since"
    for name in seen.document["datasets"]:
        days = [
            (
                each.reached.get(seen.controller, NOT_KNOWN),
                seen.asked_from(each, name) or NOT_KNOWN,
            )
            for each in (seen.before, seen.after)
        ]
        rows = Row(who, days[0][0], days[1][0]), Row("people asked from", days[0][1], days[1][1])
        yield touched(name, held.get(name, ()), rows)


def _first_day(seen: _Seen) -> Iterator[str]:
    """Say what becomes of what its mail server said, or did not say."""
    accepted = seen.before.accepted.get(seen.controller)
    if accepted is None:
        yield (
            f"No mail server took it for {seen.controller}: it is not sent again, and reminders "
            "count from that day."
        )
    elif not seen.after.is_by_word(seen.controller):
        taken_on = long_day(london_day(accepted.at))
        yield f"Its mail server took it on {taken_on}; the first day counts: this moves none."


def _counts(seen: _Seen) -> Iterator[str]:
    """Say from when the notice period counts, and when people can be asked."""
    disposal = seen.agreement.disposal
    assert disposal is not None
    over_on = seen.after.over_on(seen.agreement, seen.document["controllers"])
    if over_on is None:
        yield (
            "The notice period does not count yet, and nobody is asked: it has not reached "
            f"{listed(seen.missing)}."
        )
        return
    last = max(seen.after.reached[each] for each in seen.document["controllers"])
    if over_on == last:
        yield f"No notice period is agreed: it is over on {long_day(over_on)}, when all have it."
    else:
        yield (
            f"The notice period of {period_words(disposal.notice)} counts from "
            f"{long_day(last + timedelta(days=1))}, the day after the last controller had it."
        )
    names = seen.document["datasets"]
    ripe = [name for name in names if seen.asked_from(seen.after, name) is not None]
    needs = (
        "every controller must answer proceed"
        if disposal.silence is Silence.WAIT
        else "what a controller objects to must be settled"
    )
    if ripe:
        yield f"People can be asked about {count(len(ripe), 'dataset')} from {long_day(over_on)}."
    if len(ripe) < len(names):
        rest = "about the others" if ripe else f"at all, from {long_day(over_on)} at the earliest"
        yield f"Before people are asked {rest}, {needs}."
