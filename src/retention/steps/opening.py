"""Open the full list of a proposal: who may, what is written before it is shown, and what state.

The list has every key in it, and a key can name a patient: so it is opened by those who decide on
it and by the DPO, and the ledger says that they did, before they see anything.  What is written
stands in a stream of its own: disposals compare-and-set on the proposal's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from retention.domain.agreement import Person
from retention.domain.approvers import Matter, staffing
from retention.domain.case import Case
from retention.domain.entry import Draft, Entry
from retention.domain.proposal import Proposal
from retention.domain.roles import DPO
from retention.errors import NotAuthorisedError
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.ports.spreadsheet import WritesSheets
from retention.ports.typesetter import Typesets
from retention.steps.answers import kept_items
from retention.steps.cases import decided_case_of, read_proposal

AGAIN_AFTER: Final = timedelta(minutes=15)  # pages of one sitting are one opening


class Form(StrEnum):
    """In what form somebody opened it: read on a page, or taken along."""

    PAGE = "html"
    CSV = "csv"
    PDF = "pdf"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True)
class Opening:
    """The ports that opening takes; *typesets* and *sheets* write the list for a committee."""

    ledger: Ledger
    evidence: Evidence
    library: Library
    clock: Clock
    typesets: Typesets
    sheets: WritesSheets


def opened_stream(proposal: str) -> str:
    """Return the stream of who opened the list of a *proposal*."""
    return "opened:" + proposal.removeprefix("sha256:")


def openers(proposal: Proposal, people: Sequence[Person], today: date) -> list[str]:
    """Return who may open the list of *proposal* today, by id, sorted.

    Whoever may decide on it: in a role of its own, or as a deputy, and in no conflict with it.
    And the DPO, who is consulted.
    """
    about = {proposal.agreement, *proposal.controllers}
    about |= {f"{proposal.agreement}/{item.class_name}" for item in proposal.items}
    matter = Matter(proposal.approved_by, frozenset(about), frozenset())
    seats = staffing(matter, people, today).options
    officers = {person.id for person in people if DPO in person.roles}
    return sorted(officers | {seat.person for options in seats for seat in options})


def require_may_open(person_id: str, proposal: Proposal, ports: Opening) -> None:
    """Raise NotAuthorisedError, which says who may, unless this person may open the list today."""
    allowed = openers(proposal, ports.library.people(), ports.clock.today())
    if person_id not in allowed:
        roles = ", ".join(role.replace("-", " ") for role in proposal.approved_by)
        raise NotAuthorisedError(
            "this list is opened by those who may decide on it, and by the data protection officer",
            hint=f"it is for: {roles}, or a deputy; today these may: {', '.join(allowed)}",
        )


def note_opening(proposal: str, person_id: str, form: Form, ports: Opening) -> None:
    """Write that a person opens the list, before anything of it is shown.

    A page is written once in 15 minutes for a person, whatever is taken along every time.
    Safe to run again: another entry says no more than that it was opened.
    """
    stream = opened_stream(proposal)
    since = ports.clock.now() - AGAIN_AFTER
    if form is Form.PAGE and any(
        record.at > since
        and record.text("person") == person_id
        and record.text("form") == Form.PAGE
        for record in reversed(ports.ledger.stream(stream))
    ):
        return
    facts = {"proposal": proposal, "person": person_id, "form": form.value}
    ports.ledger.append(Draft(stream, Entry.OPENED, facts))


@dataclass(frozen=True, slots=True)
class Listed:
    """A proposal in the list of proposals."""

    proposal: Proposal
    state: str
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class Shelf:
    """Proposals, the newest first: *listed* of those looked at, *first* to *last* of *total*."""

    listed: tuple[Listed, ...]
    first: int
    last: int
    total: int


def shelf_of(person_id: str, start: int, looked_at_max: int, ports: Opening) -> Shelf:
    """Return what a person may open among *looked_at_max* proposals, from number *start* on.

    Safe to run again: it only looks.  Raises NotAuthorisedError for who stands on no list.
    """
    people, today = ports.library.people(), ports.clock.today()
    if person_id not in {person.id for person in people}:
        raise NotAuthorisedError(
            "you are not among the people who decide", hint="ask whoever keeps people.toml"
        )
    records = list(ports.ledger.of_kind(Entry.PROPOSED))[::-1]
    some = records[start - 1 : start - 1 + looked_at_max]
    listed: list[Listed] = []
    for record in some:
        case = decided_case_of(ports.ledger, record.text("proposal"))
        proposal = read_proposal(case, ports.evidence)
        if person_id in openers(proposal, people, today):
            listed.append(Listed(proposal, state_of_case(case, proposal), record.at))
    return Shelf(tuple(listed), start, start - 1 + len(some), len(records))


def state_of_case(case: Case, proposal: Proposal) -> str:
    """Return in a few words where a proposal stands, and for whom it waits."""
    if case.closed:
        return "closed: the keys of its manifests were destroyed on their day"
    if case.spent is not None:
        return f"spent: {case.spent.text('why').replace('_', ' ').replace('-', ' ')}"
    if case.approved is not None:
        return "approved" if not case.has_begun else "approved, and disposal has begun"
    answered = {record.text("step") for record in case.decided}
    waits = next((step for step in proposal.approved_by if step not in answered), "")
    return f"waits for the {waits.replace('-', ' ')}" if waits else "answered by everybody"


def left_out_of(case: Case, proposal: Proposal, evidence: Evidence) -> list[int]:
    """Return the numbers of the datasets that an approver left out, while others are still kept.

    Raises RefusedError if a decision on the ledger is not what its answer says.
    """
    kept = {item.manifest.root for item in kept_items(case, proposal, evidence)}
    numbered = enumerate(proposal.items, start=1)
    return [number for number, item in numbered if kept and item.manifest.root not in kept]


def closed_of(case: Case, proposal: Proposal) -> Iterator[int]:
    """Yield the number of every dataset whose manifest was closed by design."""
    for number, item in enumerate(proposal.items, start=1):
        if item.manifest.root in case.closed or item.manifest.root in case.closing:
            yield number
