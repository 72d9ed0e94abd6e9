"""Schedules make runs, and a hand-over makes one run and no second."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic, sleep
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from prefect.states import Failed

from retention.adapters.prefect.deploy import deploy
from retention.adapters.prefect.pulse import Watched, pulse
from retention.adapters.prefect.runs import failed, upcoming
from retention.adapters.prefect.start import hand_on, start
from retention.domain.canonical import sha256
from retention.errors import StoreUnavailableError
from retention.wiring.unattended import Unattended
from tests.support import fake_work
from tests.support.net import free_ports
from tests.support.rows import ROWS

pytestmark = pytest.mark.server

WAIT_S = 90


def runs_of(stage, flow, **about):
    body = {
        "flows": {"name": {"any_": [flow]}},
        "flow_runs": about,
        "sort": "EXPECTED_START_TIME_ASC",
    }
    with stage.service() as client:
        return client.post("/flow_runs/filter", json=body).raise_for_status().json()


@pytest.mark.parametrize(
    ("flow", "hour", "weekday"),
    [
        ("survey", 3, None),
        ("reconcile", 4, 0),
        ("audit", 5, 0),
        ("propose", 6, 0),
        ("advance", 6, None),
        ("report", 7, None),
        ("remind", 8, None),
    ],
)
def test_a_scheduled_run_appears_at_its_hour_in_london(stage, flow, hour, weekday):
    until = monotonic() + WAIT_S
    while not (runs := [r for r in runs_of(stage, flow) if r["auto_scheduled"]]):
        assert monotonic() < until, stage.logs()
        sleep(0.5)
    assert runs[0]["state"]["type"] == "SCHEDULED"
    at = datetime.fromisoformat(runs[0]["expected_start_time"]).astimezone(
        ZoneInfo("Europe/London")
    )
    assert at.hour == hour
    assert weekday in {None, at.weekday()}


def test_the_next_run_of_each_flow_is_told_without_loading_prefect(stage):
    access = stage.access()
    scheduled = {row.flow for row in ROWS if row.cron is not None}
    until = monotonic() + WAIT_S
    found = upcoming(access.api_url, access.credential)
    while not scheduled <= {run.name for run in found}:
        assert monotonic() < until, stage.logs()
        sleep(0.5)
        found = upcoming(access.api_url, access.credential)
    times = [run.at for run in found]
    assert times == sorted(times)
    assert len({run.name for run in found}) == len(found), "the next of each, and no other"
    survey = next(run for run in found if run.name == "survey")
    assert survey.at.astimezone(ZoneInfo("Europe/London")).hour == 3


def test_a_heartbeat_hears_that_prefect_answers_and_that_every_flow_is_planned(stage):
    access = stage.access("issuer")
    asked = Watched(["custodian"], [row.flow for row in ROWS if row.cron], datetime.now(UTC))
    told = {each.what for each in pulse(access.api_url, access.credential, asked)}
    assert "No worker ever asked for the work of the custodian" in told
    assert not [each for each in told if "planned" in each or "answer" in each]
    assert len(pulse(access.api_url, "issuer:wrong", asked)) == 1


def test_a_run_that_failed_is_told_until_it_is_old(stage):
    access = stage.access("issuer")
    run = start(access, "certify", sha256(b"one that fails"))
    with access.client() as client:
        client.set_flow_run_state(run, Failed(), force=True)
        name = client.read_flow_run(run).name
    assert name in {each.name for each in failed(access.api_url, access.credential)}


@pytest.mark.parametrize("wrong", ["nobody:wrong", "planner:wrong", ""])
def test_who_is_not_let_in_is_told_that_nobody_answers(stage, wrong):
    with pytest.raises(ConnectionError):
        upcoming(stage.access().api_url, wrong)


def test_where_nobody_serves_nobody_answers():
    (port,) = free_ports(1)
    with pytest.raises(ConnectionError):
        failed(f"http://127.0.0.1:{port}/api", "planner:secret")


def standing(stage):
    with stage.service() as client:
        found = client.post("/deployments/filter", json={}).raise_for_status().json()
    return {
        d["name"]: (d["id"], d["entrypoint"], d["description"], [s["id"] for s in d["schedules"]])
        for d in ({**d, "name": d["entrypoint"].rpartition(".")[2]} for d in found)
    }


def test_to_deploy_again_changes_nothing_and_forgets_no_run_whose_time_came_meanwhile(stage):
    before, runs = standing(stage), {r["id"] for r in runs_of(stage, "survey")}
    assert runs
    deploy(stage.access("deployer"), ROWS, package="tests.support.fake_flows")
    assert standing(stage) == before
    assert len(before) == len(ROWS)
    assert runs <= {r["id"] for r in runs_of(stage, "survey")}


def test_what_does_not_stand_as_the_table_says_is_brought_to_it_alone(stage):
    before = standing(stage)
    other = [replace(r, says="Something else.") if r.flow == "audit" else r for r in ROWS]
    for table, says in ((other, "Something else."), (ROWS, before["audit"][2])):
        deploy(stage.access("deployer"), table, package="tests.support.fake_flows")
        after = standing(stage)
        assert after["audit"][2] == says
        assert len(after["audit"][3]) == 1, "of two schedules one is left"
        assert {**after, "audit": 0} == {**before, "audit": 0}


def test_what_is_already_at_work_is_not_started_again(stage):
    about, other = sha256(b"one"), sha256(b"other")
    first = start(stage.access(), "certify", about)
    assert hand_on(stage.access(), [("certify", about), ("certify", other)])[0] == first
    assert len(runs_of(stage, "certify", tags={"all_": [f"about:{about[7:19]}"]})) == 1
    with stage.service("issuer") as client:
        body = {"state": {"type": "COMPLETED"}, "force": True}
        client.post(f"/flow_runs/{first}/set_state", json=body).raise_for_status()
    assert start(stage.access(), "certify", about) != first


def test_what_would_start_later_is_started_now_by_who_may_read_the_planner_s_secret(
    stage, tmp_path
):
    keys = tmp_path / "keys" / "services.json"
    keys.parent.mkdir()
    keys.write_text(json.dumps(fake_work.SERVICES))
    settings = SimpleNamespace(home=tmp_path, api_url=stage.access().api_url)
    work = Unattended(SimpleNamespace(settings=settings))
    run = work.start("audit")
    assert work.start("audit") == run, "it has not ended"
    with stage.worker("issuer"):
        stage.wait_for(run, "Completed")
    assert stage.work.notes()[-2:] == ["audit all", "ran audit"]
    keys.write_text(json.dumps({"planner": "another secret"}))
    with pytest.raises(StoreUnavailableError):
        work.start("audit")


def test_two_who_start_the_same_at_once_start_one_run(stage):
    about = sha256(b"at once")
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: start(stage.access(), "deliver", about), range(4)))
    assert len(found) == 1


def test_an_argument_that_is_no_digest_is_refused(stage):
    with pytest.raises(Exception, match="does not match"):
        start(stage.access(), "deliver", "s3://bucket/a-key")


def test_a_run_whose_worker_died_is_said_to_have_crashed_and_can_be_started_again(stage):
    about = sha256(b"left behind")
    dead = start(stage.access("verifier"), "check_gone", about)
    with stage.service("verifier") as client:
        for kind in ("PENDING", "RUNNING"):
            body = {"state": {"type": kind}, "force": True}
            client.post(f"/flow_runs/{dead}/set_state", json=body).raise_for_status()
    assert start(stage.access("verifier"), "check_gone", about) == dead
    with stage.worker("verifier"):
        assert "safe to run again" in stage.wait_for(dead, "Crashed")["message"]
        again = start(stage.access("verifier"), "check_gone", about)
        stage.wait_for(again, "Completed")
    assert f"check_gone {about}" in stage.work.notes()
