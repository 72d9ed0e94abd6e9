"""Residual copies: every one has a fate, and no final certificate goes out before it is known."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.domain.beyond_use import TESTS, BeyondUse
from retention.domain.certificate import Certificate
from retention.domain.entry import Entry
from retention.domain.wording import Grade
from retention.errors import AgreementError, CertificateError, NotAuthorisedError, RefusedError
from retention.ports.progress import NoProgress
from retention.steps.record.attesting import plan_attestation, plan_attestation_retraction
from retention.steps.remaining import EXCEPTIONS, Standing, remaining
from retention.steps.today import Asking, today
from retention.views import review
from tests.support.recording import plan
from tests.support.residuals import (
    BOX,
    DATASET,
    LISTED,
    PUT_AWAY,
    RELEASE,
    TAPES,
    VAULT,
    disposed,
    go_on,
    prepared,
    types,
)


def standings(world):
    found = remaining(world.ledger, world.evidence, world.clock.today())
    return {each.name.removeprefix(f"{DATASET}/"): each.standing for each in found}


def grades(world, proposal, kind="interim"):
    """Return the fate of each residual copy, as the certificate of that type has it."""
    statement = world.evidence.read(world.case(proposal).certified[kind].text("statement"))
    return {each.where: each.grade for each in Certificate.read(statement).residuals}


def attest(world, copy="backup-r1", on=None, by="audit-01"):
    on = on or world.clock.today()
    return world.record(plan_attestation, f"{DATASET}/{copy}", on, by=by)


def test_every_declared_copy_is_on_the_certificate_with_its_one_fate():
    world, proposal = disposed(VAULT, TAPES, BOX, RELEASE, PUT_AWAY, LISTED)
    attest(world, "paper-r3")
    attest(world, "backup-r2")
    go_on(world)
    assert grades(world, proposal) == {
        "Invented vault": Grade.PENDING,
        "Invented tapes": Grade.RELIED_ON,
        "Invented box": Grade.ATTESTED,
        "Invented release": Grade.NOT_COVERED,
        "Invented safe": Grade.BEYOND_USE,
        "s3://backup/patient/2019/": Grade.PENDING,
    }
    for copy in ("backup-r1", "backup-r5"):
        attest(world, copy)
    world.backups_age_out()
    world.clock.step(days=2)
    go_on(world)
    assert grades(world, proposal, "final") == {
        "Invented vault": Grade.ATTESTED,
        "Invented tapes": Grade.RELIED_ON,
        "Invented box": Grade.ATTESTED,
        "Invented release": Grade.NOT_COVERED,
        "Invented safe": Grade.ATTESTED,
        "s3://backup/patient/2019/": Grade.OBSERVED,
    }


def test_a_copy_that_a_clause_leaves_out_holds_up_no_certificate():
    world, proposal = disposed(RELEASE)
    go_on(world)
    assert types(world, proposal) == ["final"]
    assert standings(world) == {}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([VAULT, TAPES, BOX, LISTED]), min_size=1, max_size=3), st.data())
def test_no_final_certificate_while_one_copy_was_neither_seen_nor_attested(copies, data):
    world, proposal = disposed(*copies)
    names = [f"{copy.kind}-r{n}" for n, copy in enumerate(copies, start=1)]
    spared = data.draw(st.sampled_from(names))
    for name, copy in zip(names, copies, strict=True):
        if copy is not LISTED and name != spared:
            attest(world, name)
    if copies[names.index(spared)] is not LISTED:
        world.backups_age_out()
    go_on(world)
    for days in (1, 30, 6, 400):
        world.clock.step(days=days)
        go_on(world)
        assert types(world, proposal) == ["interim"]
    assert standings(world)[spared] in EXCEPTIONS


def test_a_closed_window_shows_every_day_until_somebody_says_that_it_is_gone():
    world, _ = disposed(VAULT, LISTED)
    destroyed_on = world.clock.today()
    go_on(world)
    assert standings(world) == {"backup-r1": Standing.PENDING, "backup-r2": Standing.PENDING}
    world.clock.step(days=2)
    go_on(world)
    assert standings(world)["backup-r2"] is Standing.STILL_THERE
    world.clock.step(days=(date(2026, 12, 8) - world.clock.today()).days)
    assert (world.clock.today() - destroyed_on).days == 35
    assert standings(world)["backup-r1"] is Standing.PENDING, "the last day of the window"
    for _ in range(3):
        world.clock.step(days=1)
        go_on(world)
        assert standings(world)["backup-r1"] is Standing.UNATTESTED
    attest(world)
    assert standings(world)["backup-r1"] is Standing.GONE


def test_a_copy_may_be_attested_before_its_window_closes():
    world, proposal = disposed(VAULT)
    go_on(world)
    world.clock.step(days=3)
    attest(world)
    go_on(world)
    assert types(world, proposal) == ["final", "interim"]
    (record,) = world.kinds(Entry.RESIDUAL_ATTESTED)
    assert world.evidence.read(record.text("evidence")) == b"invented evidence"


def test_after_the_last_word_the_live_places_are_looked_at_once_more():
    world, proposal = disposed(VAULT)
    go_on(world)
    attest(world)
    assert world.next_steps() == [("check_gone", proposal)]
    go_on(world)
    assert [r.text("type") for r in world.kinds(Entry.CERTIFIED)] == ["interim", "final"]


@pytest.mark.parametrize("by", ["rm-01", "iao-01"])
def test_whoever_approved_does_not_attest(by):
    world, _ = disposed(VAULT)
    with pytest.raises(NotAuthorisedError, match="approved this disposal"):
        attest(world, by=by)
    attest(world, by="both-01")  # the same roles, and another person


@pytest.mark.parametrize("by", ["dpo-01", "nobody-01"])
def test_not_everybody_attests(by):
    world, _ = disposed(VAULT)
    with pytest.raises(NotAuthorisedError, match="may not attest"):
        attest(world, by=by)


def test_no_word_is_taken_where_the_engine_looks():
    world, _ = disposed(LISTED)
    with pytest.raises(RefusedError, match="looks at this copy itself"):
        attest(world)


def test_a_name_that_is_none_gets_a_guess():
    world, _ = disposed(VAULT)
    with pytest.raises(AgreementError) as refused:
        attest(world, "backup-r7")
    assert refused.value.hint == f"did you mean {DATASET}/backup-r1?"


def test_the_day_says_something_of_what_is_there_now():
    world, _ = disposed(VAULT, BOX)
    today = world.clock.today()
    with pytest.raises(AgreementError, match="has not come"):
        attest(world, on=date(2027, 1, 1))
    before = date(2026, 10, 1)
    with pytest.raises(RefusedError, match="may have been made again"):
        attest(world, on=before)
    attest(world, on=today)
    attest(world, "paper-r2", on=before)  # paper is not copied anew at night
    with pytest.raises(RefusedError, match="attested already"):
        attest(world)


def test_what_ended_late_or_was_relied_on_is_said_before_it_is_attested():
    world, _ = disposed(TAPES)
    world.clock.step(days=40)
    planned = plan(
        world, plan_attestation, f"{DATASET}/backup-r1", world.clock.today(), by="audit-01"
    )
    said = " ".join(planned.preview.notes)
    assert "later than agreed: by 8 December 2026" in said
    assert "the provider's document" in said


def test_a_wrong_attestation_is_taken_back_until_a_final_certificate_relies_on_it():
    world, proposal = disposed(VAULT)
    go_on(world)
    attest(world)
    retracted = plan_attestation_retraction, f"{DATASET}/backup-r1"
    world.record(*retracted, by="siro-01")
    assert standings(world)["backup-r1"] is Standing.PENDING
    with pytest.raises(AgreementError, match="nothing is attested"):
        world.record(*retracted, by="siro-01")
    go_on(world)
    assert types(world, proposal) == ["interim"]
    attest(world)
    go_on(world)
    assert types(world, proposal) == ["final", "interim"]
    with pytest.raises(RefusedError, match="relies on it"):
        world.record(*retracted, by="siro-01")


# Under a hold


def test_a_hold_in_the_window_holds_the_residuals_and_the_final_certificate():
    world, proposal = disposed(VAULT, LISTED)
    hold = world.hold(DATASET)
    go_on(world)
    assert set(standings(world).values()) == {Standing.HELD}
    assert set(grades(world, proposal).values()) == {Grade.HELD}
    attest(world)
    world.backups_age_out()
    world.clock.step(days=60)
    for _ in range(3):
        world.clock.step(days=1)
        go_on(world)
        assert types(world, proposal) == ["interim"]
    assert len(world.kinds(Entry.RESIDUAL_HELD)) == 2, "only what changes is written"
    world.release(hold)
    world.advance()
    assert len(world.kinds(Entry.RESIDUAL_FREED)) == 2
    assert standings(world)["backup-r2"] is Standing.UNSEEN, "the clock ran on beneath the hold"
    assert world.next_steps() == [("check_gone", proposal)]
    looks = len(world.kinds(Entry.VERIFIED))
    go_on(world)
    assert len(world.kinds(Entry.VERIFIED)) == looks + 1, "and the live places once more"
    assert types(world, proposal) == ["final", "interim"]


def test_a_release_is_followed_by_a_look_at_the_live_places():
    """Also where everything else was said while the hold stood."""
    world, proposal = disposed(VAULT)
    hold = world.hold(DATASET)
    go_on(world)
    attest(world)
    go_on(world)
    world.release(hold)
    world.advance()
    assert world.next_steps() == [("check_gone", proposal)]


def test_a_hold_that_nobody_has_noted_yet_still_stops_the_final_certificate():
    world, proposal = disposed(VAULT, RELEASE)
    go_on(world)
    world.hold(DATASET)
    attest(world)  # after the hold was placed, and before any daily run has noted it
    world.check_gone(proposal)
    assert world.next_steps() == [("certify", proposal)]
    world.certify(proposal)
    assert types(world, proposal) == ["interim"]
    assert standings(world) == {"backup-r1": Standing.HELD}


def test_a_hold_after_the_last_copy_is_gone_finds_nothing_that_it_could_hold():
    world, proposal = disposed(VAULT)
    go_on(world)
    attest(world)
    world.hold(DATASET)
    go_on(world)
    assert types(world, proposal) == ["final", "interim"]


def test_a_hold_placed_while_a_certificate_is_written_makes_it_begin_again():
    world, proposal = disposed(VAULT)

    def hook(name):
        if name == "ledger.append_all":
            world.calls = lambda name: None
            world.hold(DATASET)

    world.calls = hook
    world.certify(proposal)
    assert grades(world, proposal) == {"Invented vault": Grade.HELD}


def test_another_hold_is_written_and_what_it_does_not_match_is_free():
    world, _ = disposed(VAULT, rounds=("2019", "2020"))
    world.hold("INV/patient/2020")
    world.advance()
    assert standings(world)["backup-r1"] is Standing.PENDING
    for number in range(1, 25):
        world.hold(DATASET)
        world.advance()
        newest = world.kinds(Entry.RESIDUAL_HELD)[-1].text("holds")
        assert newest.count("+") == min(number - 1, 20)
    assert newest.endswith("+4-more")
    assert standings(world)["backup-r1"] is Standing.HELD


def test_what_is_beyond_use_is_read_as_it_was_written():
    for tests in [(True,) * 4, (False, True, True, False)]:
        put = BeyondUse(tests, "iao-01", date(2026, 1, 15))
        assert BeyondUse.read(put.facts()) == put
    assert BeyondUse.read({}) is None
    assert len(TESTS) == 4
    with pytest.raises(CertificateError, match="tested 4 times"):
        BeyondUse((True,) * 3, "iao-01", date(2026, 1, 15))


# Every day


def lines(world):
    ports = (world.library, world.catalogue, world.ledger, world.evidence, NoProgress())
    asking = Asking(*ports, world.clock.today())
    return {line.what: line for line in today(asking) if line.section == "Copies that remain"}


def reminded(world):
    return world.remind()


def test_status_names_every_exception_with_what_to_do_every_day():
    world, _ = disposed(VAULT, BOX, LISTED, TAPES)
    calm = lines(world)
    assert calm[Standing.PENDING].how_many == 3
    assert not calm[Standing.PENDING].urgent
    (box,) = calm[Standing.UNDATED].which
    assert box == f"{DATASET}/paper-r2 (no day yet): ask, then: retention attest {DATASET}/paper-r2"
    world.clock.step(days=2)
    (unseen,) = lines(world)[Standing.UNSEEN].which
    assert unseen.endswith("(until 4 November 2026): see that check_gone runs: it looks every day")
    go_on(world)
    for _ in range(3):
        world.clock.step(days=40)
        go_on(world)
        found = lines(world)
        assert {what: line.how_many for what, line in found.items() if line.urgent} == {
            Standing.UNDATED: 1,
            Standing.UNATTESTED: 2,
            Standing.STILL_THERE: 1,
        }
    assert "ask whoever runs that place" in found[Standing.STILL_THERE].which[0]
    hold = world.hold(DATASET)
    world.advance()
    found = lines(world)
    assert found[Standing.HELD].how_many == 4
    assert not any(line.urgent for line in found.values())
    world.release(hold)
    world.advance()
    assert lines(world)[Standing.UNATTESTED].how_many == 2


def test_those_who_keep_the_records_are_written_to_every_day_and_read_no_name_of_a_dataset():
    world, _ = disposed(VAULT, BOX)
    go_on(world)
    for days, number in ((0, "1 copy of which"), (40, "1 copy whose"), (1, "1 copy whose")):
        world.clock.step(days=days)
        world.courier.letters.clear()
        assert reminded(world) == ["rm-01", "iao-01", "both-01"]
        for letter in world.courier.letters:
            assert "Copies not known to be gone" in letter.body
            assert number in letter.body
            assert "retention attest" in letter.body
            assert DATASET not in letter.body
    for copy in ("backup-r1", "paper-r2"):
        attest(world, copy)
    world.courier.letters.clear()
    assert reminded(world) == []


def test_where_everything_was_seen_under_a_hold_the_interim_certificate_is_issued_at_once():
    world, proposal = prepared(LISTED)
    world.dispose(proposal)
    world.hold(DATASET)
    world.backups_age_out()
    world.clock.step(days=15)
    world.check_gone(proposal)
    assert len(world.certify(proposal)) == 1
    assert grades(world, proposal) == {"s3://backup/patient/2019/": Grade.HELD}


def test_approvers_read_what_remains_and_what_no_certificate_will_cover():
    world, proposal = prepared(VAULT, BOX, RELEASE)
    said = review._remains(world.proposal(proposal).items)
    assert said == (
        "What remains for a while, and is looked at or attested: backup, paper. "
        "What remains, and no certificate covers: Invented release (clause 9.8)."
    )
    world, proposal = prepared()
    said = review._remains(world.proposal(proposal).items)
    assert said == "No copy is declared that would remain."
