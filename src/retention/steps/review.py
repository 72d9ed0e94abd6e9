"""The desk at which people answer: one proposal, its approvers in order, one answer at a time.

Who answered is the gate's signed record; what the answer is worth is decided here.  An answer that
cannot stand is an AnswerError, and is asked again with its reason.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from json import loads
from typing import Final

from retention.domain.agreement import Agreement, Person
from retention.domain.approval import TOTP
from retention.domain.canonical import Json, canonical
from retention.domain.case import Case, proposal_stream
from retention.domain.decision import APPROVING, Decision
from retention.domain.disposition import Event
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.proposal import Item, Proposal
from retention.errors import AnswerError, StaleError
from retention.ports.catalogue import Catalogue
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.ports.seal import Checks
from retention.steps.answers import answer_of, kept_by, kept_items, roots_of, worth
from retention.steps.approvers import Asked, days_of, signed_on
from retention.steps.authorise import counts_no_more, matching_holds, require_agreement
from retention.steps.cases import case_of, read_proposal
from retention.steps.moves import move_if_possible
from retention.steps.notify import last_words, objections_in
from retention.steps.otherwise import entailed, notes_of
from retention.steps.pack import pack_of
from retention.steps.record.planned import Recording
from retention.steps.settle import settle_approved
from retention.steps.spend import spend
from retention.steps.witnessed import Patience, witnessed
from retention.views.afterwards import Ends, afterwards_page
from retention.views.pack import Pack, dataset_rows, pack_page
from retention.views.review import review_page

TRIES_MAX: Final = 5  # weighings of one answer, while others record


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
    catalogue: Catalogue
    secret: Callable[[], bytes]

    def unanswered(self) -> str | None:
        """Return the role whose answer is asked for next; None if there is nothing left to ask.

        Safe to run again: whoever has an answer on the ledger is not asked again.
        """
        case, proposal = self._read()
        if case.spent is not None or self._concluded(case, proposal):
            return None
        for item in kept_items(case, proposal, self.evidence):
            held = self._held(item, case, proposal)
            move_if_possible(self.ledger, item.manifest.dataset, Event.ASK, held=held)
        return proposal.approved_by[len(case.decided)]

    def page(self, step: str, fault: str) -> str:
        """Return what the approver is shown above the form, in Markdown."""
        return review_page(self._pack(), step, fault)

    def pack(self) -> tuple[str, list[dict[str, str]]]:
        """Return the review pack: a page in Markdown, and a row for each dataset of the list."""
        pack = self._pack()
        return pack_page(pack), dataset_rows(pack)

    def afterwards(self) -> str:
        """Return what follows from the answers so far, and when; in Markdown."""
        case, proposal = self._read()
        kept = kept_items(case, proposal, self.evidence)
        others = [each for given in case.decided for each in self._others(given, case, proposal)]
        return afterwards_page(proposal, kept, others, _ends(case))

    def _pack(self) -> Pack:
        case, proposal = self._read()
        return pack_of(case, proposal, self._recording())

    def _others(self, decided: Record, case: Case, proposal: Proposal) -> list[str]:
        return list(notes_of(self._read_decision(decided, case, proposal), proposal))

    def _read_decision(self, decided: Record, case: Case, proposal: Proposal) -> Decision:
        """Return what one answer on the ledger decided, of what those before it had left."""
        before = case.decided[: case.decided.index(decided)]
        left = kept_by(before, proposal, self.evidence)
        return worth(answer_of(decided, self.evidence), proposal, left)[1]

    def _recording(self) -> Recording:
        return Recording(
            self.ledger,
            self.evidence,
            self.catalogue,
            self.library,
            self.clock.today(),
            self.secret,
        )

    @property
    def asks_code(self) -> bool:
        """Whether the agreement wants a one-time code with every answer."""
        disposal = self._agreement().disposal
        return disposal is not None and disposal.second_factor

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
        case, _ = self._read()
        if (unheard := case.unheard.get(key)) is not None:
            raise read_fault(self.evidence.read(unheard.text("fault")))
        try:
            self._hear(step, key, answer)
        except AnswerError as fault:
            self._let_pass(key, fault)
            raise

    def _let_pass(self, key: str, fault: AnswerError) -> None:
        """Write that the answer under *key* could not stand: from now on the next one counts.

        A run begins anew after each answer and meets the older ones again; one that could not
        stand for a while, such as for a record that came late, must not come back later.
        """
        kept = self.evidence.keep(canonical({"fault": str(fault), "hint": fault.hint}))
        facts: dict[str, Fact] = {"proposal": self.proposal, "pause_key": key, "fault": kept}
        self.ledger.append(Draft(proposal_stream(self.proposal), Entry.UNHEARD, facts))

    def _hear(self, step: str, key: str, answer: Mapping[str, Json]) -> None:
        signed = witnessed(
            self.proposal,
            key,
            answer,
            ledger=self.ledger,
            evidence=self.evidence,
            gate=self.gate,
            patience=self.patience,
        )
        for _ in range(TRIES_MAX):
            try:
                self._weigh(step, signed, answer)
            except StaleError:
                continue  # somebody recorded something meanwhile: it is weighed again
            self._concluded(*self._read())
            return
        raise AnswerError("things are recorded at every try", hint="answer again in a minute")

    def _weigh(self, step: str, signed: Record, answer: Mapping[str, Json]) -> None:
        """Write what an answer is worth, with all that it entails; StaleError if others write."""
        case, proposal = self._read()  # what is checked is what is written upon
        if len(case.decided) >= len(proposal.approved_by) or case.spent is not None:
            return
        if counts_no_more(signed, case, self.gate, before=self.ledger.size()):
            raise AnswerError("another answer was given after this one", hint="answer again")
        person = self._person(signed, case, step)
        if self.asks_code and signed.text("factor") != TOTP:
            raise AnswerError(
                "this agreement wants a one-time code with every answer",
                hint="write the six digits that your authenticator shows",
            )
        kept, decided = worth(answer, proposal, kept_items(case, proposal, self.evidence))
        if decided.verdict.approves:
            self._four_eyes(person, signed_on(signed), case, proposal)
            self._nothing_against(kept, case, proposal)
            self._still_governs(proposal)
        others = entailed(decided, proposal, case, person, self._recording())
        draft = self._decided(case, step, signed, answer, kept, decided)
        expect = {**others.expect, draft.stream: case.length}
        self.ledger.append_all([draft, *others.drafts], expect=expect)

    def _concluded(self, case: Case, proposal: Proposal) -> bool:
        """Draw the conclusion of the answers so far, and tell whether there is one.

        Safe to run again, for a run may have been cut off after the last answer.
        """
        if case.decided and (why := _not_approved(case.decided[-1])):
            spend(self.ledger, case.proposal, why, proposal)
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

    def _four_eyes(self, person: Person, on: date, case: Case, proposal: Proposal) -> None:
        """Refuse a yes after which no full set of approvers could be found any more."""
        self._asked(case, proposal).require_can_be_filled(person.id, on)

    def _still_governs(self, proposal: Proposal) -> None:
        try:
            require_agreement(proposal, self.library, self.clock.today())
        except StaleError as fault:  # no writing of others: to weigh it again would not help
            raise AnswerError(str(fault), hint="it will be proposed afresh under that") from None

    def _asked(self, case: Case, proposal: Proposal) -> Asked:
        """Return who may answer, as everything stands now."""
        return Asked.of(case, proposal, self.ledger, self.library, self.clock.today())

    def _held(self, item: Item, case: Case, proposal: Proposal) -> list[str]:
        since = case.proposed.index
        found = matching_holds(self.ledger, self.library, [item], proposal, since=since)
        return [hold.id for hold in found]

    def _nothing_against(self, kept: Sequence[Item], case: Case, proposal: Proposal) -> None:
        """Refuse a yes to what is held, or to what a controller objects to."""
        words = last_words(self.ledger, self.evidence)
        numbered = [(n, item) for n, item in enumerate(proposal.items, start=1) if item in kept]
        held = [str(n) for n, item in numbered if self._held(item, case, proposal)]
        against = [
            str(n) for n, item in numbered if objections_in(words.get(item.manifest.dataset, {}))
        ]
        for what, numbers in (("a hold matches", held), ("a controller objects to", against)):
            if numbers:
                raise AnswerError(
                    f"{what} number {', '.join(numbers)}",
                    hint="approve except these numbers, or decide otherwise of all of it",
                )

    def _decided(
        self,
        case: Case,
        step: str,
        signed: Record,
        answer: Mapping[str, Json],
        kept: Sequence[Item],
        decided: Decision,
    ) -> Draft:
        document = canonical(
            {
                "answer": dict(answer),
                "kept": [item.manifest.root for item in kept],
                "salt": self.secret().hex(),  # else a short reason could be guessed
            }
        )
        facts: dict[str, Fact] = {
            "proposal": case.proposal,
            "step": step,
            "person": signed.text("person"),
            "decision": decided.verdict.mark,
            "roots": roots_of(kept),
            "kept": len(kept),
            "signed": str(signed.index),
            "input": signed.text("input"),
            "reason": self.evidence.keep(document),
        }
        return Draft(proposal_stream(case.proposal), Entry.DECIDED, facts)

    def _approve(self, case: Case, proposal: Proposal, kept: Sequence[Item]) -> None:
        disposal = self._agreement().disposal
        assert disposal is not None
        decided_on, begin, lapses = days_of(case, disposal)
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


def read_fault(document: bytes) -> AnswerError:
    """Return the fault for which an answer could not stand."""
    said = loads(document)
    return AnswerError(said["fault"], hint=said["hint"])


def _not_approved(decided: Record) -> str:
    """Return why a list is spent that somebody did not approve, such as ``refuse``; "" if not."""
    word = decided.text("decision")
    return "" if word in APPROVING else word


def _ends(case: Case) -> Ends:
    """Return when what was approved begins and lapses, or why nothing follows."""
    if case.spent is not None:
        return Ends(spent=case.spent.text("why"))
    if case.approved is None:
        return Ends()
    begin, lapses = (
        date.fromisoformat(case.approved.text(name)) for name in ("may_begin_on", "lapses_after")
    )
    return Ends(begin, lapses)
