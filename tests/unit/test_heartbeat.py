"""A scheduler that died does not look like a quiet week: the ledger says what ran."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from flows.timetable import CRONS
from retention.cli.main import main
from retention.domain.entry import Entry
from retention.domain.timetable import Stale, Timed
from retention.errors import SilentError, StaleError
from retention.steps.heartbeat import Watching, note_ran, stale
from retention.wiring import process
from tests.support.asked import Work, ask
from tests.support.foreseen import Foreseen
from tests.support.world import World

TIMES = {flow: Timed.parse(cron) for flow, cron in CRONS.items()}


@pytest.fixture
def world():
    """A world that began, on a Monday morning after everything had its time, and surveyed then."""
    world = World()
    world.clock.moment = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    world.fill()
    world.survey()
    return world


def watching(world, **other):
    usual = {
        "ledger": world.ledger,
        "stores": [store.name for store in world.stores],
        "times": TIMES,
        "now": world.clock.now(),
        "survey_within": timedelta(hours=26),
        "grace": timedelta(hours=4),
    }
    return Watching(**{**usual, **other})


def told(world, **other):
    return [each.what.split(" should")[0] for each in stale(watching(world, **other))]


def run_all(world, *but):
    for flow in CRONS:
        if flow not in but:
            note_ran(flow, world.ledger, world.clock.now())


def test_what_began_today_is_not_late(world):
    assert not told(world)


def test_what_ran_when_it_should_is_not_late(world):
    for _ in range(40):
        world.clock.step(days=1)
        world.survey()
        run_all(world)
        assert not told(world)


@pytest.mark.parametrize("flow", CRONS)
def test_a_flow_that_did_not_run_is_told_until_it_does(world, flow):
    for _ in range(40):
        world.clock.step(days=1)
        world.survey()
        run_all(world, flow)
    assert told(world) == [flow]
    note_ran(flow, world.ledger, world.clock.now())
    assert not told(world)


def test_a_scheduler_that_was_dead_from_the_first_day_is_told(world):
    world.clock.step(days=35)
    assert set(told(world)) > set(CRONS)


def test_a_day_on_which_nothing_ran_names_what_is_daily(world):
    run_all(world)
    world.clock.step(days=1, hours=4)
    world.survey()
    assert told(world) == ["survey", "advance", "report", "remind"]
    (first, *_) = stale(watching(world))
    assert first.since == "2026-11-03T03:00:00.000Z"
    assert "it last did on 2 November 2026" in first.what


def test_what_is_a_little_late_is_not_told_yet(world):
    run_all(world)
    world.clock.step(hours=20)  # 05:00 on the next day: two hours after the survey's time
    assert not told(world)
    world.clock.step(hours=3)
    assert told(world) == ["survey"]


def test_a_day_stands_there_once_however_often_it_ran(world):
    for _ in range(3):
        run_all(world)
    assert len(world.kinds(Entry.FLOW_RAN)) == len(CRONS)


def test_two_that_ended_at_once_write_one_day(world, monkeypatch):
    note_ran("advance", world.ledger, world.clock.now())
    world.clock.step(days=1)
    before = world.ledger.stream("flow:advance")
    note_ran("advance", world.ledger, world.clock.now())
    monkeypatch.setattr(world.ledger, "stream", lambda _: before)  # as the other read it
    note_ran("advance", world.ledger, world.clock.now())
    with pytest.raises(StaleError):
        world.ledger.append(world.kinds(Entry.FLOW_RAN)[-1], expect=1)
    assert len(world.kinds(Entry.FLOW_RAN)) == 2


def test_a_store_whose_surveys_fail_is_told_by_its_name(world):
    run_all(world)
    world.clock.step(days=1)
    run_all(world)
    late = stale(watching(world, now=world.clock.now() + timedelta(hours=7), times={}))
    assert {each.what for each in late} == {
        f"No good survey of the store {store.name} since 2 November 2026" for store in world.stores
    }
    world.survey()
    assert not stale(watching(world, now=world.clock.now() + timedelta(hours=7), times={}))


def test_a_store_that_was_never_surveyed_is_told(world):
    world.clock.step(days=2)
    (late,) = stale(watching(world, stores=["another"], times={}))
    assert late.what == "No good survey of the store another ever"


def test_an_empty_ledger_is_told():
    assert [each.what for each in stale(watching(World()))] == ["The ledger has no entry"]


LATE = Stale("advance should have run", "2026-11-03T06:30:00.000Z", "See that it runs")


@pytest.fixture
def asked(monkeypatch):
    made = Foreseen.one_of_each()
    made.library.people = lambda: ()
    return made


def test_the_command_ends_with_its_own_code_and_says_what_to_do(asked, monkeypatch, capsys):
    work = Work(asked)
    work.silent = (LATE,)
    monkeypatch.setattr(process, "_installed", [work])

    def said(*options):
        with pytest.raises(SystemExit) as ended:
            main(["status", "--fail-stale", *options])
        assert ended.value.code == SilentError.exit_code == 45
        return capsys.readouterr()

    assert said().out == "advance should have run.\n  what to do: See that it runs.\n"
    assert "1 thing should have happened by now" in said().err
    found = json.loads(said("--json").out)
    assert found == [{"what": LATE.what, "since": LATE.since, "next": LATE.next}]


def test_the_command_is_content_where_nothing_is_late(asked):
    assert "Everything that should have happened" in ask(asked, "status", "--fail-stale")
    assert json.loads(ask(asked, "status", "--fail-stale", "--json")) == []


def test_plain_status_begins_with_it(asked, monkeypatch):
    assert "by itself" not in ask(asked, "status")
    monkeypatch.setattr("tests.support.asked.Work.silent", (LATE,))
    page = ask(asked, "status").splitlines()
    assert page[2] == "Should have happened by itself, and has not"
    assert page[3].startswith("!")
    assert LATE.what in page[3]
    assert LATE.next in page[3]
