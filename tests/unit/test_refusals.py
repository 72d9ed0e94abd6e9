"""Rule 10: what a store refused is told by lock and day, and waits for a fresh approval."""

import json
from datetime import UTC, date, datetime

import pytest

from retention.domain.certificate import Certificate
from retention.domain.dataset import Kind
from retention.domain.entry import Entry
from retention.domain.refusal import DATED, Lock, Refusal
from retention.errors import CertificateError, StoreUnavailableError
from retention.ports.probe import Capabilities, Looked
from retention.steps.classify import assess_all
from retention.steps.due import due_list
from retention.steps.refusals import locked
from retention.steps.today import Asking, today
from retention.views.refusals import lock_words, refusal_words
from tests.support.memory import DieAt
from tests.support.world import World

NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
LATE = datetime(2027, 6, 30, 23, 30, tzinfo=UTC)  # in London it is July
FREE = Looked("", "", None, legal_hold=False)
KEPT = {
    Looked("", "COMPLIANCE", NEW_YEAR, legal_hold=False): (Lock.COMPLIANCE, NEW_YEAR),
    Looked("", "GOVERNANCE", LATE, legal_hold=False): (Lock.GOVERNANCE, LATE),
    Looked("", "COMPLIANCE", NEW_YEAR, legal_hold=None): (Lock.COMPLIANCE, NEW_YEAR),
    Looked("", "", None, legal_hold=True): (Lock.LEGAL_HOLD, None),
    Looked("", "COMPLIANCE", NEW_YEAR, legal_hold=True): (Lock.LEGAL_HOLD, NEW_YEAR),
    FREE: (Lock.DENIED, None),
    Looked("", "", None, legal_hold=None): (Lock.UNKNOWN, None),
    Looked("", None, None, legal_hold=False): (Lock.UNKNOWN, None),
    Looked("", "ANOTHER", NEW_YEAR, legal_hold=False): (Lock.UNKNOWN, NEW_YEAR),
    Looked(): (Lock.UNKNOWN, None),
}


def data(world):
    """Return what is there of the round that may go, and not of the one that nobody published."""
    held = world.buckets["records"].held
    return sorted(v for v in held if v.kind is Kind.DATA and "/2019/" in v.key)


def refused(world, looks):
    """Dispose of everything while *looks* keep the first versions; return the proposal."""
    world.publish()
    proposal = world.propose_all()
    for version, looked in zip(data(world), looks, strict=False):
        world.store.locked.add(version)
        world.store.looks[version] = looked
    world.approve(proposal)
    world.dispose(proposal)
    world.check_gone(proposal)
    return proposal


def world_with(objects=3):
    world = World()
    world.fill(("2019", "2021"), objects=objects)
    return world


def pack(world, proposal):
    (verified,) = world.case(proposal).verified.values()
    return [json.loads(line) for line in world.evidence.lines(verified.text("pack"))]


def report(world, proposal):
    record = world.case(proposal).certified["partial"]
    return Certificate.read(world.evidence.read(record.text("statement")))


@pytest.mark.parametrize(("looked", "says"), KEPT.items())
def test_each_refused_version_is_told_with_its_lock_and_its_date(looked, says):
    world = world_with()
    proposal = refused(world, [looked])
    (line,) = [each for each in pack(world, proposal) if each["fate"] == "refused"]
    lock, until = says
    assert line["lock"] == lock.value
    assert line.get("until") == (None if until is None else f"{until:%Y-%m-%dT%H:%M:%S.000Z}")
    assert all("lock" not in each for each in pack(world, proposal) if each["fate"] != "refused")
    (entry,) = world.kinds(Entry.REFUSED)
    assert (entry.text("lock"), entry.number("versions")) == (lock.value, 1)
    assert bool(entry.text("until")) == (lock in DATED)
    assert not any(v.key in json.dumps(dict(entry.facts)) for v in data(world))


def test_a_bucket_with_mfa_delete_says_so():
    world = world_with()
    world.store.said = Capabilities(versioning="enabled", mfa_delete=True)
    proposal = refused(world, [FREE])
    (refusal,) = report_after(world, proposal).what.datasets[0].refusals
    assert refusal.lock is Lock.MFA_DELETE
    assert refusal_words(refusal) == (
        "refused: 1 version in a bucket with MFA delete; no date is known: they could go once its "
        "owner, with a second factor, allows it, by a new approval"
    )


def report_after(world, proposal):
    world.certify(proposal)
    return report(world, proposal)


def test_the_report_adds_up_by_lock_and_gives_the_days_in_london():
    world = world_with()
    proposal = refused(world, KEPT)
    (dataset,) = report_after(world, proposal).what.datasets
    assert dataset.verification.refused == sum(each.versions for each in dataset.refusals) > 5
    found = {each.lock: each for each in dataset.refusals}
    assert found[Lock.COMPLIANCE] == Refusal(
        lock=Lock.COMPLIANCE, versions=2, first_until=NEW_YEAR.date(), until=NEW_YEAR.date()
    )
    assert found[Lock.GOVERNANCE].until == date(2027, 7, 1)
    assert refusal_words(found[Lock.COMPLIANCE]) == (
        "refused: 2 versions under a compliance lock until 1 January 2027; they could go from "
        "2 January 2027, by a new approval"
    )


def test_several_days_are_told_from_the_first_to_the_last():
    days = {"first_until": date(2027, 1, 1), "until": date(2027, 3, 1)}
    words = refusal_words(Refusal(lock=Lock.GOVERNANCE, versions=12, **days))
    assert "12 versions under a governance lock until 1 January 2027 to 1 March 2027;" in words
    assert "from 2 March 2027" in words


@pytest.mark.parametrize("lock", Lock)
def test_only_a_lock_with_a_date_has_one(lock):
    day = date(2027, 1, 1)
    right, wrong = (day, None) if lock in DATED else (None, day)
    made = Refusal(lock=lock, versions=1, first_until=right, until=right)
    assert bool(made.could_go_on) == (lock in DATED)
    assert refusal_words(made)
    for days in ((wrong, wrong), (wrong, right), (right, wrong)):
        with pytest.raises(CertificateError):
            Refusal(lock=lock, versions=1, first_until=days[0], until=days[1])
    with pytest.raises(CertificateError):
        Refusal(lock=lock, versions=0, first_until=right, until=right)


def test_a_refused_version_without_a_reason_is_not_certified():
    from dataclasses import replace

    from tests.support.certificates import counts, dataset

    with pytest.raises(CertificateError, match="refused"):
        replace(dataset(fates=counts(3, refused=2)), refusals=())


def test_a_store_that_does_not_say_what_keeps_a_version_is_asked_again():
    world = world_with()
    world.publish()
    proposal = world.propose_all()
    world.store.locked.add(data(world)[0])
    world.approve(proposal)
    world.dispose(proposal)
    silent = StoreUnavailableError("the store did not answer", hint="try again")
    with pytest.raises(StoreUnavailableError), world.dying(DieAt(0, silent, port="store.look")):
        world.check_gone(proposal)
    assert not world.kinds(Entry.VERIFIED)
    world.check_gone(proposal)
    assert len(world.kinds(Entry.VERIFIED)) == len(world.kinds(Entry.REFUSED)) == 1


def reopened(world, looks):
    proposal = refused(world, looks)
    world.certify(proposal)
    world.advance()
    world.survey()
    world.advance()
    return proposal


def proposed_again(world):
    world.controllers_answer()
    world.advance()
    return world.propose()


def test_what_is_locked_is_proposed_again_from_the_day_after_its_lock_and_not_before():
    world = world_with()
    locks = [next(iter(KEPT)), Looked("", "GOVERNANCE", LATE, legal_hold=False)]
    reopened(world, locks)
    assert locked(world.ledger, world.clock.today()) == {"INV/patient/2019": date(2027, 7, 1)}
    for day in (world.clock.moment, datetime(2027, 1, 2, 9, tzinfo=UTC), LATE):
        world.clock.moment = day
        assert proposed_again(world) == []
    world.clock.moment = datetime(2027, 7, 2, 9, tzinfo=UTC)
    assert len(proposed_again(world)) == 1


def test_it_is_said_every_day_while_it_waits():
    world = world_with()
    reopened(world, [next(iter(KEPT))])

    def lines():
        asking = Asking(
            world.library,
            world.catalogue,
            world.ledger,
            world.evidence,
            type("Silent", (), {"at": lambda *_: None})(),
            world.clock.today(),
        )
        return {each.what: each for each in today(asking)}

    said = lines()["locked by their stores"]
    assert said.which == (f"INV/patient/2019 ({lock_words(date(2027, 1, 1))})",)
    assert lock_words(date(2027, 1, 1)) == (
        "locked until 1 January 2027: proposed from 2 January 2027"
    )
    terms = world.library.terms(world.clock.today())
    found = assess_all(
        terms, catalogue=world.catalogue, ledger=world.ledger, on=world.clock.today()
    )
    assert due_list(found, world.clock.today()).locked == {"INV/patient/2019": date(2027, 1, 1)}
    world.clock.moment = datetime(2027, 1, 2, 9, tzinfo=UTC)
    assert "locked by their stores" not in lines()


def test_what_else_is_left_does_not_wait_for_a_lock():
    world = world_with()
    failing = data(world)[-1]
    world.store.failing.add(failing)
    reopened(world, [next(iter(KEPT))])
    assert locked(world.ledger, world.clock.today()) == {}
    assert len(proposed_again(world)) == 1


@pytest.mark.parametrize("looked", [FREE, Looked("", "", None, legal_hold=True), Looked()])
def test_what_has_no_date_is_proposed_again_at_once(looked):
    world = world_with()
    reopened(world, [looked])
    assert locked(world.ledger, world.clock.today()) == {}
    assert len(proposed_again(world)) == 1


def test_the_rest_goes_once_the_lock_has_ended_and_people_approved_afresh():
    world = world_with()
    first = reopened(world, [next(iter(KEPT))])
    world.store.locked.clear()
    world.store.looks.clear()
    world.clock.moment = datetime(2027, 1, 2, 9, tzinfo=UTC)
    world.survey()
    (again,) = proposed_again(world)
    assert again != first
    world.approve(again)
    world.dispose(again)
    world.check_gone(again)
    world.certify(again)
    assert not data(world)
    assert locked(world.ledger, world.clock.today()) == {}
