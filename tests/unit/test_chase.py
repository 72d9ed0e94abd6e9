"""The controllers' loop: reminded, escalated, chased; one objection, one dataset; silence is no yes."""

import csv
import io
import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from retention.cli.main import cli
from retention.domain.agreement import OurRole, Person, Silence
from retention.domain.clock import Period
from retention.domain.entry import Entry
from retention.errors import AgreementError, DeliveryError, NotAuthorisedError
from retention.ports.progress import NoProgress
from retention.steps.chase import Owes
from retention.steps.notify import notices
from retention.steps.record.answers import plan_answer
from retention.steps.today import Asking, today
from retention.wiring import process
from tests.support.asked import Work
from tests.support.cast import PEOPLE, MemoryCourier
from tests.support.recording import change_class
from tests.support.world import World

P = Period.parse
SIRO = Person("siro-01", "Flo Invented", ("siro",), "siro-01@example.invalid")
DPO = Person("dpo-01", "Ed Invented", ("dpo",), "dpo-01@example.invalid")
A, B = "INV/patient/2019", "INV/patient/2020"


class Refusing(MemoryCourier):
    """Takes letters for all but one address."""

    def __init__(self, address):
        super().__init__()
        self.address = address

    def send(self, letter):
        if self.address in letter.to:
            raise DeliveryError("the mailbox is unknown", hint="look at the address")
        return super().send(letter)


def told(rounds=("2019",), **terms):
    """Return a world whose controllers have just been told."""
    world = untold_yet(rounds, **terms)
    world.notify()
    return world


def told_but(controller):
    """Return a world whose notice did not reach one controller."""
    world = untold_yet(("2019",))
    world.courier = Refusing(f"{controller}@example.invalid")
    with pytest.raises(DeliveryError):
        world.notify()
    world.mails()
    return world


def untold_yet(rounds, **terms):
    terms = {"notice": P("P30D"), "reminders": (P("P7D"), P("P14D")), "escalate_to": "siro"} | terms
    world = World(**terms)
    everybody = (*PEOPLE, SIRO, DPO)
    world.library.people = lambda: everybody
    world.fill(rounds)
    world.publish(rounds)
    world.survey()
    return world


def letters(world, address, says=""):
    return [each for each in world.mails() if address in each.to[0] and says in each.subject]


def answer(world, controller, word, dataset=""):
    (notice,) = notices(world.ledger)
    return world.record(plan_answer, notice.id, controller, word, dataset=dataset)


def lines(world):
    ports = world.library, world.catalogue, world.ledger, world.evidence
    return {line.what: line for line in today(Asking(*ports, NoProgress(), world.clock.today()))}


def test_a_controller_is_reminded_after_each_period_and_then_the_named_role_is_told():
    world = told()
    answer(world, "south", "proceed")
    world.mails()
    days = {}
    for day in range(1, 21):
        world.clock.step(days=1)
        world.remind()
        for each in world.mails():
            if not each.to[0].startswith(("rm", "iao", "both")):
                days.setdefault((each.to[0].split("@")[0], each.subject.split(":")[1]), []).append(
                    day
                )
    assert days.pop(("north", " Reminder 1")) == [7]
    assert days.pop(("north", " Reminder 2")) == [14]
    assert days.pop(("siro-01", " Not answered in time")) == [15]
    # and from that day on it is in the mail of the day, until somebody acts
    assert list(days.items()) == [(("siro-01", " 1 matter awaits you"), [15, 16, 17, 18, 19, 20])]
    assert [r.number("nth") for r in world.kinds(Entry.REMINDED)] == [1, 2]
    (escalated,) = world.kinds(Entry.ESCALATED)
    assert (escalated.text("whom"), escalated.text("to")) == ("north", "siro")
    assert lines(world)["escalated, and not answered"].urgent
    answer(world, "north", "proceed")
    assert not lines(world)["escalated, and not answered"].how_many


def test_a_reminder_that_a_server_did_not_take_is_sent_on_the_next_day():
    world = told()
    world.courier = Refusing("north@example.invalid")
    world.clock.step(days=7)
    with pytest.raises(DeliveryError):
        world.remind()
    assert [r.text("whom") for r in world.kinds(Entry.REMINDED)] == ["south"]
    assert letters(world, "rm-01"), "the mails of the day go out all the same"
    world.courier = MemoryCourier()
    world.clock.step(days=1)
    world.remind()
    assert len(letters(world, "north", "Reminder 1")) == 1


def test_a_notice_that_no_server_took_is_escalated_and_shows_every_day():
    world = told_but("south")
    world.clock.step(days=1)
    world.remind()
    assert len(letters(world, "siro-01", "Not answered in time")) == 1
    world.clock.step(days=1)
    world.remind()
    assert not letters(world, "siro-01", "Not answered in time")
    assert lines(world)["notices that no mail server took"].urgent
    assert {(each.what, each.whom) for each in world.owed()} == {
        (Owes.RECEIPT, "south"),
        (Owes.ANSWER, "north"),
    }


def test_inaction_never_approves():
    world = told(silence=Silence.WAIT)
    for _ in range(12):
        world.clock.step(days=30)
        world.survey()
        world.advance()
        world.remind()
        assert world.propose() == []
    assert not world.kinds(Entry.PROPOSED)


def test_silence_that_proceeds_is_still_no_approval():
    world = told(silence=Silence.PROCEED)
    world.clock.step(days=31)
    world.survey()
    (proposal,) = world.propose()
    assert world.case(proposal).approved is None
    assert world.next_steps() == [("review", proposal)]
    assert {each.what for each in world.owed()} == {Owes.DECISION}


def test_one_objection_blocks_its_dataset_for_all_and_the_others_go_on():
    world = told(("2019", "2020"), notice=P("P0D"))
    for controller in ("north", "south"):
        answer(world, controller, "proceed")
    answer(world, "south", "object", A)
    (proposal,) = world.propose()
    assert [item.manifest.dataset for item in world.proposal(proposal).items] == [B]
    assert world.state(A) == "notified"
    (line,) = lines(world)["notices answered with other than proceed"].which
    assert line.endswith("north said proceed, south said object (1 dataset)")
    answer(world, "south", "proceed", A)
    (second,) = world.propose()
    assert [item.manifest.dataset for item in world.proposal(second).items] == [A]


def test_an_objection_after_the_approval_voids_it_and_the_others_are_proposed_afresh():
    world = told(("2019", "2020"), notice=P("P0D"))
    for controller in ("north", "south"):
        answer(world, controller, "proceed")
    (proposal,) = world.propose()
    world.approve(proposal)
    answer(world, "north", "object", A)
    with pytest.raises(NotAuthorisedError, match="a controller objects"):
        world.dispose(proposal)
    world.advance()
    assert world.case(proposal).spent.text("why") == "objected"
    (second,) = world.propose()
    assert [item.manifest.dataset for item in world.proposal(second).items] == [B]
    assert len(world.kinds(Entry.NOTICE)) == 1, "the notice stands"


def test_a_word_on_all_of_a_notice_stands_in_place_of_what_was_said_on_one_dataset():
    world = told(("2019", "2020"))
    answer(world, "south", "object", A)
    (notice,) = notices(world.ledger)
    assert (notice.answer_of("south", A), notice.answer_of("south", B)) == ("object", "")
    answer(world, "south", "proceed")
    (notice,) = notices(world.ledger)
    assert notice.answers_on(A) == {"south": "proceed"}


def test_an_answer_on_a_dataset_that_is_not_in_the_notice_is_refused():
    with pytest.raises(AgreementError, match="names no dataset"):
        answer(told(), "north", "object", "INV/patient/1999")


def test_the_preview_of_an_answer_says_who_answered_otherwise():
    world = told(("2019", "2020"))
    answer(world, "north", "proceed")
    notes = answer(world, "south", "object", A).preview.notes
    assert "It is on 1 of the 2 datasets of this notice; the others go on." in notes
    assert any("north answered 'proceed': while controllers differ" in each for each in notes)


def test_the_list_of_a_notice_is_attached_as_a_table_without_keys():
    world = told(("2019", "2020"))
    (letter, _) = world.mails()
    ((name, kind),) = letter.attachments
    assert (name.endswith(".csv"), kind) == (True, "text/csv")
    rows = list(csv.DictReader(io.StringIO(letter.attachments[name, kind].decode())))
    assert [row["dataset"] for row in rows] == [A, B]
    assert all(int(row["object_versions"]) and int(row["bytes"]) for row in rows)
    assert "é+" not in letter.attachments[name, kind].decode()


def test_where_we_are_the_controller_nobody_is_told_and_nobody_chased():
    world = World()
    world.library.now = replace(world.library.now, our_role=OurRole.CONTROLLER)
    world.fill()
    world.publish()
    world.survey()
    assert world.notify() == []
    assert world.owed() == []
    (proposal,) = world.propose()
    assert world.next_steps() == [("review", proposal)]


def test_what_is_superseded_or_over_is_owed_by_nobody():
    world = told()
    assert {each.whom for each in world.owed()} == {"north", "south"}
    world.library.now = replace(world.library.now, version=2)
    world.survey()
    world.advance()
    assert {each.name for each in world.owed()} == {f"notice {list(notices(world.ledger))[-1].id}"}


def test_an_approver_who_does_not_answer_is_reminded_and_escalated_too():
    world = told(notice=P("P0D"))
    world.controllers_answer()
    (proposal,) = world.propose()
    world.mails()
    world.tell()
    world.mails()
    for _ in range(7):
        world.clock.step(days=1)
        world.remind()
    assert len(letters(world, "rm-01", "Reminder 1")) == 1
    world.answer(proposal, "rm-01")
    for _ in range(15):
        world.clock.step(days=1)
        world.remind()
    said = world.mails()
    assert not [e for e in said if e.to[0].startswith("rm-01") and "Reminder" in e.subject]
    assert [e.to[0].split("@")[0] for e in said if "Reminder 2" in e.subject] == [
        "iao-01",
        "both-01",
    ]
    assert [e.to[0] for e in said if "Not answered" in e.subject] == ["siro-01@example.invalid"]
    whom = [r.text("whom") for r in world.kinds(Entry.ESCALATED)]
    assert whom == ["2-information-asset-owner"]


# Nobody could decide


def alone(world, *persons):
    world.library.people = lambda: (*persons, PEOPLE[3], SIRO)


def untold(*persons):
    world = World(escalate_to="siro")
    alone(world, *persons)
    world.fill()
    world.publish()
    world.survey()
    return world


def test_no_controller_is_told_of_what_nobody_could_decide():
    world = untold(PEOPLE[0])
    assert world.notify() == []
    assert not world.kinds(Entry.NOTICE)
    line = lines(world)["that nobody could decide on"]
    assert (line.how_many, line.urgent) == (1, True)
    assert line.which == (
        (
            "INV (no notice is sent): records-manager: rm-01 could answer; nobody deputises | "
            "information-asset-owner: nobody has the role"
        ),
    )
    for _ in range(3):
        world.clock.step(days=1)
        world.remind()
        (mail,) = letters(world, "siro-01")
        assert "information-asset-owner: nobody has the role" in " ".join(mail.body.split())
    alone(world, *PEOPLE[:2])
    assert len(world.notify()) == 2
    assert not lines(world)["that nobody could decide on"].how_many


def test_no_list_is_frozen_that_nobody_could_decide_and_one_under_review_shows():
    world = untold(*PEOPLE[:2])
    world.notify()
    world.controllers_answer()
    alone(world, PEOPLE[1])
    assert world.propose() == []
    (line,) = lines(world)["that nobody could decide on"].which
    assert line.startswith("INV (no list is frozen): records-manager: nobody has the role")
    alone(world, *PEOPLE[:2])
    (proposal,) = world.propose()
    alone(world, PEOPLE[1])
    (line,) = lines(world)["that nobody could decide on"].which
    mark = world.mark(proposal)
    assert line.startswith(f"INV {mark} (its review cannot end): records-manager: nobody has")


def test_classes_of_others_are_untouched_by_it():
    world = untold(PEOPLE[0])
    change_class(world, approved_by=("records-manager",))
    assert len(world.notify()) == 2


# The command


@pytest.fixture
def chase(monkeypatch):
    def ask(world, *arguments):
        work = Work(world)
        work.evidence = world.evidence
        monkeypatch.setattr(process, "_installed", [work])
        done = CliRunner().invoke(cli, ["chase", *arguments], env={"COLUMNS": "160"})
        assert done.exit_code == 0, done.output
        return done.stdout

    return ask


def test_the_command_lists_who_owes_what_since_when(chase):
    world = told(("2019", "2020"))
    answer(world, "south", "proceed", A)
    world.clock.step(days=8)
    world.remind()
    rows = json.loads(chase(world, "--json"))
    assert [row["whom"] for row in rows] == ["north", "south"]
    assert rows[0] == {
        "whom": "north",
        "owes": "an answer to the notice",
        "of": rows[0]["of"],
        "agreement": "INV",
        "datasets": 2,
        "since": "2026-11-02",
        "by": "2026-12-02",
        "reminders": 1,
        "last_reminder": "2026-11-10",
        "escalated": None,
    }
    assert "an answer to the notice" in chase(world)
    world.controllers_answer()
    assert chase(world) == "Nobody owes an answer.\n"
    assert chase(world, "--json") == "[]\n"


def test_a_certificate_is_chased_where_the_agreement_wants_an_acknowledgement(chase):
    world = told(notice=P("P0D"), acknowledge_within=P("P30D"))
    world.controllers_answer()
    (proposal,) = world.propose()
    world.approve(proposal)
    world.dispose(proposal)
    world.check_gone(proposal)
    world.certify(proposal)
    world.deliver(proposal)
    rows = json.loads(chase(world, "--json"))
    assert {(row["whom"], row["owes"], row["by"]) for row in rows} == {
        (controller, "an acknowledgement of the certificate", "2026-12-02")
        for controller in ("north", "south")
    }
