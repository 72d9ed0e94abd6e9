"""Who may answer about a frozen list or a group of datasets, read afresh: people, days, recorders.

The rules are ``domain.approvers``; here is what they are asked about.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from retention.domain.agreement import Agreement, Disposal, Person
from retention.domain.approval import approval_days
from retention.domain.approvers import Given, Matter, Staffing, staffing, who_may_answer
from retention.domain.calendar import london_day
from retention.domain.case import Case
from retention.domain.dataset import DatasetId
from retention.domain.entry import Record
from retention.domain.knowledge import Ground, recorders_of
from retention.domain.proposal import Proposal
from retention.errors import AnswerError, NotAuthorisedError
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.classify import Dated
from retention.steps.registers import Registers, term_of


@dataclass(frozen=True, slots=True)
class Asked:
    """A frozen list and the answers to it so far: who may say what is asked of this."""

    matter: Matter
    people: Sequence[Person]
    given: tuple[Given, ...]
    today: date

    @classmethod
    def of(
        cls, case: Case, proposal: Proposal, ledger: Ledger, library: Library, today: date
    ) -> "Asked":
        """Return what is asked of *case*, as ledger and library have it now."""
        given = tuple(Given(r.text("person"), answered_on(r, case)) for r in case.decided)
        matter = matter_of(proposal, ledger, library, today)
        return cls(matter, tuple(library.people()), given, today)

    @property
    def staffing(self) -> Staffing:
        """Who may take each role, those that are answered included."""
        return staffing(self.matter, self.people, self.today, self.given)

    @property
    def next(self) -> tuple[str, ...]:
        """Who may answer next, such that the roles after it can still be filled; by id."""
        return who_may_answer(self.matter, self.people, self.today, self.given)

    def require_may_answer(self, person_id: str, step: str, on: date) -> Person:
        """Return the person who answers as *step*, the next role; AnswerError if they may not.

        It is asked of every answer, whatever it says.
        """
        if person_id in {each.person for each in self.given}:
            raise AnswerError(
                "you have already decided on this list", hint="another person must answer now"
            )
        number = len(self.given)
        found = staffing(self.matter, self.people, on, self.given)
        known = {person.id: person for person in self.people}
        if not self.matter.roles[number:] or self.matter.roles[number] != step:
            raise _not_for_you(step)
        if person_id in {seat.person for seat in found.options[number]}:
            return known[person_id]
        for excluded, why in found.excluded[number]:
            if excluded == person_id:
                raise AnswerError(
                    f"you may not decide on this list: {person_id} {why}",
                    hint="a deputy or another person with that role must answer",
                )
        raise _not_for_you(step)

    def require_can_be_filled(self, person_id: str, on: date) -> None:
        """Refuse a yes given *on* a day after which the other roles could not be filled.

        Raises AnswerError.
        Distinct persons must approve, none in the place of another who answers as well, and one
        of them at least must have recorded none of the triggers: said before it is too late.
        """
        after = (*self.given, Given(person_id, on))
        found = staffing(self.matter, self.people, self.today, after)
        if found.filled is not None:
            return
        if (
            len(after) == len(self.matter.roles)
            and {each.person for each in after} <= self.matter.recorders
        ):
            raise AnswerError(
                "every approver recorded one of the triggers",
                hint="someone who recorded none of them must approve",
            )
        rest = "; ".join(found.reasons()[len(after) :])
        raise AnswerError(
            "after your yes the other roles could not be filled by people who may decide together"
            + (f" ({rest})" if rest else ""),
            hint="let somebody else answer this one, or name a deputy in people.toml",
        )

    def require_answered(self) -> None:
        """Raise NotAuthorisedError unless the right people answered, each on the day of theirs.

        A deputy whose days ended since then approved validly; somebody who is no longer in
        people.toml, or was in conflict on that day, does not count.
        """
        found = self.staffing
        if len(self.given) != len(self.matter.roles):
            raise NotAuthorisedError("an approver is missing", hint="finish the review")
        for role, seats in zip(self.matter.roles, found.options, strict=True):
            if not seats:
                raise NotAuthorisedError(
                    f"an approver had not the role {role} on the day of the answer, or may not "
                    "decide on this list",
                    hint="look at roles, deputies and conflicts in people.toml; ask afresh",
                )
        if found.filled is None:
            raise NotAuthorisedError(
                "the approvers do not count as so many people, or all recorded a trigger",
                hint="others must approve: ask afresh",
            )


def _not_for_you(step: str) -> AnswerError:
    return AnswerError(
        f"this question is for the {step}",
        hint="someone with that role, or their deputy, must answer it",
    )


def answered_on(decided: Record, case: Case) -> date:
    """Return the day in London on which a decision was given, as the gate signed it.

    Raises NotAuthorisedError if it names no answer that the gate signed.
    """
    signed = case.signed.get(decided.text("signed"))
    if signed is None:
        raise NotAuthorisedError(
            "an answer does not carry the gate's signature",
            hint="treat the ledger's database as tampered with, and look",
        )
    return signed_on(signed)


def days_of(case: Case, terms: Disposal) -> tuple[date, date, date]:
    """Return when the last approver decided, when disposal may begin, and its last day.

    It lapses from the answer, as the gate signed it, however long it lay there; cooling-off begins
    only once it is written down, for before that nobody could see it, and never before the answer.
    Raises NotAuthorisedError if an answer is none that the gate signed.
    Source: ``clock.md``, ruling 14.
    """
    periods = {"lapses": terms.approval_lapses, "cooling_off": terms.cooling_off}
    decided_on = max(answered_on(record, case) for record in case.decided)
    _, last = approval_days(decided_on, **periods)
    begin, _ = approval_days(max(decided_on, london_day(case.decided[-1].at)), **periods)
    return decided_on, begin, last


def signed_on(signed: Record) -> date:
    """Return the day in London of an answer, as the gate signed it."""
    return london_day(datetime.fromisoformat(signed.text("at")))


def matter_of(proposal: Proposal, ledger: Ledger, library: Library, today: date) -> Matter:
    """Return what is to be decided about a frozen list."""
    agreement = library.agreement(proposal.agreement, proposal.version)
    ground = Registers.read(ledger).ground(term_of(library, proposal.agreement, today))
    items = [(item.class_name, item.manifest.dataset) for item in proposal.items]
    triggers = {item.trigger_by for item in proposal.items}
    return Matter(
        proposal.approved_by,
        _about(agreement, {name for name, _ in items}, proposal.controllers),
        frozenset({*triggers, *_recorders(items, agreement, ground)}),
    )


def matter_of_group(members: Sequence[Dated], ledger: Ledger, library: Library) -> Matter:
    """Return what would be to decide about datasets that are proposed together."""
    first = members[0]
    agreement, today = first.agreement, first.assessment.on
    assert agreement.disposal is not None
    ground = Registers.read(ledger).ground(term_of(library, agreement.reference, today))
    items = [(each.kind.name, str(each.assessment.dataset)) for each in members]
    controllers = first.kind.controllers_of(first.assessment.dataset.values)
    return Matter(
        first.kind.approved_by or agreement.disposal.approved_by,
        _about(agreement, {name for name, _ in items}, controllers or agreement.controllers),
        frozenset(_recorders(items, agreement, ground)),
    )


def staffing_of_group(members: Sequence[Dated], ledger: Ledger, library: Library) -> Staffing:
    """Return who could decide, today, about datasets that are proposed together."""
    matter = matter_of_group(members, ledger, library)
    return staffing(matter, tuple(library.people()), members[0].assessment.on)


def can_be_decided(members: Sequence[Dated], ledger: Ledger, library: Library) -> bool:
    """Tell whether there are people who could decide about *members* to the end."""
    return staffing_of_group(members, ledger, library).filled is not None


def _about(agreement: Agreement, classes: set[str], controllers: Sequence[str]) -> frozenset[str]:
    reference = agreement.reference
    return frozenset({reference, *(f"{reference}/{name}" for name in classes), *controllers})


def _recorders(
    items: Sequence[tuple[str, str]], agreement: Agreement, ground: Ground
) -> Iterator[str]:
    """Yield who recorded any event that the dates of these datasets follow from."""
    for class_name, name in items:
        kind = agreement.class_named(class_name)
        dataset = DatasetId.parse(name, kind.placeholders)
        yield from recorders_of(dataset, kind, agreement, ground)
