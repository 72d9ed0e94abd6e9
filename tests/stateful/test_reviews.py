"""Several lists, several people, every verb: what was decided is what happens, and nothing more.

The oracle keeps a book of its own: who said what about which dataset, in the order in which it was
taken.  It asks the project for nothing but where the datasets stand and what was ordered.
"""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from retention.domain.agreement import Extensions, OurRole
from retention.domain.decision import WHOLE, Verb, Verdict
from retention.domain.entry import Entry
from retention.errors import AnswerError, RetentionError
from retention.steps.asking import open_asks
from retention.steps.cases import cases, read_proposal
from tests.support.cast import P
from tests.support.memory import PowerCut
from tests.support.world import World

ROUNDS = ("2018", "2019", "2020")
ROLES = {"rm-01": 0, "iao-01": 1}
LINES = {
    Verb.EXTEND: "extend until 2026-12-20",
    Verb.RETURN: "return instead",
    Verb.HOLD: "hold for court",
    Verb.REFUSE: "refuse",
    Verb.RECLASSIFY: "reclassify to other",
}
WHY = "because an invented appeal is not heard"
VERBS = st.sampled_from([None] * 8 + [verb for verb in Verb if verb != Verb.RECLASSIFY])


class Reviews(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.world = World(extension=Extensions(P("P2Y"), 3, ("north",)), cooling_off=P("P2D"))
        self.book = {}  # proposal → what is left of it; a list that was not approved leaves nothing
        self.answers = {}  # proposal → how many were taken
        self.held, self.asked, self.given = set(), set(), 0

    @initialize(ours=st.booleans())
    def begin(self, ours):
        if ours:
            self.world.library.now = replace(self.world.library.now, our_role=OurRole.CONTROLLER)
        self.ours = ours
        self.world.fill(ROUNDS, objects=1)
        self.world.publish(ROUNDS)
        self.world.propose_all()

    def tried(self, verb, *arguments, **named):
        try:
            return verb(*arguments, **named)
        except RetentionError:
            return None

    def open_cases(self):
        found = [case for case in cases(self.world.ledger) if case.spent is None]
        return [case for case in found if case.approved is None]

    @rule(
        data=st.data(),
        who=st.sampled_from(["the one asked"] * 6 + sorted(ROLES)),
        mark=st.sampled_from([""] * 9 + ["0000-0000"]),
        unlucky=st.integers(0, 7),
        call=st.integers(0, 60),
        answers=st.integers(1, 3),
    )
    def people_answer(self, data, who, mark, unlucky, call, answers):
        for _ in range(answers):
            self._somebody_answers(data, who, mark, call if unlucky == 1 else None)

    def _somebody_answers(self, data, who, mark, dies):
        if not (waiting := self.open_cases()):
            return
        case = data.draw(st.sampled_from(waiting))
        proposal = read_proposal(case, self.world.evidence)
        names = [item.manifest.dataset for item in proposal.items]
        left = self.book.setdefault(case.proposal, list(names))
        verdict, lines, verbs = self._drawn(data, names, left)
        self.given += 1
        changes = {"decision": verdict, "exceptions": lines, "attempt": self.given}
        if mark:
            changes["mark"] = mark
        before = len(case.decided)
        person = sorted(ROLES, key=ROLES.get)[before] if who not in ROLES else who
        self._answer(case.proposal, person, changes, dies)
        taken = len(self.world.case(case.proposal).decided) > before
        if mark or ROLES[person] != before:
            assert not taken
        if taken:
            self._note(case.proposal, verdict, verbs)

    def _answer(self, proposal, person, changes, dies):
        seen = iter(range(10**6))

        def hook(_call):
            if dies is not None and next(seen) == dies:
                self.world.calls = lambda name: None
                raise PowerCut

        step = self.world.desk(proposal).unanswered()
        if step is None:
            return
        try:
            with self.world.dying(hook):
                self.world.answer(proposal, person, step, **changes)
        except (PowerCut, AnswerError):
            self.world.desk(proposal).unanswered()  # whoever comes next concludes what was taken

    def _drawn(self, data, names, left):
        """Draw an answer: its verdict, its lines, and what the lines say by dataset."""
        verbs = {name: data.draw(VERBS) for name in left}
        said = {name: verb for name, verb in verbs.items() if verb is not None}
        if data.draw(st.integers(0, 9)) == 0:
            verdict = data.draw(st.sampled_from([Verdict.REFUSE, Verdict.HOLD, Verdict.RETURN]))
            return verdict, "none", dict.fromkeys(left, WHOLE[verdict])
        lines = [f"{names.index(name) + 1}: {LINES[verb]} {WHY}" for name, verb in said.items()]
        verdict = Verdict.APPROVE_EXCEPT if said else Verdict.APPROVE_ALL
        return verdict, "\n".join(lines) or "none", said

    def _note(self, proposal, verdict, verbs):
        self.answers[proposal] = self.answers.get(proposal, 0) + 1
        left = [name for name in self.book[proposal] if name not in verbs]
        self.book[proposal] = left if verdict.approves else []
        self.held |= {name for name, verb in verbs.items() if verb is Verb.HOLD}
        if not self.ours:
            self.asked |= {n for n, v in verbs.items() if v in {Verb.EXTEND, Verb.RETURN}}

    @rule(days=st.sampled_from([0, 1, 3, 3, 20]))
    def days_pass(self, days):
        self._live(days)

    def _live(self, days):
        self.world.clock.step(days=days)
        self.tried(self.world.survey)
        self.tried(self.world.advance)
        for digest in self.tried(self.world.propose) or ():
            names = {item.manifest.dataset for item in self.world.proposal(digest).items}
            assert not names & (self.asked | self.held)

    @rule()
    def parties_say_that_it_is_to_be_destroyed(self):
        self.tried(self.world.controllers_answer)
        self.asked.clear()

    @rule(days=st.sampled_from([0, 3, 3]))
    def what_may_be_destroyed_is(self, days):
        self._live(days)
        for _ in range(3):
            self._go_on()

    def _go_on(self):
        for flow, proposal in self.world.next_steps():
            if flow in {"dispose", "check_gone", "certify"}:
                self.tried(getattr(self.world, flow), proposal)

    @invariant()
    def only_what_everybody_left_on_the_list_is_ever_ordered(self):
        roots = {r.text("root"): r.text("proposal") for r in self.world.kinds(Entry.INTENT)}
        for root, proposal in roots.items():
            items = self.world.proposal(proposal).items
            name = next(i.manifest.dataset for i in items if i.manifest.root == root)
            assert self.answers[proposal] == len(ROLES)
            assert name in self.book[proposal]

    @invariant()
    def what_somebody_held_is_held_from_then_on(self):
        placed = {r.text("dataset") for r in self.world.kinds(Entry.HOLD_PLACED)}
        assert placed == self.held

    @invariant()
    def nothing_is_instructed_on_the_data_of_others(self):
        assert self.ours or not self.world.kinds(Entry.INSTRUCTION)
        open_now = {each.dataset for each in open_asks(self.world.ledger, self.world.evidence)}
        assert open_now == self.asked

    @invariant()
    def the_ledger_has_as_many_answers_as_were_taken(self):
        found = {}
        for r in self.world.kinds(Entry.DECIDED):
            found[r.text("proposal")] = found.get(r.text("proposal"), 0) + 1
        assert found == self.answers


TestReviews = Reviews.TestCase
TestReviews.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)


@pytest.mark.full
class TestLongReviews(Reviews.TestCase):
    settings = settings(max_examples=800, stateful_step_count=40, deadline=None)
