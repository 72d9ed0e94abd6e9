"""Who owes what, since when: controllers, approvers, and those who were asked to instruct.

It only looks.  What is over, superseded or answered is owed by nobody.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from retention.domain.agreement import Agreement, OurRole
from retention.domain.calendar import london_day
from retention.domain.clock import Period
from retention.domain.disposition import State
from retention.domain.entry import Entry
from retention.domain.reminding import Reminded, escalation_due
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.acknowledged import acknowledgements
from retention.steps.asking import open_asks, parties_of
from retention.steps.awaiting import awaiting_lists
from retention.steps.cases import cases
from retention.steps.moves import state_of
from retention.steps.notify import Notice, document_of, last_words, notices, objections_in
from retention.views import figures


class Owes(StrEnum):
    """What somebody owes; the value is how a list says it."""

    ANSWER = "an answer to the notice"
    RECEIPT = "the notice: no mail server took it"  # owed by us, and not to be got without them
    DECISION = "a decision on the list"
    INSTRUCTION = "an answer to what approvers ask for"
    ACKNOWLEDGEMENT = "an acknowledgement of the certificate"


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing that one party or role owes.

    *about* is the number of a notice or certificate, a proposal's digest, or a dataset; *name* is
    what people call it; *by* is the day on which the agreement wants it, if it says one.
    """

    what: Owes
    whom: str
    about: str
    name: str
    agreement: Agreement
    since: date
    datasets: int
    by: date | None = None
    place: str = ""  # by which the ledger tells it from others of the same party or role
    reminded: Reminded = field(default_factory=Reminded)

    @property
    def key(self) -> str:
        """Whom the ledger names in its reminders."""
        return self.place or self.whom

    def told(self, today: date) -> str:
        """Return it as one line of a mail or a list: in ids, counts and days."""
        days = figures.count((today - self.since).days, "day")
        sent = (
            f"; {figures.count(self.reminded.times, 'reminder')} sent" if self.is_reminded else ""
        )
        name = f"{self.agreement.reference}, {self.name}"
        return f"{name}: {self.whom}, {self.what}; for {days}{sent}"

    @property
    def is_reminded(self) -> bool:
        """Whether reminders are sent of it."""
        return self.what in {Owes.ANSWER, Owes.DECISION}

    def is_late(self, today: date) -> bool:
        """Tell whether others are to be told of it on *today*, and were not yet."""
        disposal = self.agreement.disposal
        if self.what is Owes.RECEIPT:
            return self.reminded.escalated_on is None and today > self.since
        if self.what is Owes.ACKNOWLEDGEMENT:
            is_over = self.by is not None and today > self.by
            return self.reminded.escalated_on is None and is_over
        if not self.is_reminded or disposal is None:
            return False
        otherwise = disposal.notice if self.what is Owes.ANSWER else disposal.approval_lapses
        return escalation_due(self.since, self.periods, otherwise, self.reminded, today)

    def is_escalated(self, today: date) -> bool:
        """Tell whether others were told of it, or would have been if they had an address."""
        return self.reminded.escalated_on is not None or self.is_late(today)

    @property
    def escalate_to(self) -> str:
        """The role or person who is told when reminders did not help; "" if none is named."""
        return "" if self.agreement.disposal is None else self.agreement.disposal.escalate_to

    @property
    def periods(self) -> tuple[Period, ...]:
        """When reminders are due, from the first asking."""
        return () if self.agreement.disposal is None else self.agreement.disposal.reminders


def chase_stream(about: str) -> str:
    """Return the stream of reminders: apart from what a disposal depends on."""
    return f"chase:{about.removeprefix('sha256:')}"


def owed(ledger: Ledger, evidence: Evidence, library: Library, today: date) -> list[Owed]:
    """Return all that is owed on the day *today*, the longest first."""
    found = [
        *_by_controllers(ledger, evidence, library),
        *_by_approvers(ledger, evidence, library, today),
        *_instructions(ledger, evidence, library),
        *_acknowledgements(ledger, library),
    ]
    return sorted(found, key=lambda each: (each.since, each.what, each.whom, each.about))


def live_notices(
    ledger: Ledger, evidence: Evidence, library: Library
) -> Iterator[tuple[Notice, Agreement, list[str], Sequence[str]]]:
    """Yield every notice of which something still waits: with its datasets, and its controllers.

    Only the newest notice that names a dataset counts, and only until people are asked.
    """
    told = [(notice, document_of(notice, evidence)) for notice in notices(ledger)]
    newest = {name: notice.id for notice, document in told for name in document["datasets"]}
    for notice, document in told:
        agreement = library.agreement(
            notice.record.text("agreement"), notice.record.number("version")
        )
        names = [
            name
            for name in document["datasets"]
            if newest[name] == notice.id and state_of(ledger, name) is State.NOTIFIED
        ]
        if names and agreement.our_role is not OurRole.CONTROLLER:
            yield notice, agreement, names, document["controllers"]


def differing(ledger: Ledger, evidence: Evidence, library: Library) -> Iterator[tuple[str, str]]:
    """Yield each live notice that somebody answered with other than a yes, and who said what.

    One such answer blocks its datasets for all, and conflicting answers are for people to settle.
    """
    last = last_words(ledger, evidence)
    for notice, agreement, names, _ in live_notices(ledger, evidence, library):
        said = Counter(
            tuple(sorted(last[name].items())) for name in names if objections_in(last.get(name, {}))
        )
        for words, number in said.items():
            told = ", ".join(f"{controller} said {word}" for controller, word in words)
            what = figures.count(number, "dataset")
            yield notice.id, f"{agreement.reference}, notice {notice.id}: {told} ({what})"


def _by_controllers(ledger: Ledger, evidence: Evidence, library: Library) -> Iterator[Owed]:
    for notice, agreement, names, controllers in live_notices(ledger, evidence, library):
        assert agreement.disposal is not None
        for controller in controllers:
            reached = notice.reached.get(controller)
            if reached is not None and notice.has_answered(controller, names):
                continue
            since = reached or london_day(notice.record.at)
            place = controller if reached else f"{controller}#not-reached"
            yield Owed(
                Owes.RECEIPT if reached is None else Owes.ANSWER,
                controller,
                notice.id,
                f"notice {notice.id}",
                agreement,
                since,
                len(names),
                by=None if reached is None else agreement.disposal.notice.after(since),
                place=place,
                reminded=_reminded(ledger, notice.id, place),
            )


def _by_approvers(
    ledger: Ledger, evidence: Evidence, library: Library, today: date
) -> Iterator[Owed]:
    for each in awaiting_lists(ledger, evidence):
        proposal, digest = each.proposal, each.case.proposal
        agreement = library.agreement(proposal.agreement, proposal.version)
        who = each.may_answer(ledger, library, today)
        yield Owed(
            Owes.DECISION,
            f"{each.step} ({', '.join(who) or 'nobody who may'})",
            digest,
            f"list {proposal.mark}",
            agreement,
            each.since,
            len(proposal.items),
            place=each.place,
            reminded=_reminded(ledger, digest, each.place),
        )


def _instructions(ledger: Ledger, evidence: Evidence, library: Library) -> Iterator[Owed]:
    for asked in open_asks(ledger, evidence):
        record = asked.record
        agreement = library.agreement(record.text("agreement"), record.number("version"))
        for party in parties_of(record, library):
            since, verb = london_day(record.at), record.text("verb")
            name = f"{asked.dataset}: may we {verb}"
            yield Owed(Owes.INSTRUCTION, party, asked.dataset, name, agreement, since, 1)


def _acknowledgements(ledger: Ledger, library: Library) -> Iterator[Owed]:
    """Yield each certificate of which the agreement wants an acknowledgement, and from whom.

    Until one is recorded it is owed, however long that takes: silence is none.
    """
    said = acknowledgements(ledger)
    for case in cases(ledger):
        proposed = case.proposed
        agreement = library.agreement(proposed.text("agreement"), proposed.number("version"))
        within = None if agreement.disposal is None else agreement.disposal.acknowledge_within
        if within is None:
            continue
        for number, by_controller in case.delivered.items():
            for controller, record in by_controller.items():
                if (number, controller) in said:
                    continue
                since, name = london_day(record.at), f"certificate {number}"
                yield Owed(
                    Owes.ACKNOWLEDGEMENT,
                    controller,
                    number,
                    name,
                    agreement,
                    since,
                    proposed.number("datasets"),
                    by=within.after(since),
                    reminded=_reminded(ledger, number, controller),
                )


def _reminded(ledger: Ledger, about: str, whom: str) -> Reminded:
    times, last_on, escalated_on = 0, None, None
    for r in ledger.stream(chase_stream(about)):
        if r.text("whom") != whom:
            continue
        if r.kind is Entry.REMINDED:
            times, last_on = max(times, r.number("nth")), london_day(r.at)
        elif r.kind is Entry.ESCALATED:
            escalated_on = escalated_on or london_day(r.at)
    return Reminded(times, last_on, escalated_on)
