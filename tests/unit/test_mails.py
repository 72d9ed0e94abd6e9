"""Who is told what, once, with counts and marks only; the DPO for advice; one mail a day."""

from dataclasses import replace

import pytest

from retention.domain.entry import Entry
from retention.domain.people import Deputy
from retention.errors import DeliveryError
from tests.support.cast import PEOPLE, MemoryCourier
from tests.unit.test_chase import DPO, SIRO, Refusing, lines, told

DEP = replace(DPO, id="dep-01", roles=("audit-lead",), email="dep-01@example.invalid")


def proposed():
    """Return a world with one list that awaits the records manager, and its digest."""
    world = told(("2019", "2020"))
    world.controllers_answer()
    world.clock.step(days=31)
    world.survey()
    (proposal,) = world.propose()
    world.mails()
    return world, proposal


def sent(world):
    mails = [(each.to[0], each.subject.removeprefix("DEMONSTRATION: ")) for each in world.mails()]
    return [(to.split("@")[0], subject.split(":")[0]) for to, subject in mails]


def test_whoever_may_answer_is_told_once_and_the_next_role_when_its_turn_comes():
    world, proposal = proposed()
    assert world.tell() == ["rm-01", "both-01", "dpo-01"]
    assert sent(world) == [
        ("rm-01", "A list awaits your decision"),
        ("both-01", "A list awaits your decision"),
        ("dpo-01", "For your advice"),
    ]
    assert world.tell() == [], "once"
    world.answer(proposal, "rm-01")
    assert world.tell() == ["iao-01", "both-01"]
    world.answer(proposal, "iao-01")
    assert world.tell() == []
    told = [(r.text("step"), r.text("person")) for r in world.kinds(Entry.TOLD)]
    assert ("1-records-manager", "rm-01") in told
    assert ("2-information-asset-owner", "iao-01") in told


def test_a_mail_leads_to_the_run_and_names_no_dataset_no_key_and_nobody():
    world, proposal = proposed()
    world.reviews.runs[proposal] = "0193f2c0-0000-7000-8000-000000000001"
    world.tell()
    world.clock.step(days=1)
    world.remind()
    for mail in world.mails():
        text = mail.subject + mail.body
        assert "INV/" not in text
        assert "é+" not in text
        assert not any(person.name in text for person in (*PEOPLE, SIRO, DPO))
        if "decision" in mail.subject or "advice" in mail.subject:
            assert f"/v2/runs/flow-run/{world.reviews.runs[proposal]}" in mail.body
            assert world.mark(proposal) in mail.body


def test_a_deputy_is_told_in_whose_place_they_answer():
    world, _ = proposed()
    people = (replace(PEOPLE[0], deputies=(Deputy("dep-01"),)), PEOPLE[1], PEOPLE[3], DEP)
    world.library.people = lambda: people
    assert world.tell() == ["rm-01", "dep-01"]
    (mail,) = [each for each in world.mails() if each.to[0].startswith("dep-01")]
    assert "In the place of rm-01, as records manager" in mail.body


def test_whoever_would_close_the_door_for_the_rest_is_not_asked():
    world, _ = proposed()
    world.library.people = lambda: (PEOPLE[0], PEOPLE[2], PEOPLE[3])
    assert world.tell() == ["rm-01"], "both-01 is needed for the second role"


def test_what_no_server_took_is_sent_by_the_daily_flow_which_says_that_it_failed():
    world, _ = proposed()
    world.courier = Refusing("rm-01@example.invalid")
    with pytest.raises(DeliveryError):
        world.tell()
    assert ("both-01", "A list awaits your decision") in sent(world), "the others are told"
    with pytest.raises(DeliveryError):
        world.remind()
    world.courier = MemoryCourier()
    world.remind()
    assert ("rm-01", "A list awaits your decision") in sent(world)


def test_everybody_gets_one_mail_a_day_and_nobody_one_about_nothing():
    world, _ = proposed()
    world.tell()
    world.mails()
    assert world.remind() == ["rm-01", "both-01", "dpo-01"]
    bodies = {each.to[0].split("@")[0]: each.body for each in world.mails()}
    assert "Lists that await your decision" in bodies["rm-01"]
    assert "Lists under review, for your advice; no decision" in bodies["dpo-01"]
    assert not {"siro-01", "iao-01"} & set(bodies), "it is not their turn"
    assert world.remind() == [], "by a second schedule, on the same day"
    world.clock.step(days=1)
    assert world.remind() == ["rm-01", "both-01", "dpo-01"]


def test_incidents_are_the_officers_to_assess():
    world, _ = proposed()
    world.clock.step(days=2_000)
    world.classify()
    world.remind()
    bodies = {each.to[0].split("@")[0]: each.body for each in world.mails()}
    assert "Incidents that you must assess" in bodies["dpo-01"]
    assert "2 overdue" in bodies["rm-01"]


def test_where_nobody_has_an_address_it_is_escalated_all_the_same_and_shows():
    world, _ = proposed()
    unreachable = [replace(each, email=None) for each in PEOPLE]
    world.library.people = lambda: (*unreachable, SIRO)
    world.clock.step(days=15)
    world.remind()
    assert [each.to[0] for each in world.mails() if "Not answered" in each.subject] == [SIRO.email]
    world.library.people = lambda: unreachable
    world.clock.step(days=1)
    assert world.remind() == []
    assert lines(world)["escalated, and not answered"].urgent
