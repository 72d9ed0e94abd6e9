"""That a controller acknowledged a certificate: recorded by people, never supposed from silence."""

import json
from datetime import date
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.cli import taking
from retention.cli.main import cli
from retention.domain.clock import Period
from retention.domain.entry import Entry
from retention.errors import AgreementError, NotAuthorisedError, RefusedError, StaleError
from retention.steps.acknowledged import acknowledged_stream
from retention.steps.chase import Owes
from retention.steps.record.acknowledging import (
    plan_acknowledgement,
    plan_acknowledgement_retraction,
)
from retention.wiring import process
from tests.support.recording import plan
from tests.unit.test_answer_command import Work
from tests.unit.test_chase import SIRO, Refusing, letters, lines, told

D = date.fromisoformat
P = Period.parse
BOTH = ("north", "south")


def delivered(days=0, **terms):
    """Return a world whose certificate both controllers got on 2 November 2026, some days later."""
    world = told(notice=P("P0D"), **{"acknowledge_within": P("P30D")} | terms)
    world.controllers_answer()
    (proposal,) = world.propose()
    world.approve(proposal)
    world.dispose(proposal)
    world.check_gone(proposal)
    world.certify(proposal)
    world.deliver(proposal)
    world.clock.step(days=days)
    return world


def number_of(world):
    (record,) = world.kinds(Entry.SEALED)
    return record.text("certificate")


def acknowledge(world, controller="south", on="2026-11-02", by="rm-01"):
    return world.record(plan_acknowledgement, number_of(world), controller, D(on), by=by)


def retract(world, controller="south", by="rm-01"):
    return world.record(plan_acknowledgement_retraction, number_of(world), controller, by=by)


def owing(world):
    return [each.whom for each in world.owed() if each.what is Owes.ACKNOWLEDGEMENT]


def test_each_controller_owes_it_until_its_own_is_recorded():
    world = delivered(days=3)
    assert owing(world) == ["north", "south"]
    planned = acknowledge(world, "south", "2026-11-04")
    assert planned.preview.changes == ()
    assert planned.preview.notes == (
        "It says nothing of north: no acknowledgement of theirs is recorded.",
    )
    assert owing(world) == ["north"]
    planned = acknowledge(world, "north", "2026-11-05")
    assert planned.preview.notes == ("Every controller has then acknowledged it.",)
    assert owing(world) == []


def test_the_letter_asks_for_it_where_the_agreement_does():
    asked = {}
    for within in (P("P30D"), None):
        world = delivered(acknowledge_within=within)
        sent = [each for each in world.mails() if number_of(world) in each.subject]
        asked[within] = [
            "Please answer this mail to say that you have it" in " ".join(each.body.split())
            and "within 30 days" in " ".join(each.body.split())
            for each in sent
        ]
    assert asked == {P("P30D"): [True, True], None: [False, False]}


def test_silence_is_no_acknowledgement_however_long_it_lasts():
    world = delivered(days=1_000)
    assert owing(world) == ["north", "south"]
    assert not world.kinds(Entry.ACKNOWLEDGED)


def test_it_is_on_the_ledger_apart_from_the_disposal():
    world = delivered()
    (proposed,) = world.kinds(Entry.PROPOSED)
    before = len(world.ledger.stream(proposed.stream))
    acknowledge(world)
    (entry,) = world.kinds(Entry.ACKNOWLEDGED)
    assert entry.stream == acknowledged_stream(number_of(world))
    assert {name: entry.text(name) for name in ("certificate", "controller", "on", "by")} == {
        "certificate": number_of(world),
        "controller": "south",
        "on": "2026-11-02",
        "by": "rm-01",
    }
    assert world.evidence.read(entry.text("evidence")) == b"invented evidence"
    assert len(world.ledger.stream(proposed.stream)) == before
    assert world.next_steps() == []


# Escalation


def test_what_is_not_acknowledged_in_time_is_told_to_whom_the_agreement_names_once():
    world = delivered(days=30)
    world.remind()
    assert not letters(world, SIRO.email)
    world.clock.step(days=1)
    world.remind()
    mails = letters(world, SIRO.email, "Not answered in time: 2 matters")
    assert [number_of(world) in each.body for each in mails] == [True]
    assert {r.text("whom") for r in world.kinds(Entry.ESCALATED)} == {*BOTH}
    assert {r.text("about") for r in world.kinds(Entry.ESCALATED)} == {
        f"certificate:{number_of(world)}"
    }
    world.clock.step(days=1)
    world.remind()
    (daily,) = letters(world, SIRO.email)
    assert "Escalated to you, and not answered yet" in daily.body
    assert not world.kinds(Entry.REMINDED), "controllers are not written to"


def test_what_is_recorded_ends_the_escalation_of_that_controller_alone():
    world = delivered(days=31)
    world.remind()
    world.mails()
    acknowledge(world, "south", "2026-12-03")
    assert lines(world)["escalated, and not answered"].how_many == 1
    world.clock.step(days=1)
    world.remind()
    (daily,) = letters(world, SIRO.email)
    assert ("north, an ack" in daily.body, "south, an ack" in daily.body) == (True, False)
    acknowledge(world, "north", "2026-12-03")
    world.clock.step(days=1)
    world.remind()
    assert not letters(world, SIRO.email)
    assert not lines(world)["escalated, and not answered"].how_many


def test_what_is_recorded_in_time_is_never_escalated():
    world = delivered()
    for each in BOTH:
        acknowledge(world, each)
    world.clock.step(days=40)
    world.remind()
    assert not world.kinds(Entry.ESCALATED)


def test_the_records_manager_reads_daily_who_owes_it_still():
    world = delivered(days=1)
    acknowledge(world)
    world.mails()
    world.remind()
    (daily,) = letters(world, "rm-01@")
    said = " ".join(daily.body.split())
    assert f"certificate {number_of(world)}: north, an acknowledgement" in said
    assert "south, an acknowledgement" not in said


# What is shown


def notes(world, controller="south", on="2026-11-02"):
    planned = plan(world, plan_acknowledgement, number_of(world), controller, D(on))
    return planned.preview.notes[:-1]  # the last is of the other controllers


def test_a_late_one_is_taken_and_said_to_be_late():
    world = delivered(days=31)
    assert notes(world, on="2026-12-02") == ()
    assert notes(world, on="2026-12-03") == ("The agreement wanted it by 2 December 2026.",)


def test_where_the_agreement_asks_for_none_it_is_recorded_all_the_same():
    world = delivered(acknowledge_within=None)
    said = ("The agreement asks for no acknowledgement; it is recorded all the same.",)
    assert notes(world) == said
    acknowledge(world)
    assert world.kinds(Entry.ACKNOWLEDGED)


def test_one_that_came_before_its_mail_server_took_it_is_told():
    world = certified_but_not_taken()
    (said,) = notes(world)
    assert said.startswith("No mail server took it for south")
    world.courier.address = "nobody@example.invalid"
    world.clock.step(days=2)
    (proposed,) = world.kinds(Entry.PROPOSED)
    world.deliver(proposed.text("proposal"))
    assert notes(world) == (
        "Its mail server took it on 4 November 2026, which is later than that day.",
    )


def certified_but_not_taken():
    """Return a world of whose certificate no server has taken the copy of south."""
    world = told(notice=P("P0D"), acknowledge_within=P("P30D"))
    world.controllers_answer()
    (proposal,) = world.propose()
    world.approve(proposal)
    world.dispose(proposal)
    world.check_gone(proposal)
    world.certify(proposal)
    world.courier = Refusing("south@example.invalid")
    return world


def test_what_was_acknowledged_before_it_was_delivered_is_not_chased_afterwards():
    world = certified_but_not_taken()
    acknowledge(world)
    world.courier.address = "nobody@example.invalid"
    (proposed,) = world.kinds(Entry.PROPOSED)
    assert len(world.deliver(proposed.text("proposal"))) == len(BOTH)
    assert owing(world) == ["north"]


# What is refused


@pytest.mark.parametrize(
    ("controller", "on", "says"),
    [
        ("south", "2026-11-06", "that day has not come"),
        ("south", "2026-11-01", "was issued on 2 November 2026"),
        ("sout", "2026-11-03", "to no controller of that name"),
        ("hqip", "2026-11-03", "to no controller of that name"),
    ],
)
def test_what_cannot_be_is_refused(controller, on, says):
    world = delivered(days=3)
    with pytest.raises(AgreementError, match=says):
        acknowledge(world, controller, on)
    assert not world.kinds(Entry.ACKNOWLEDGED)


def test_the_days_at_the_edge_are_taken():
    world = delivered(days=3)
    acknowledge(world, "north", "2026-11-02")
    acknowledge(world, "south", "2026-11-05")
    assert owing(world) == []


def test_of_an_unknown_certificate_the_numbers_are_told_that_there_are():
    world = delivered()
    for what, rest in (
        (plan_acknowledgement, ("south", D("2026-11-02"))),
        (plan_acknowledgement_retraction, ("south",)),
    ):
        with pytest.raises(AgreementError, match="no certificate of that number") as refused:
            plan(world, what, "a guess", *rest)
        assert refused.value.hint == f"there is: {number_of(world)}"
        assert "a guess" not in str(refused.value)


def test_before_any_is_issued_there_is_none_to_acknowledge():
    with pytest.raises(AgreementError) as refused:
        plan(told(), plan_acknowledgement, "INV-2026-000001", "south", D("2026-11-02"))
    assert refused.value.hint == "no certificate was issued yet"


def test_it_is_recorded_once():
    world = delivered(days=3)
    acknowledge(world, on="2026-11-03")
    with pytest.raises(RefusedError, match="already that south acknowledged it, on 3 Nov") as error:
        acknowledge(world, on="2026-11-04")
    assert "unacknowledge" in error.value.hint
    assert len(world.kinds(Entry.ACKNOWLEDGED)) == 1


def test_of_two_who_record_it_at_once_one_is_refused():
    world = delivered()
    plans = [
        plan(world, plan_acknowledgement, number_of(world), "south", D("2026-11-02"), by=by)
        for by in ("rm-01", "iao-01")
    ]
    plans[0].write(world.recording)
    with pytest.raises(StaleError):
        plans[1].write(world.recording)
    assert len(world.kinds(Entry.ACKNOWLEDGED)) == 1


def test_it_takes_who_may_record_an_answer():
    world = delivered()
    with pytest.raises(NotAuthorisedError, match="may not record that a controller got a notice"):
        acknowledge(world, by="audit-01")
    acknowledge(world, by="iao-01")
    with pytest.raises(NotAuthorisedError):
        retract(world, by="audit-01")


@pytest.mark.parametrize("missing", [{"content": b" "}, {"reason": "because"}])
def test_it_takes_evidence_and_a_reason(missing):
    world = delivered()
    why = world.why(**missing)
    planned = plan_acknowledgement(
        number_of(world), "south", D("2026-11-02"), why=why, ports=world.recording
    )
    with pytest.raises(RefusedError):
        planned.write(world.recording)
    assert owing(world) == ["north", "south"]


# Taken back


def test_a_wrong_day_is_taken_back_and_given_anew():
    world = delivered(days=3)
    acknowledge(world, on="2026-11-03")
    planned = retract(world)
    assert "that south acknowledged" in planned.preview.act
    assert planned.preview.notes == ("south owes it again.",)
    assert owing(world) == ["north", "south"]
    with pytest.raises(AgreementError, match="no acknowledgement of certificate"):
        retract(world)
    acknowledge(world, on="2026-11-05")
    assert owing(world) == ["north"]


@settings(max_examples=25)
@given(st.lists(st.sampled_from(BOTH), max_size=6))
def test_whatever_is_recorded_and_taken_back_owes_what_does_not_stand(turns):
    world = delivered()
    standing = set()
    for controller in turns:  # each turn takes back what stands, or records what does not
        (retract if controller in standing else acknowledge)(world, controller)
        standing ^= {controller}
    assert owing(world) == sorted({*BOTH} - standing)


# The command


def test_the_commands_record_list_and_take_back(monkeypatch, tmp_path):
    world = delivered()
    number = number_of(world)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "letter.txt").write_text("an invented letter")
    work = Work(world)
    work.keyring = SimpleNamespace(issuer=SimpleNamespace(certificate_pem=b"invented"))
    monkeypatch.setattr(process, "_installed", [work])
    monkeypatch.setattr(taking, "authenticated", lambda _, name: world.why(name).by)

    def run(verb, *arguments):
        done = CliRunner().invoke(cli, ["certificate", verb, *arguments], env={"COLUMNS": "160"})
        assert done.exit_code == 0, done.output
        return done.stdout

    why = ("--evidence", "letter.txt", "--reason", "Their reply of today", "--as", "rm-01")
    south = (number, "--from", "south", *why)
    assert "Record that south acknowledged" in run(
        "acknowledge", *south, "--on", "2026-11-02", "--preview"
    )
    assert not world.kinds(Entry.ACKNOWLEDGED)
    assert "Recorded as entry" in run("acknowledge", *south, "--on", "2026-11-02", "--yes")
    (entry,) = world.kinds(Entry.ACKNOWLEDGED)
    (row,) = json.loads(run("list", "--json"))
    assert row["delivered_to"] == ["north", "south"]
    assert row["acknowledged_by"] == [
        {
            "controller": "south",
            "on": "2026-11-02",
            "recorded_by": "rm-01",
            "entry": entry.index,
        }
    ]
    assert "south on 2026-11-02" in run("list")
    assert run("show", number).splitlines()[1:] == [
        "north: delivered on 2 November 2026, not acknowledged",
        (
            "south: delivered on 2 November 2026, acknowledged on 2 November 2026 (recorded by "
            f"rm-01, entry {entry.index})"
        ),
    ]
    assert "It counts no more" in run("unacknowledge", *south, "--yes")
    (row,) = json.loads(run("list", "--json"))
    assert row["acknowledged_by"] == []
