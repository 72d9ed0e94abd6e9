"""Everything that may happen to a key after its data went, in every order that Hypothesis tries."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from retention.domain.certificate import Certificate
from retention.domain.entry import Entry
from retention.errors import RetentionError
from retention.steps.authorise import matching_holds
from retention.steps.cases import read_proposal
from tests.support.keyed import KeyedWorld
from tests.support.memory import DieAt, PowerCut

FLOWS = st.sampled_from(["dispose", "check_gone", "certify"])
ROUNDS_MAX = 12
ALIVE = {"Enabled", "Disabled"}


class KeysLife(RuleBasedStateMachine):
    """One dataset, one key; people, the service and power do what they may."""

    @initialize(dies=st.booleans())
    def begin(self, dies):
        self.world = KeyedWorld(window="P7D")
        self.world.fill(objects=1)
        self.world.publish()
        self.proposal = self.world.propose_all()
        self.world.approve(self.proposal)
        self.world.dispose(self.proposal)
        if not dies:
            self.world.check_gone(self.proposal)
        self.holds, self.ordered_while_held = [], False
        self.others_ordered = self.others_withdrew = False
        self.world.kms.before = self.watched

    def watched(self, call):
        self.world.calls(f"kms.{call}")
        if call == "schedule_key_deletion":
            self.ordered_while_held |= bool(self.matching)
            self.assert_seen_gone()

    def assert_seen_gone(self):
        case = self.world.case(self.proposal)
        for verified in case.verified.values():
            assert not any(
                verified.number(n) for n in ("unknown", "held_back", "refused", "failed")
            )
        assert case.verified
        assert not self.world.buckets["records"].held | self.world.buckets["dr"].held

    @property
    def matching(self):
        case = self.world.case(self.proposal)
        proposal = read_proposal(case, self.world.evidence)
        return matching_holds(
            self.world.ledger, self.world.library, proposal.items, proposal,
            since=case.proposed.index,
        )  # fmt: skip

    def attempt(self, act):
        try:
            act()
        except RetentionError:
            pass  # refused, or the service is away: what counts is what stands afterwards
        except PowerCut:
            pass

    @rule(flow=FLOWS)
    def flow(self, flow):
        self.attempt(lambda: getattr(self.world, flow)(self.proposal))

    @rule(flow=FLOWS, call=st.integers(0, 120))
    def flow_that_dies(self, flow, call):
        with self.world.dying(DieAt(call)):
            self.attempt(lambda: getattr(self.world, flow)(self.proposal))

    @rule()
    def advance(self):
        self.attempt(self.world.advance)

    @rule()
    def whatever_may_run_runs(self):
        for _ in range(ROUNDS_MAX):
            self.attempt(self.world.advance)
            for flow, about in self.world.next_steps():
                self.attempt(lambda flow=flow, about=about: getattr(self.world, flow)(about))

    @rule(days=st.sampled_from([1, 1, 2, 8]))
    def days_pass(self, days):
        self.world.clock.step(days=days)

    @rule()
    def backups_age_out(self):
        self.world.backups_age_out()

    @rule()
    def somebody_holds(self):
        if len(self.holds) < 2:
            self.holds.append(self.world.hold("INV/patient/2019"))

    @rule()
    def the_hold_is_released(self):
        if self.holds:
            self.world.release(self.holds.pop())

    @rule()
    def somebody_is_granted_its_use(self):
        if self.world.kms.state(self.world.key):
            self.world.kms.grant(self.world.key)

    @rule(dead=st.booleans())
    def the_service_comes_and_goes(self, dead):
        self.world.kms.dead = dead

    @rule()
    def somebody_else_withdraws(self):
        if self.world.kms.state(self.world.key) == "PendingDeletion":
            self.world.kms.keys[self.world.key].state = "Disabled"
            self.world.kms.keys[self.world.key].deletion_at = None
            self.others_withdrew = True

    @rule()
    def somebody_else_orders(self):
        if self.world.kms.state(self.world.key) in ALIVE:
            key = self.world.kms.keys[self.world.key]
            self.world.kms._start(key)
            self.others_ordered = True

    @rule(copy=st.sampled_from(["dr", "backup"]))
    def something_else_is_under_it(self, copy):
        self.world.put("somebody/elses", copy=copy)

    @invariant()
    def no_key_is_ordered_without_intent_nor_under_a_hold(self):
        world = self.world
        assert not self.ordered_while_held
        orders = world.kms.calls.count("schedule_key_deletion")
        assert orders <= len(world.kinds(Entry.KEY_INTENT))
        if world.kms.state(world.key) not in ALIVE and not self.others_ordered:
            assert world.kinds(Entry.KEY_INTENT)

    @invariant()
    def what_a_final_certificate_says_of_the_key_is_so(self):
        for kind, record in self.world.case(self.proposal).certified.items():
            made = Certificate.read(self.world.evidence.read(record.text("statement")))
            (key,) = [copy for copy in made.residuals if copy.kind == "key"]
            if kind == "final":
                assert key.is_kept or self.world.kms.state(self.world.key) is None
                assert not key.held_by
            if key.is_kept:
                assert key.key.unusable_since is None
                assert key.seen_gone_at is None

    @invariant()
    def what_is_gone_was_seen_pending_by_the_verifier_before(self):
        states = [r.text("state") for r in self.world.kinds(Entry.KEY_SEEN)]
        if "absent" in states:
            assert "PendingDeletion" in states[: states.index("absent")]
            assert self.world.kms.state(self.world.key) is None

    @invariant()
    def the_ledger_proves_itself(self):
        self.world.ledger.audit()


TestKeysLife = KeysLife.TestCase
TestKeysLife.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@pytest.mark.full
class TestLongKeysLife(KeysLife.TestCase):
    settings = settings(max_examples=400, stateful_step_count=40, deadline=None)
