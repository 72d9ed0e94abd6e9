"""The end of a key, from the agreement to the final certificate, and everything that prevents it."""

from datetime import timedelta

import pytest

from retention.domain.agreement import Limits
from retention.domain.clock import Period
from retention.domain.dataset import Kind
from retention.domain.entry import Entry
from retention.domain.erasure import Doubt
from retention.ports.probe import Looked
from retention.steps import elsewhere as searching
from retention.views.certificate_remains import remaining_rows, remaining_tells
from tests.support.keyed import OTHER, KeyedWorld, certificate, key_of, keyed, until_settled, why

P = Period.parse


@pytest.fixture
def world():
    world = KeyedWorld()
    world.fill()
    world.publish()
    return world


def test_a_key_goes_last_and_the_final_certificate_waits_for_its_day(world):
    proposal = world.propose_all()
    world.approve(proposal)
    world.dispose(proposal)
    assert world.kms.state(world.key) == "Enabled"  # nothing is seen gone yet
    assert world.next_steps() == [("check_gone", proposal)]
    world.check_gone(proposal)
    assert world.next_steps() == [("dispose", proposal)]
    world.dispose(proposal)
    ordered_at = world.kinds(Entry.KEY_OUTCOME)[0].at
    assert world.kms.state(world.key) == "PendingDeletion"
    assert world.next_steps() == [("check_gone", proposal)]
    world.check_gone(proposal)
    assert world.next_steps() == [("certify", proposal)]
    until_settled(world, proposal)
    interim = key_of(certificate(world, proposal, "interim"))
    gone_on = (ordered_at + timedelta(days=30)).date()
    assert (interim.key.unusable_since, interim.until) == (ordered_at, gone_on)
    assert interim.is_pending
    world.clock.step(days=3)
    world.backups_age_out()
    until_settled(world, proposal)
    assert "final" not in world.case(proposal).certified
    world.clock.step(days=28)
    until_settled(world, proposal)
    final = key_of(certificate(world, proposal, "final"))
    assert world.kms.state(world.key) is None
    assert (final.grade.value, final.key.unusable_since) == ("observed", ordered_at)
    assert final.seen_gone_at > ordered_at + timedelta(days=30)


def test_the_day_itself_is_not_enough_the_service_must_know_it_no_more(world):
    proposal = world.gone()
    until_settled(world, proposal)
    world.kms._let_go = lambda: None  # the service takes longer than it said
    world.backups_age_out()
    for _ in range(40):
        world.clock.step(days=1)
        until_settled(world, proposal)
    assert "final" not in world.case(proposal).certified
    assert world.standing(proposal) == "PENDING"


def test_intent_stands_before_the_order_and_its_outcome_after(world):
    seen = []
    proposal = world.gone()
    hook = world.kms.before

    def at(call):
        seen.append((call, [r.kind for r in world.ledger.records][-1]))
        hook(call)

    world.kms.before = at
    world.dispose(proposal)
    assert ("schedule_key_deletion", Entry.KEY_INTENT) in seen
    assert world.ledger.records[-1].kind is Entry.KEY_OUTCOME


def test_approvers_are_shown_the_key_and_what_is_under_it(world):
    digest = world.propose_all()
    proposal, page = world.proposal(digest), world.desk(digest).page("records-manager", "")
    data = sum(i.manifest.versions - i.manifest.markers - i.manifest.uploads
               for i in proposal.items)  # fmt: skip
    assert world.key in page
    assert f"Of {data} versions {data} were looked at, and {data} are under it" in page
    assert "30 days" in page
    assert "key" not in page.partition("What remains")[2].partition("\n")[0]


def test_an_agreement_without_a_key_says_nothing_of_any():
    world = KeyedWorld()
    world.library.now = keyed(world.library.now)
    (kind,) = world.library.now.classes
    object.__setattr__(kind, "copies", kind.copies[:2])
    world.fill()
    world.publish()
    proposal = world.gone()
    until_settled(world, proposal)
    assert world.kms.calls == []
    assert all(copy.key is None for copy in certificate(world, proposal, "interim").residuals)


# What keeps it


def kept_for(world, *doubts):
    """The key is kept for exactly these reasons, and the final certificate claims nothing by it."""
    proposal = world.gone()
    until_settled(world, proposal)
    assert why(world) == doubts
    assert "schedule_key_deletion" not in world.kms.calls
    assert not world.kinds(Entry.KEY_INTENT)
    world.backups_age_out()
    world.clock.step(days=3)
    until_settled(world, proposal)
    final = certificate(world, proposal, "final")
    copy = key_of(final)
    assert copy.key.kept_because == tuple(each.value for each in doubts)
    assert (copy.key.unusable_since, copy.until, copy.grade.value) == (None, None, "not covered")
    assert "Nothing is claimed by the key" in str(remaining_tells(final))
    assert "unusable" not in str(remaining_rows(final))


@pytest.mark.parametrize(
    ("made", "doubt"),
    [
        ({"manager": "AWS"}, Doubt.NOT_OURS),
        ({"origin": "EXTERNAL"}, Doubt.IMPORTED),
        ({"origin": "AWS_CLOUDHSM", "store": "cks-1"}, Doubt.OWN_STORE),
    ],
)
def test_a_key_of_another_sort_is_kept(made, doubt):
    world = KeyedWorld(made=made)
    world.fill()
    world.publish()
    kept_for(world, doubt)


def test_a_key_with_replicas_is_kept():
    world = KeyedWorld(made={"many": True})
    world.kms.replicate(world.key)
    world.fill()
    world.publish()
    kept_for(world, Doubt.REPLICAS)


def test_a_key_that_others_were_granted_is_kept(world):
    world.kms.grant(world.key)
    kept_for(world, Doubt.GRANTED)


def test_a_key_that_somebody_else_ordered_destroyed_is_not_ours(world):
    world.kms.schedule_key_deletion(KeyId=world.key, PendingWindowInDays=7)
    world.kms.calls.clear()
    kept_for(world, Doubt.PENDING_ALREADY)


def test_a_key_that_is_not_there_is_no_evidence(world):
    del world.kms.keys[world.key]
    kept_for(world, Doubt.ABSENT)


def test_a_key_that_another_dataset_needs_is_kept():
    world = KeyedWorld()
    world.fill(("2019", "2020"))
    world.publish()  # only the first is due
    bucket = world.buckets["records"]
    bucket.held = {v for v in bucket.held if "2019" in v.key or v.kind is not Kind.UPLOAD}
    kept_for(world, Doubt.SHARED)


def test_what_an_unfinished_upload_is_under_nobody_knows(world):
    proposal = world.gone()
    world.buckets["dr"].start_upload("another/upload")
    world.store.looks = {v: Looked(None) for v in world.store.held if v.kind is Kind.UPLOAD}
    until_settled(world, proposal)
    assert world.kinds(Entry.KEY_JUDGED)[-1].text("why") == "elsewhere-unknown"
    assert world.standing(proposal) == "OWED"


def test_one_stray_version_under_it_is_enough(world):
    world.put("nobody/declared/this", copy="dr")
    kept_for(world, Doubt.SHARED)


def test_what_came_after_approval_under_its_own_place_needs_the_key(world):
    proposal = world.propose_all()
    world.approve(proposal)
    world.dispose(proposal)
    world.put("patient/2019/late")
    world.check_gone(proposal)
    until_settled(world, proposal)
    assert why(world) == (Doubt.SHARED,)


def test_a_key_that_was_used_since_is_in_use(world):
    proposal = world.gone()
    world.clock.step(seconds=1)
    world.kms.encrypt(world.key)
    until_settled(world, proposal)
    assert why(world) == (Doubt.IN_USE,)


def test_versions_under_another_key_prove_that_it_does_not_protect_them_all(world):
    world.under["dr"] = f"aws:kms {OTHER}"
    kept_for(world, Doubt.NOT_UNDER_IT)


def test_versions_that_nobody_may_look_at_prove_nothing(world):
    world.under["records"] = None
    proposal = world.gone()
    until_settled(world, proposal)
    assert why(world) == (Doubt.NOT_LOOKED_AT,)


def test_two_keys_of_one_class_go_together():
    world = KeyedWorld()
    other = world.kms.make()
    world.library.now = keyed(world.library.now, other)
    world.under["dr"] = f"aws:kms {other}"
    world.fill()
    world.publish()
    proposal = world.gone()
    until_settled(world, proposal)
    assert {world.kms.state(arn) for arn in (world.key, other)} == {"PendingDeletion"}


def test_what_is_not_known_is_asked_again_daily_until_the_approval_lapses(world):
    other = world.put("another/folder/x", copy="dr")
    world.store.looks[other] = Looked(None)
    proposal = world.gone()
    until_settled(world, proposal)
    assert [r.text("why") for r in world.kinds(Entry.KEY_JUDGED)] == ["elsewhere-unknown"]
    assert "interim" in world.case(proposal).certified  # nothing waits for a key that waits
    assert key_of(certificate(world, proposal, "interim")).until is None
    world.clock.step(days=1)
    world.store.looks[other] = Looked("AES256")
    until_settled(world, proposal)
    assert world.standing(proposal) == "PENDING"


def test_an_approval_that_lapsed_orders_no_key(world):
    other = world.put("another/folder/x", copy="dr")
    world.store.looks[other] = Looked(None)
    proposal = world.gone()
    world.clock.step(days=15)
    world.store.looks[other] = Looked("AES256")
    until_settled(world, proposal)
    assert why(world) == (Doubt.NOT_APPROVED,)
    assert world.kms.state(world.key) == "Enabled"


def test_more_versions_than_anybody_looks_at_stay_unknown(world, monkeypatch):
    monkeypatch.setattr(searching, "LOOKS_MAX", 2)
    world.under = dict.fromkeys(world.under, f"aws:kms {world.key}")
    for number in range(3):
        world.store.looks[world.put(f"another/{number}", copy="dr")] = Looked("AES256")
    proposal = world.gone()
    until_settled(world, proposal)
    assert world.kinds(Entry.KEY_JUDGED)[-1].text("why") == "elsewhere-unknown"
    monkeypatch.setattr(searching, "LOOKS_MAX", 3)
    world.clock.step(days=1)
    until_settled(world, proposal)
    assert world.standing(proposal) == "PENDING"


def test_a_partial_disposal_keeps_the_key(world):
    proposal = world.propose_all()
    world.store.locked.add(next(v for v in world.buckets["dr"].held if v.kind.value == "data"))
    world.approve(proposal)
    world.dispose(proposal)
    world.check_gone(proposal)
    until_settled(world, proposal)
    report = key_of(certificate(world, proposal, "partial"))
    assert report.key.kept_because == ("left",)
    assert world.kms.state(world.key) == "Enabled"
    assert world.kms.calls == []


def test_what_approvers_left_out_keeps_the_key():
    world = KeyedWorld(limits=Limits(40, 10_000, 10**12, 100))
    world.fill(("2019", "2020"))
    world.publish(("2019", "2020"))
    proposal = world.propose_all()
    except_one = {
        "decision": "approve except",
        "exceptions": "2: refuse because it is not asked about now",
    }
    world.answer(proposal, "rm-01", **except_one)
    world.answer(proposal, "iao-01")
    world.dispose(proposal)
    world.check_gone(proposal)
    until_settled(world, proposal)
    assert Doubt.SHARED in why(world)
    assert world.kms.state(world.key) == "Enabled"
