"""The desk at which people answer: one proposal, its approvers in order, one answer at a time.

Who answered is the gate's signed record; what the answer is worth is decided here.  An answer that
cannot stand is an AnswerError, and is asked again with its reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retention.domain.agreement import Agreement, Person
from retention.domain.approval import Verdict, approval_days
from retention.domain.calendar import london_day
from retention.domain.canonical import Json, canonical
from retention.domain.case import Case, proposal_stream
from retention.domain.disposition import Event
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.proposal import Item, Proposal
from retention.errors import AnswerError
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.ports.seal import Checks
from retention.steps.answers import kept_items, roots_of, worth
from retention.steps.approvers import Asked, signed_on
from retention.steps.authorise import matching_holds, require_agreement
from retention.steps.cases import case_of, read_proposal
from retention.steps.moves import move_if_possible
from retention.steps.settle import settle_approved
from retention.steps.spend import spend
from retention.steps.witnessed import Patience, witnessed
from retention.views.review import review_page


@dataclass(frozen=True, slots=True)
class Desk:
    """One proposal's review.  *patience* waits for the gate's record of a key, within bounds."""

    proposal: str
    ledger: Ledger
    evidence: Evidence
    library: Library
    gate: Checks
    clock: Clock
    patience: Patience

    def unanswered(self) -> str | None:
        """Return the role whose answer is asked for next; None if there is nothing left to ask.

        Safe to run again: whoever has an answer on the ledger is not asked again.
        """
        case, proposal = self._read()
        if case.spent is not None or self._concluded(case, proposal):
            return None
        for item in proposal.items:
            held = self._held(item, case, proposal)
            move_if_possible(self.ledger, item.manifest.dataset, Event.ASK, held=held)
        return proposal.approved_by[len(case.decided)]

    def page(self, step: str, fault: str) -> str:
        """Return what the approver is shown above the form, in Markdown."""
        case, proposal = self._read()
        kept = kept_items(case, proposal, self.evidence)
        party = {c: self.library.party(c).name for c in proposal.controllers}
        marked = self.library.engine().demonstration
        return review_page(proposal, kept, step, fault, party, demonstration=marked)

    @property
    def answer_within_s(self) -> float:
        """How long a question stays open before it is asked afresh, in seconds."""
        disposal = self._agreement().disposal
        assert disposal is not None
        today = self.clock.today()
        return float((disposal.approval_lapses.after(today) - today).days * 86_400)

    def record(self, step: str, key: str, answer: Mapping[str, Json]) -> None:
        """Write down what an answer is worth; raise AnswerError if it cannot stand.

        Safe to run again: an answer to a step that is already decided changes nothing.
        """
        if self.unanswered() != step:
            return
        signed = witnessed(
            self.proposal,
            key,
            answer,
            ledger=self.ledger,
            gate=self.gate,
            patience=self.patience,
        )
        case, proposal = self._read()  # what is checked is what is written upon
        person = self._person(signed, case, step)
        kept, verdict = worth(answer, proposal, kept_items(case, proposal, self.evidence))
        if verdict is not Verdict.DECLINE:
            self._four_eyes(person, case, proposal)
            self._not_held(kept, case, proposal)
            require_agreement(proposal, self.library, self.clock.today())
        self._write(case, step, signed, answer, kept, verdict)
        self._concluded(*self._read())

    def _concluded(self, case: Case, proposal: Proposal) -> bool:
        """Draw the conclusion of the answers so far, and tell whether there is one.

        Safe to run again, for a run may have been cut off after the last answer.
        """
        if case.decided and case.decided[-1].text("decision") == Verdict.DECLINE:
            spend(self.ledger, case.proposal, "declined", proposal)
            return True
        if len(case.decided) < len(proposal.approved_by):
            return False
        kept = kept_items(case, proposal, self.evidence)
        if case.approved is None:
            self._approve(case, proposal, kept)
        if not case.has_begun:
            settle_approved(case, proposal, kept, self.ledger, self.library)
        return True

    def _read(self) -> tuple[Case, Proposal]:
        case = case_of(self.ledger, self.proposal)
        return case, read_proposal(case, self.evidence)

    def _agreement(self) -> Agreement:
        case = case_of(self.ledger, self.proposal)
        return self.library.agreement(
            case.proposed.text("agreement"), case.proposed.number("version")
        )

    def _person(self, signed: Record, case: Case, step: str) -> Person:
        if signed.text("step") != step:
            raise AnswerError(
                "the gate witnessed an answer to another question", hint="answer again"
            )
        asked = self._asked(case, read_proposal(case, self.evidence))
        return asked.require_may_answer(signed.text("person"), step, signed_on(signed))

    def _four_eyes(self, person: Person, case: Case, proposal: Proposal) -> None:
        """Refuse a yes after which no full set of approvers could be found any more."""
        self._asked(case, proposal).require_can_be_filled(person.id, self.clock.today())

    def _asked(self, case: Case, proposal: Proposal) -> Asked:
        """Return who may answer, as everything stands now."""
        return Asked.of(case, proposal, self.ledger, self.library, self.clock.today())

    def _held(self, item: Item, case: Case, proposal: Proposal) -> list[str]:
        since = case.proposed.index
        found = matching_holds(self.ledger, self.library, [item], proposal, since=since)
        return [hold.id for hold in found]

    def _not_held(self, kept: Sequence[Item], case: Case, proposal: Proposal) -> None:
        numbered = [(n, item) for n, item in enumerate(proposal.items, start=1) if item in kept]
        held = [str(n) for n, item in numbered if self._held(item, case, proposal)]
        if held:
            raise AnswerError(
                f"a hold matches number {', '.join(held)}",
                hint="approve except these numbers, or decline",
            )

    def _write(
        self,
        case: Case,
        step: str,
        signed: Record,
        answer: Mapping[str, Json],
        kept: Sequence[Item],
        verdict: Verdict,
    ) -> None:
        document = canonical(
            {
                "answer": dict(answer),
                "kept": [item.manifest.root for item in kept],
                # The gate's signature is not guessable: with it, a short reason cannot be guessed.
                "salt": signed.text("signature"),
            }
        )
        facts: dict[str, Fact] = {
            "proposal": case.proposal,
            "step": step,
            "person": signed.text("person"),
            "decision": verdict.value.replace(" ", "-"),
            "roots": roots_of(kept),
            "kept": len(kept),
            "signed": str(signed.index),
            "input": signed.text("input"),
            "reason": self.evidence.keep(document),
        }
        draft = Draft(proposal_stream(case.proposal), Entry.DECIDED, facts)
        self.ledger.append(draft, expect=case.length)

    def _approve(self, case: Case, proposal: Proposal, kept: Sequence[Item]) -> None:
        disposal = self._agreement().disposal
        assert disposal is not None
        decided_on = london_day(case.decided[-1].at)
        begin, lapses = approval_days(
            decided_on, lapses=disposal.approval_lapses, cooling_off=disposal.cooling_off
        )
        facts: dict[str, Fact] = {
            "proposal": proposal.digest,
            "roots": roots_of(kept),
            "kept": len(kept),
            "decided_on": decided_on.isoformat(),
            "may_begin_on": begin.isoformat(),
            "lapses_after": lapses.isoformat(),
        }
        draft = Draft(proposal_stream(proposal.digest), Entry.APPROVED, facts)
        self.ledger.append(draft, expect=case.length)
