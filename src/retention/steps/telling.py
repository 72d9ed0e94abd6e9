"""Tell people, once, that a list awaits them: whoever may answer next, and the DPO for advice.

The ledger says who was told of which question, so that nobody is told twice.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from retention.domain.agreement import Person
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.roles import DPO, MANAGER
from retention.errors import DeliveryError
from retention.ports.courier import Courier, Letter
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.ports.reviews import Reviews
from retention.steps.awaiting import Awaiting, awaiting_lists
from retention.views import figures
from retention.views.letters import Text
from retention.views.mails import ListToDecide, consulted_mail, review_mail

CONSULTED = "consulted"


@dataclass(frozen=True, slots=True)
class Telling:
    """The ports that mails to people take; *address* is where they log in."""

    ledger: Ledger
    evidence: Evidence
    library: Library
    courier: Courier
    reviews: Reviews
    address: str
    today: date

    def send(self, person: Person, text: Text) -> str:
        """Send a mail to *person*, who has an address; return the digest of the message."""
        assert person.email is not None
        return self.courier.send(Letter([person.email], text.subject, text.body))

    def known_as(self, name: str) -> list[Person]:
        """Return those whom an agreement means by *name*, a role or a person, if they have mail.

        Where it names nobody, or somebody without an address, that is the records manager.
        """
        people = [person for person in self.library.people() if person.email]
        found = [p for p in people if name and (p.id == name or name in p.roles)]
        return found or [p for p in people if MANAGER in p.roles]


def tell_approvers(ports: Telling, only: str = "") -> list[str]:
    """Tell whoever may answer next about each list, or about *only* this one; return their ids.

    Safe to run again: each is told once of each question.  Where a mail server does not answer
    the rest is still told, and DeliveryError raised at the end.
    """
    told: list[str] = []
    faults: list[DeliveryError] = []
    for each in awaiting_lists(ports.ledger, ports.evidence):
        if only and each.case.proposal != only:
            continue
        known = _told_of(each, ports)
        for place, person, write in _mails(each, ports):
            if (place, person.id) in known:
                continue
            try:
                message = ports.send(person, write())
            except DeliveryError as fault:
                faults.append(fault)
                continue
            note_told(ports.ledger, told_stream(each.case.proposal), place, person.id, message)
            told.append(person.id)
    if faults:
        raise faults[0]
    return told


def _mails(each: Awaiting, ports: Telling) -> Iterator[tuple[str, Person, Callable[[], Text]]]:
    engine = ports.library.engine()
    for person, shown in to_decide(each, ports):
        if person.email:
            yield each.place, person, partial(review_mail, shown, ports.address, engine)
    advised = shown_to(each, ports, "")
    for person in advisers(ports.library.people()):
        yield CONSULTED, person, partial(consulted_mail, advised, ports.address, engine)


def advisers(people: Sequence[Person]) -> list[Person]:
    """Return the data protection officers who have an address."""
    return [person for person in people if DPO in person.roles and person.email]


def to_decide(each: Awaiting, ports: Telling) -> Iterator[tuple[Person, ListToDecide]]:
    """Yield whoever may answer next, and the list as it is shown to them."""
    able = each.may_answer(ports.ledger, ports.library, ports.today)
    if not able:
        return
    seats = each.asked(ports.ledger, ports.library, ports.today).staffing.options[each.number - 1]
    instead = {seat.person: seat.instead_of for seat in reversed(seats)}
    for person in ports.library.people():
        if person.id in able:
            yield person, shown_to(each, ports, instead[person.id])


def shown_to(each: Awaiting, ports: Telling, instead_of: str) -> ListToDecide:
    """Return a list as mails show it: counts, its mark, its days, and where it is decided."""
    proposal = each.proposal
    disposal = ports.library.agreement(proposal.agreement, proposal.version).disposal
    assert disposal is not None
    days = [item.destroy_by for item in proposal.items if item.destroy_by is not None]
    reminders = figures.listed(
        [f"after {_days(p.after(each.since), each)}" for p in disposal.reminders]
    )
    return ListToDecide(
        proposal.agreement,
        each.case.proposal,
        proposal.mark,
        each.step,
        instead_of,
        len(proposal.items),
        proposal.versions,
        proposal.size_bytes,
        each.since,
        disposal.approval_lapses.after(each.since),
        date.fromisoformat(min(days)) if days else None,
        ports.reviews.run_of(each.case.proposal),
        reminders,
        disposal.escalate_to,
    )


def _days(day: date, each: Awaiting) -> str:
    return figures.count((day - each.since).days, "day")


def told_stream(about: str) -> str:
    """Return the stream of who was told: apart from what a disposal depends on."""
    return f"told:{about.removeprefix('sha256:')}"


def note_told(ledger: Ledger, stream: str, step: str, person: str, message: str) -> None:
    """Write down that *person* was told."""
    about = stream.removeprefix("told:")
    facts: dict[str, Fact] = {"about": about, "step": step, "person": person, "message": message}
    ledger.append(Draft(stream, Entry.TOLD, facts))


def _told_of(each: Awaiting, ports: Telling) -> set[tuple[str, str]]:
    records = ports.ledger.stream(told_stream(each.case.proposal))
    return {(r.text("step"), r.text("person")) for r in records}
