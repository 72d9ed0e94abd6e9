"""Everything that may happen to one dataset, in every order that Hypothesis can think of."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from retention.domain.calendar import instant
from retention.domain.case import run_stream
from retention.domain.certificate import Certificate
from retention.domain.dataset import Kind
from retention.domain.entry import Draft, Entry
from retention.domain.manifest import rows_of
from retention.errors import RetentionError, StoreUnavailableError
from retention.steps import destroy as destruction
from retention.steps.answers import kept_items
from retention.steps.cases import cases, read_proposal
from retention.steps.record import record_agreement
from retention.steps.record.halting import Halt, plan_halt
from tests.support.memory import PowerCut
from tests.support.world import World

KEYS = st.sampled_from(["a", "b é+%2F", "c"])
COPIES = st.sampled_from(["records", "dr"])
SURPRISES = st.sampled_from(
    [
        "nothing",
        "power_cut",
        "hold",
        "a_day_passes",
        "someone_writes",
        "another_worker",
        "a_stop",
        "a_cancelled_run",
        "a_new_version",
        "a_ledger_that_is_gone",
    ]
)
PLACE = "patient/2019/"


def older(version, marker):
    return version.modified_at < marker.modified_at


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(destruction, "BATCH", 2)  # so that a handful of versions is many batches


class Lifecycle(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.world = World()
        self.world.publish()
        self.world.buckets["backup"].held.clear()
        self.written, self.may_go, self.messages, self.approved = set(), set(), [], []
        self.copy_of = {}

    @initialize()
    def there_is_something(self):
        for copy in ("records", "dr"):
            self.someone_writes(copy, "a", hides=False)

    @rule(copy=COPIES, key=KEYS, hides=st.booleans())
    def someone_writes(self, copy, key, hides):
        bucket = self.world.buckets[copy]
        version = bucket.hide(PLACE + key) if hides else bucket.put(PLACE + key)
        self.written.add(version)
        self.copy_of[version] = copy

    @precondition(lambda self: self.world.store.held)
    @rule(data=st.data(), how=st.sampled_from(["locked", "failing", "silent", "lying"]))
    def the_store_will_not_let_one_go(self, data, how):
        version = data.draw(st.sampled_from(sorted(self.world.store.held)))
        getattr(self.world.store, how).add(version)

    @rule(what=st.sampled_from(["hold", "release", "a_day", "a_fortnight", "a_new_version"]))
    def life_goes_on(self, what):
        match what:
            case "hold":
                self.world.hold()
            case "a_new_version":
                self._a_new_version()
            case "release":
                for placed in self.world.kinds(Entry.HOLD_PLACED):
                    facts = {"hold": placed.text("hold"), "by": "rm-01", "evidence": "sha256:0"}
                    facts["reason"] = "sha256:0"
                    self.world.ledger.append(Draft("holds", Entry.HOLD_RELEASED, facts))
            case _:
                self.world.clock.step(days=1 if what == "a_day" else 15)
                self.tried(self.world.survey)  # as every night

    @rule(
        approves=st.sampled_from([0, 1, 2, 2, 2]),
        goes_on=st.booleans(),
        call=st.integers(0, 150),
        surprise=SURPRISES,
    )
    def people_are_asked(self, approves, goes_on, call, surprise):
        self.tried(self.world.survey)
        self.tried(self.world.advance)
        self.tried(self.world.controllers_answer)
        self.tried(self.world.propose)
        for case in cases(self.world.ledger):
            if case.spent is None and case.approved is None:
                for person in ("rm-01", "iao-01")[len(case.decided) : approves]:
                    self.tried(self.world.answer, case.proposal, person)
        self._note_approvals()
        if goes_on and self.approved:
            self._destroy(self.approved[-1], call, surprise)

    @precondition(lambda self: self.approved)
    @rule(call=st.integers(0, 150), surprise=SURPRISES, data=st.data())
    def destruction_is_tried(self, call, surprise, data):
        self._destroy(data.draw(st.sampled_from(self.approved)), call, surprise)

    def _destroy(self, proposal, call, surprise):
        try:
            with self.world.dying(self._surprise(call, surprise, proposal)):
                self.tried(self.world.dispose, proposal, self.run_of(proposal))
        except PowerCut:  # whenever it died, the next run goes on where it was
            self.tried(self.world.dispose, proposal, self.run_of(proposal))

    @precondition(lambda self: self.approved)
    @rule(denied=st.sampled_from([None, "records", "dr"]), data=st.data())
    def the_verifier_looks_and_the_issuer_certifies(self, denied, data):
        waiting = [p for flow, p in self.world.next_steps() if flow in {"check_gone", "certify"}]
        if not waiting:
            return
        proposal = data.draw(st.sampled_from(waiting))
        if denied:
            self.world.store.denied.add(denied)
        before = set(self.world.case(proposal).certified)
        self.tried(self.world.check_gone, proposal)
        self.world.store.denied.clear()
        self.tried(self.world.certify, proposal)
        issued = set(self.world.case(proposal).certified) - before
        if denied and self._rows(proposal, copy=denied):
            assert not issued
        for kind in issued:
            self._is_true(proposal, kind)

    def tried(self, verb, *arguments):
        try:
            return verb(*arguments)
        except RetentionError as error:
            self.messages.append(f"{error} {error.hint}")
        return None

    def _another_worker(self, proposal):
        self.tried(self.world.dispose, proposal, self.run_of(proposal))

    def _a_stop(self, proposal):
        self.tried(self.world.record, plan_halt, Halt.STOP, proposal)

    def _a_cancelled_run(self, proposal):
        facts = {"run": self.run_of(proposal), "person": "rm-01"}
        self.world.ledger.append(Draft(run_stream(facts["run"]), Entry.CANCELLED, facts))

    def _a_new_version(self, _proposal=None):
        now = self.world.library.now
        digest = "sha256:" + f"{now.version + 1:064x}"
        self.world.library.now = replace(now, version=now.version + 1, digest=digest)
        record_agreement(self.world.library.now, ledger=self.world.ledger)

    @staticmethod
    def run_of(proposal):
        """Return the one run that carries *proposal* out, however often it is taken up."""
        return f"run-{proposal[-8:]}"

    def _surprise(self, call, surprise, proposal):
        seen = iter(range(10**6))

        def hook(name):
            if next(seen) == call:
                self.world.calls = lambda name: None
                match surprise:
                    case "power_cut":
                        raise PowerCut
                    case "hold":
                        self.world.hold()
                    case "a_day_passes":
                        self.world.clock.step(days=15)
                    case "someone_writes":
                        self.someone_writes("records", "c", hides=False)
                    case "a_ledger_that_is_gone":
                        raise StoreUnavailableError("the ledger is gone", hint="try again")
                    case "nothing":
                        pass
                    case _:
                        getattr(self, f"_{surprise}")(proposal)

        return hook

    def _note_approvals(self):
        for case in cases(self.world.ledger):
            if case.approved is not None and case.proposal not in self.approved:
                self.approved.append(case.proposal)
                self.may_go |= {row.version for row in self._rows(case.proposal)}

    def _rows(self, proposal, copy=None):
        case = self.world.case(proposal)
        kept = kept_items(case, read_proposal(case, self.world.evidence), self.world.evidence)
        names = {"records": "primary-1", "dr": "replica-1"}
        return [
            row
            for item in kept
            for row in rows_of(self.world.evidence.lines(item.manifest.pack), item.manifest.root)
            if copy is None or row.copy == names[copy]
        ]

    def _is_true(self, proposal, kind):
        record = self.world.case(proposal).certified[kind]
        statement = self.world.evidence.read(record.text("statement"))
        counts = Certificate.read(statement).counts
        there = sum(row.version in self.world.store.held for row in self._rows(proposal))
        assert counts.left == there
        assert counts.destroyed + counts.absent_before == counts.planned - there

    @invariant()
    def nothing_goes_that_no_one_gave_up(self):
        assert self.written - self.world.store.held <= self.may_go

    @invariant()
    def nothing_is_ordered_without_an_intent(self):
        spans = [(r.number("first"), r.number("last")) for r in self.world.kinds(Entry.INTENT)]
        ordered = sum(map(len, self.world.store.orders))
        assert ordered <= sum(last - first + 1 for first, last in spans)

    @invariant()
    def nothing_hidden_is_current_again(self):
        held = self.world.store.held
        # What a store says is gone and keeps is found by the verifier, and not before.
        lying = self.world.store.lying
        approved = {v for v in self.written if v in self.may_go and v not in lying}
        gone = {v for v in approved - held if v.kind is Kind.MARKER}
        for marker in gone:
            place = self.copy_of[marker], marker.key
            under_it = {v for v in approved if v in held and (self.copy_of[v], v.key) == place}
            assert not {v for v in under_it if v.kind is Kind.DATA and older(v, marker)}

    @invariant()
    def no_key_leaves_the_manifest(self):
        told = f"{self.messages} {[dict(r.facts) for r in self.world.ledger.records]}"
        assert "b é" not in told
        assert PLACE not in told

    @invariant()
    def a_spent_approval_orders_nothing_more(self):
        for case in cases(self.world.ledger):
            if case.spent is not None:
                after = [r for each in case.intents.values() for r in each]
                assert all(r.index < case.spent.index for r in after)

    @invariant()
    def nothing_is_announced_under_a_hold_or_after_a_stop_or_a_new_version(self):
        held, over, versions = False, set(), {}
        for r in self.world.ledger.records:
            match r.kind:
                case Entry.HOLD_PLACED:
                    held = True
                case Entry.HOLD_RELEASED:
                    held = False
                case Entry.SPENT | Entry.HALTED:
                    over.add(r.text("proposal"))
                case Entry.AGREEMENT:
                    newest = r.number("version")
                case Entry.PROPOSED:
                    versions[r.text("proposal")] = r.number("version")
                case Entry.INTENT:
                    assert not held
                    assert r.text("proposal") not in over
                    assert versions[r.text("proposal")] == newest

    @invariant()
    def nothing_is_announced_after_somebody_who_may_cancelled_its_run(self):
        cancelled = set()
        for r in self.world.ledger.records:
            if r.kind is Entry.CANCELLED:
                cancelled.add(r.text("run"))
            elif r.kind is Entry.INTENT:
                assert self.run_of(r.text("proposal")) not in cancelled

    @invariant()
    def no_two_workers_hold_one_batch(self):
        until = {}
        for r in self.world.ledger.records:
            if r.kind is Entry.INTENT:
                assert r.at >= until.get(r.stream, r.at), "taken up while another held it"
                until[r.stream] = instant(r.text("until"))
            elif r.kind is Entry.OUTCOME:
                until.pop(r.stream, None)


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(max_examples=250, stateful_step_count=25, deadline=None)


@pytest.mark.full
class TestLongLifecycle(Lifecycle.TestCase):
    settings = settings(max_examples=1500, stateful_step_count=40, deadline=None)
