"""Access during cooling-off: withdrawn, given back whatever comes, and never in others' way."""

from itertools import count

import pytest

from retention.domain.access import bucket_digest
from retention.domain.disposition import Event
from retention.domain.entry import Entry
from retention.errors import (
    NotDueError,
    RetentionError,
    StaleError,
    StoreRefusedError,
    StoreUnavailableError,
)
from retention.steps.access_today import access_lines
from retention.steps.moves import move_if_possible
from retention.steps.spend import spend
from tests.support import stores
from tests.support.cast import P
from tests.support.memory import DieAt, PowerCut
from tests.support.world import START, World

ROOTS = ("s3://dr/", "s3://records/")
PLACE = "s3://records/patient/2019/"


@pytest.fixture
def world():
    world = World(cooling_off=P("P7D"))
    world.fill(("2019", "2020"))
    world.publish(("2019", "2020"))
    world.withdraws = True
    return world


@pytest.fixture
def proposal(world):
    """One that both approved, and that now cools off."""
    proposal = world.propose_all()
    world.approve(proposal)
    return proposal


def cooled(world):
    """Go to the day on which it may begin; the surveyor has looked in the night."""
    world.clock.moment = START
    world.clock.step(days=8)
    world.survey()


def end(world, proposal, why="aborted"):
    """Spend it, as somebody does who thinks better of it."""
    spend(world.ledger, proposal, why, world.proposal(proposal))


def rules(world):
    """Return the rules of both buckets."""
    return [world.custodian.text(root) for root in ROOTS]


def lines(world):
    """Return what is said of access today: how many, by what, and whether somebody must act."""
    found = access_lines(world.ledger, world.evidence, withdraws=world.withdraws)
    return {line.what: (line.how_many, line.urgent) for line in found if line.how_many}


def test_an_approval_that_cools_off_is_withdrawn_in_every_bucket_and_once(world, proposal):
    assert world.next_steps() == [("access", proposal)]
    world.access(proposal)
    assert world.custodian.is_closed(PLACE)
    assert world.custodian.is_closed("s3://dr/patient/2020/")
    assert not world.custodian.is_closed("s3://records/patient/2018/")
    assert world.next_steps() == []
    before = rules(world)
    world.access(proposal)
    assert rules(world) == before
    assert len(world.kinds(Entry.ACCESS_WITHDRAWN)) == len(ROOTS)


def test_the_ledger_knows_both_policies_and_the_evidence_has_them_whole(world, proposal):
    old = rules(world)
    world.access(proposal)
    for record, root, before, after in zip(
        world.kinds(Entry.ACCESS_WITHDRAWN), ROOTS, old, rules(world), strict=True
    ):
        assert record.text("bucket") == bucket_digest(root)
        assert record.text("by") == "custodian:3"
        assert world.evidence.read(record.text("before")).decode() == before
        assert world.evidence.read(record.text("after")).decode() == after
    assert not [r for r in world.ledger.records if "patient/2019/" in str(r.facts.get("bucket"))]


def test_intent_stands_on_the_ledger_before_the_act(world, proposal):
    seen = []
    world.custodian.before = lambda verb: seen.append(
        (verb, len(world.kinds(Entry.ACCESS_ANNOUNCED)), len(world.kinds(Entry.ACCESS_WITHDRAWN)))
    )
    world.access(proposal)
    assert [each for each in seen if each[0] == "access.make"] == [
        ("access.make", 1, 0),
        ("access.make", 2, 1),
    ]


@pytest.mark.parametrize("why", ["aborted", "stopped", "lapsed", "held", "superseded"])
def test_whatever_ends_it_before_it_began_gives_access_back(world, proposal, why):
    before = rules(world)
    world.access(proposal)
    end(world, proposal, why)
    assert world.next_steps() == [("access", proposal)]
    world.access(proposal)
    assert rules(world) == before
    assert world.next_steps() == []
    assert len(world.kinds(Entry.ACCESS_RESTORED)) == len(ROOTS)


def test_a_hold_gives_access_back(world, proposal):
    before = rules(world)
    world.access(proposal)
    world.hold("INV/patient/2019")
    world.advance()
    assert ("access", proposal) in world.next_steps()
    world.access(proposal)
    assert rules(world) == before


def test_days_that_pass_without_a_disposal_give_access_back(world, proposal):
    before = rules(world)
    world.access(proposal)
    world.clock.step(days=20)
    world.advance()
    world.access(proposal)
    assert rules(world) == before


def test_it_stays_withdrawn_until_what_was_ordered_has_been_looked_at(world, proposal):
    before = rules(world)
    world.access(proposal)
    cooled(world)
    world.dispose(proposal)
    assert world.next_steps() == [("check_gone", proposal)]
    world.access(proposal)
    assert world.custodian.is_closed(PLACE)
    world.check_gone(proposal)
    assert world.next_steps() == [("certify", proposal), ("access", proposal)]
    world.access(proposal)
    assert rules(world) == before
    assert world.next_steps() == [("certify", proposal)]


def test_what_was_only_partly_disposed_of_can_be_reached_again(world, proposal):
    before = rules(world)
    world.access(proposal)
    cooled(world)
    world.store.locked = set(list(world.buckets["records"].held)[:1])
    world.dispose(proposal)
    world.check_gone(proposal)
    world.access(proposal)
    assert rules(world) == before


def test_before_the_last_yes_and_without_cooling_off_nothing_is_withdrawn(world):
    proposal = world.propose_all()
    before = rules(world)
    world.access(proposal)
    assert rules(world) == before
    at_once = World()
    at_once.fill()
    at_once.publish()
    at_once.withdraws = True
    proposal = at_once.propose_all()
    at_once.approve(proposal)
    assert at_once.next_steps() == [("dispose", proposal)]


def test_what_does_not_cool_off_any_more_is_not_closed(world, proposal):
    before = rules(world)
    move_if_possible(world.ledger, "INV/patient/2019", Event.EXTEND)
    assert world.next_steps() == []
    world.access(proposal)
    assert rules(world) == before


@pytest.mark.parametrize("port", ["access.make", "access.make done"])
def test_what_was_there_before_is_known_also_to_whoever_goes_on_after_a_crash(
    world, proposal, port
):
    old = rules(world)
    with pytest.raises(PowerCut), world.dying(DieAt(0, port=port)):
        world.access(proposal)
    world.access(proposal)
    kept = [r.text("before") for r in world.kinds(Entry.ACCESS_WITHDRAWN)]
    assert [world.evidence.read(digest).decode() for digest in kept] == old


def test_what_approvers_left_out_stays_open(world):
    proposal = world.propose_all()
    world.leave_out(proposal, 1)
    world.answer(proposal, "iao-01")
    world.access(proposal)
    assert not world.custodian.is_closed(PLACE)
    assert world.custodian.is_closed("s3://records/patient/2020/")


def test_without_a_custodian_nothing_is_withdrawn_and_it_is_said(world, proposal):
    world.withdraws = False
    assert world.next_steps() == []
    (line,) = access_lines(world.ledger, world.evidence, withdraws=False)
    assert line.what == "stays as it is during cooling-off"
    assert "[access]" in line.which[0]


def test_what_was_withdrawn_is_given_back_even_if_nobody_may_withdraw_any_more(world, proposal):
    world.access(proposal)
    world.withdraws = False
    end(world, proposal)
    assert world.next_steps() == [("access", proposal)]
    assert lines(world)["to be given back"] == (1, True)


def test_a_custodian_who_fails_holds_up_no_disposal_and_is_shown(world, proposal):
    world.custodian.refuses = StoreRefusedError("the store refused: AccessDenied", hint="look")
    with pytest.raises(StoreRefusedError):
        world.access(proposal)
    assert lines(world) == {"to be withdrawn": (1, True)}
    with pytest.raises(NotDueError):
        world.dispose(proposal)
    cooled(world)
    assert world.next_steps() == [("dispose", proposal), ("access", proposal)]
    world.dispose(proposal)
    world.check_gone(proposal)
    assert not world.buckets["records"].held


def test_one_bucket_that_refuses_does_not_keep_the_other_open(world, proposal):
    del world.custodian.rules[ROOTS[0]]
    with pytest.raises(StoreRefusedError):
        world.access(proposal)
    assert world.custodian.is_closed(PLACE)
    assert len(world.kinds(Entry.ACCESS_WITHDRAWN)) == 1


def test_rules_that_somebody_changed_meanwhile_are_left_alone_and_shown_every_day(world, proposal):
    world.access(proposal)
    root = ROOTS[1]
    theirs = world.custodian.text(root).replace("the analyst reads", "two analysts read")
    world.custodian.rules[root] = theirs
    end(world, proposal)
    for _ in range(3):
        with pytest.raises(StaleError) as caught:
            world.access(proposal)
        assert caught.value.hint
        assert lines(world)["to be given back"] == (1, True)
        assert ("access", proposal) in world.next_steps()
        world.clock.step(days=1)
    assert world.custodian.text(root) == theirs
    assert not world.custodian.is_closed("s3://dr/patient/2019/")
    world.custodian.rules[root] = '{"others": ["two analysts read"], "ours": {}}'  # by hand
    world.access(proposal)
    assert lines(world) == {}
    assert world.next_steps() == []


def test_what_is_withdrawn_is_shown_without_alarm(world, proposal):
    world.access(proposal)
    assert lines(world) == {"withdrawn": (1, False)}


def proposals_of(world):
    """Approve both datasets of the world in a list of its own."""
    first = world.propose_all()
    world.leave_out(first, 2)
    world.answer(first, "iao-01")
    world.advance()
    second = world.propose_all()
    world.approve(second)
    assert first != second
    return first, second


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_proposals_in_one_bucket_come_and_go_in_any_order(world, order):
    proposals = proposals_of(world)
    places = (PLACE, "s3://records/patient/2020/")
    before = rules(world)
    for each in proposals:
        world.access(each)
    assert all(world.custodian.is_closed(place) for place in places)
    first, last = order
    end(world, proposals[first])
    world.access(proposals[first])
    assert not world.custodian.is_closed(places[first])
    assert world.custodian.is_closed(places[last])
    end(world, proposals[last])
    world.access(proposals[last])
    assert rules(world) == before


def test_while_one_is_at_work_on_a_bucket_another_waits_and_not_for_ever(world):
    first, second = proposals_of(world)
    with pytest.raises(PowerCut), world.dying(DieAt(0, port="access.make")):
        world.access(first)
    with pytest.raises(StoreUnavailableError) as caught:
        world.access(second)
    assert caught.value.retryable
    world.clock.step(minutes=3)
    world.access(second)
    world.access(first)
    assert world.custodian.is_closed(PLACE)
    assert world.custodian.is_closed("s3://records/patient/2020/")


def test_whoever_announces_second_gives_way(world):
    first, second = proposals_of(world)
    entered = []

    def meanwhile(verb):
        if verb == "access.read" and not entered:
            entered.append(verb)
            world.access(second)

    world.custodian.before = meanwhile
    with pytest.raises(StoreUnavailableError):
        world.access(first)
    world.access(first)
    assert world.custodian.is_closed(PLACE)
    assert world.custodian.is_closed("s3://records/patient/2020/")


def disposed(world, proposal):
    """Go on until what was ordered has been looked at."""
    world.access(proposal)
    cooled(world)
    world.dispose(proposal)
    world.check_gone(proposal)


def aborted(world, proposal):
    """Withdraw, and think better of it."""
    world.access(proposal)
    end(world, proposal)


STORIES = {"withdrawn": lambda *_: None, "aborted": aborted, "disposed": disposed}


@pytest.mark.parametrize("story", STORIES)
def test_wherever_it_dies_a_rerun_ends_with_the_same_rules(story, monkeypatch):
    def begin():
        monkeypatch.setattr(stores, "_NUMBERS", count(1))
        world = World(cooling_off=P("P7D"))
        world.fill(objects=1)
        world.publish()
        world.withdraws = True
        proposal = world.propose_all()
        world.approve(proposal)
        STORIES[story](world, proposal)
        return world, proposal

    world, proposal = begin()
    with world.dying(DieAt()) as counting:
        world.access(proposal)
    ended, calls = rules(world), counting.calls
    assert calls > 15
    for call in range(calls):
        world, proposal = begin()
        with pytest.raises(PowerCut), world.dying(DieAt(call)):
            world.access(proposal)
        world.access(proposal)
        assert rules(world) == ended, call
        assert world.next_steps() in ([], [("certify", proposal)]), call
        for kind in (Entry.ACCESS_WITHDRAWN, Entry.ACCESS_RESTORED):
            for record in world.kinds(kind):
                assert world.evidence.read(record.text("after"))


def test_no_rule_and_no_place_is_in_an_error_or_on_the_ledger(world, proposal):
    world.access(proposal)
    world.custodian.rules[ROOTS[1]] = world.custodian.text(ROOTS[1]).replace("reads", "wrote")
    end(world, proposal)
    with pytest.raises(RetentionError) as caught:
        world.access(proposal)
    said = f"{caught.value} {caught.value.hint}"
    assert "patient/" not in said
    facts = [r.facts for r in world.ledger.records if r.stream.startswith("access:")]
    assert "s3://" not in str(facts)


def test_of_what_ended_long_ago_nothing_is_read_again(world, proposal):
    world.access(proposal)
    end(world, proposal)
    world.access(proposal)
    read = []
    world.ledger.on_call = read.append
    world.evidence.on_call = read.append
    assert lines(world) == {}
    assert "evidence.read" not in read
    assert read.count("ledger.of_kind") == 2
