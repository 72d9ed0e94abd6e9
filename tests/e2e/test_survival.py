"""Whatever dies, and whenever: an answer is taken once, nothing is asked twice, and it goes on.

The server and the workers here are killed as a machine kills them; the ledger is what survives.
"""

import os
import signal
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from uuid import uuid4

import httpx
import pytest

from retention.adapters.prefect.deploy import deploy
from retention.adapters.prefect.processes import Server, Worker
from retention.adapters.prefect.pulse import Watched, pulse
from retention.adapters.prefect.start import start
from retention.adapters.prefect.watch import Watch
from retention.domain.canonical import sha256
from retention.domain.entry import Entry
from retention.domain.proposal import mark_of
from tests.support import fake_work
from tests.support.prefect_server import Stage, environment
from tests.support.rows import ROWS

pytestmark = [pytest.mark.server, pytest.mark.full]

FIRST, SECOND = fake_work.STEPS
PERSONS = {FIRST: "ada-invented", SECOND: "bob-invented"}
WAIT_S = 90
TIMED = [row.flow for row in ROWS if row.cron]


class House(Stage):
    """A stage of which every part may be killed."""

    def kill_server(self):
        os.kill(self.server.pid, signal.SIGKILL)
        self.server.stop()

    def restart_server(self):
        self.kill_server()
        self.server.launch()

    def decided(self, proposal):
        records = self.work.ledger.stream("proposal:" + proposal.removeprefix("sha256:"))
        return [r.text("step") for r in records if r.kind is Entry.DECIDED]

    def answer(self, run, person, proposal):
        body = {
            "decision": "approve all",
            "exceptions": "none",
            "reason": "an invented reason",
            "minute": "none",
            "inquiries": "no, I know of none",
            "mark": mark_of(proposal),
        }
        with self.person(person) as client:
            return client.post(f"/flow_runs/{run}/resume", json={"run_input": body})

    @contextmanager
    def halted_at(self, verb):
        """Let what runs next stop at *verb*; a wait until it has is given, and it goes on after."""
        file, reached = self.folder / f"halt-{verb}", self.folder / f"reached-{verb}"
        reached.unlink(missing_ok=True)
        file.touch()

        def wait():
            until = monotonic() + WAIT_S
            while not reached.exists():
                assert monotonic() < until, self.logs()
                sleep(0.1)

        try:
            yield wait
        finally:
            file.unlink()


@contextmanager
def opened(folder, **other):
    given, module = environment(folder), "tests.support.fake_gate"
    with Server(folder, environment=given, module=module, **other) as server:
        yield House(server, folder, fake_work.FakeWork(folder))


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("house")) as house:
        deploy(house.access("deployer"), ROWS, package="tests.support.slow_flows", scheduled=False)
        yield house


@pytest.fixture
def proposal():
    return sha256(uuid4().bytes)


def test_an_answer_is_taken_though_the_server_was_killed_before_and_after_it(house, proposal):
    with house.worker():
        run = house.start("review", proposal)
        house.wait_for(run, "Suspended", key_ends=f"{FIRST}-1-1")
    house.restart_server()  # while it waits for a person
    assert house.answer(run, "ada-invented", proposal).status_code == 201
    house.restart_server()  # before anybody could take up the answer
    with house.worker():
        house.wait_for(run, "Suspended", key_ends=f"{SECOND}-1-1")
        house.restart_server()  # under a worker that asks for work
        assert house.answer(run, "bob-invented", proposal).status_code == 201
        house.wait_for(run, "Completed")
    assert house.decided(proposal) == [FIRST, SECOND]


@pytest.mark.parametrize(("died", "decided"), [("pack", []), ("recorded", [FIRST])])
def test_a_review_that_died_with_its_worker_is_taken_up_by_another_that_asks_only_the_rest(
    house, proposal, died, decided
):
    with house.worker() as worker:
        run = house.start("review", proposal)
        house.wait_for(run, "Suspended", key_ends=f"{FIRST}-1-1")
        with house.halted_at(died) as stopped:
            assert house.answer(run, "ada-invented", proposal).status_code == 201
            stopped()
            os.kill(worker.pid, signal.SIGKILL)
            worker.stop()
    assert house.decided(proposal) == decided
    assert house.state(run)["name"] == "Running", "nobody has noticed yet"
    rest = [step for step in (FIRST, SECOND) if step not in decided]
    with house.worker():
        assert "safe to run again" in house.wait_for(run, "Crashed")["message"]
        again = house.start("review", proposal)
        assert again != run
        for step in rest:
            house.wait_for(again, "Suspended", key_ends=f"{step}-1-1")
            person = PERSONS[step]
            assert house.answer(again, person, proposal).status_code == 201
        house.wait_for(again, "Completed")
    assert house.decided(proposal) == [FIRST, SECOND]


def test_a_worker_that_died_in_the_middle_is_started_again_and_the_next_run_ends(house):
    with house.worker() as worker:
        watch = Watch(house.server, [worker])
        run = house.start("advance")
        with house.halted_at("advance") as stopped:
            stopped()
            os.kill(worker.pid, signal.SIGKILL)
            until = monotonic() + 30
            while watch.look() != ["planner"]:
                assert monotonic() < until
                sleep(0.2)
        house.wait_for(run, "Crashed")
        left = house.work.notes()
        again = house.start("advance")
        assert again != run
        house.wait_for(again, "Completed")
    said = house.work.notes()[len(left) :]
    assert said == [
        "advance all",
        "hand_on all",
        "close_manifests all",
        "notify all",
        "ran advance",
    ]


def test_a_run_that_nobody_answers_fails_and_a_fresh_one_asks_again(house, proposal):
    within = house.folder / "answer-within"
    within.write_text("12")
    try:
        with house.worker():
            run = house.start("review", proposal)
            house.wait_for(run, "Suspended", key_ends=f"{FIRST}-1-1")
            within.unlink()
            assert "never resumed" in house.wait_for(run, "Failed")["message"]
            late = house.answer(run, "ada-invented", proposal)
            assert late.status_code != httpx.codes.CREATED
            assert not house.decided(proposal), "inaction approves nothing"
            again = house.start("review", proposal)
            assert again != run
            house.wait_for(again, "Suspended", key_ends=f"{FIRST}-1-1")
            assert house.answer(run, "ada-invented", proposal).status_code != 201, "the old one"
            assert house.answer(again, "ada-invented", proposal).status_code == 201
            house.wait_for(again, "Suspended", key_ends=f"{SECOND}-1-1")
    finally:
        within.unlink(missing_ok=True)
    assert house.decided(proposal) == [FIRST]


def test_a_heartbeat_hears_who_is_silent_what_is_late_and_what_is_not_planned(house):
    access, now = house.access(), datetime.now(UTC)
    asked = Watched(["planner", "verifier"], ["survey"], now)
    told = {each.what for each in pulse(access.api_url, access.credential, asked)}
    assert "No worker ever asked for the work of the verifier" in told
    assert "No next run of survey is planned" in told, "its schedules are off"
    waits = house.start("check_gone", sha256(uuid4().bytes))
    later = replace(asked, now=now + timedelta(hours=1))
    told = {each.what for each in pulse(access.api_url, access.credential, later)}
    assert "No worker asks for the work of the planner" in told
    assert "1 run has not begun, though their time has come" in told, waits


@pytest.mark.postgres
@pytest.mark.timeout(300)
def test_two_servers_over_one_database_make_each_run_once(tmp_path, postgres_url, proposal):
    url = postgres_url().replace("+psycopg", "+asyncpg")
    with (
        opened(tmp_path, database_url=url) as one,
        opened(tmp_path, database_url=url) as other,
    ):
        for each in (one, other):  # and both make the table stand
            deploy(each.access("deployer"), ROWS, package="tests.support.slow_flows")
        runs = scheduled(one)
        until = monotonic() + WAIT_S
        while {flow for flow, _ in runs} != set(TIMED):
            assert monotonic() < until, one.logs()
            sleep(1)
            runs = scheduled(one)
        sleep(10)  # both schedulers have looked by now
        runs = scheduled(one)
        assert len(runs) == len(set(runs)), "no run is planned twice"
        about = sha256(uuid4().bytes)
        assert len({start(each.access(), "certify", about) for each in (one, other)}) == 1
        second = Worker(tmp_path / "2", other.access(), environment=environment(tmp_path))
        with one.worker(), second:
            run = one.start("review", proposal)
            assert other.start("review", proposal) == run
            one.wait_for(run, "Suspended", key_ends=f"{FIRST}-1-1")
            taken = [h.answer(run, "ada-invented", proposal).status_code for h in (one, other)]
            assert taken == [201, 200], "one resume is taken, whichever gate it came by"
            one.kill_server()
            other.wait_for(run, "Suspended", key_ends=f"{SECOND}-1-1")
            assert other.answer(run, "bob-invented", proposal).status_code == 201
            other.wait_for(run, "Completed")
        assert other.decided(proposal) == [FIRST, SECOND]


def scheduled(house):
    """Return the flow and the time of every run that a schedule made."""
    body = {"sort": "EXPECTED_START_TIME_ASC", "limit": 200}
    with house.service() as client:
        flows = client.post("/flows/filter", json={}).raise_for_status().json()
        found = client.post("/flow_runs/filter", json=body).raise_for_status().json()
    names = {each["id"]: each["name"] for each in flows}
    return [(names[r["flow_id"]], r["expected_start_time"]) for r in found if r["auto_scheduled"]]
