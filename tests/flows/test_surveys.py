"""Surveys and reconciling as flows: a task for each store, counts and findings in Prefect, no key."""

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from flows import survey as surveying
from flows.reconcile import reconcile
from flows.survey import survey
from retention import wiring
from retention.domain.entry import Entry
from retention.domain.store import Store
from retention.settings import Settings
from retention.wiring import process
from tests.flows.conftest import Runs
from tests.support.memory import FixedClock
from tests.support.policies import DEMO

pytestmark = pytest.mark.server
NAME = "mary-example"  # an invented name, as keys may hold
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def estate(stage, moto, tmp_path, monkeypatch):
    """A real composition over invented agreements and a store with a little in each bucket."""
    environment = {
        "RETENTION_POLICIES": str(DEMO),
        "RETENTION_S3_ENDPOINT_URL": moto.endpoint_url,
        "RETENTION_S3_SURVEYOR_ACCESS_KEY": "surveyor",
        "RETENTION_S3_SURVEYOR_SECRET_KEY": "any",
        "PREFECT_API_URL": stage.access().api_url,
        "PREFECT_API_AUTH_STRING": stage.access().credential,
    }
    work = wiring.Composition(Settings.read(environment, tmp_path), FixedClock(NOW))
    owner = moto.owner
    there = {bucket["Name"] for bucket in owner.list_buckets()["Buckets"]}
    for name in {store.bucket for store in work.stores()}:
        if name not in there:  # another test may have filled it
            owner.create_bucket(Bucket=name)
        owner.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        owner.put_object(Bucket=name, Key=f"dark/{NAME}/scan.dcm", Body=b"12345")
    monkeypatch.setattr(process, "_installed", [work])
    monkeypatch.setattr(surveying.store, "retry_delay_seconds", [0, 0])
    return work


@pytest.fixture
def runs(stage, estate):
    return Runs(stage, estate)


def artifacts(stage, run, kind):
    asked = {"artifacts": {"flow_run_id": {"any_": [run]}, "type": {"any_": [kind]}}}
    with stage.service() as client:
        return client.post("/artifacts/filter", json=asked).raise_for_status().json()


def table(stage, run, key):
    (found,) = [each for each in artifacts(stage, run, "table") if each["key"] == key]
    return json.loads(found["data"])


def tasks(stage, run):
    asked = {"flow_runs": {"id": {"any_": [run]}}}
    with stage.service() as client:
        found = client.post("/task_runs/filter", json=asked).raise_for_status().json()
    return {each["name"]: each["state"]["name"] for each in found}


def everything_written(stage, run):
    """Return logs, artifacts, task runs and the run itself, as Prefect keeps them."""
    of_run = {"flow_run_id": {"any_": [run]}}
    with stage.service() as client:
        logs = client.post("/logs/filter", json={"logs": of_run}).raise_for_status().text
        shown = client.post("/artifacts/filter", json={"artifacts": of_run}).text
        tasks_ = client.post("/task_runs/filter", json={"flow_runs": {"id": {"any_": [run]}}}).text
        return logs + shown + tasks_ + client.get(f"/flow_runs/{run}").text


def test_each_store_is_a_task_and_its_counts_are_a_row(stage, estate, runs, caplog):
    with caplog.at_level(logging.DEBUG):
        run = stage.start("survey", "each-store")
        assert runs.go(survey, run) == "Completed"
    names = [store.name for store in estate.stores()]
    done = tasks(stage, run)
    assert {name: done.get(name) for name in names} == dict.fromkeys(names, "Completed")
    rows = {row["store"]: row for row in table(stage, run, "surveys")}
    assert set(rows) == set(names)
    assert {row["as of"] for row in rows.values()} == {"2 November 2026"}
    assert all(row["versions"] >= 1 and row["under no agreement"] >= 1 for row in rows.values())
    assert artifacts(stage, run, "progress")
    assert NAME not in everything_written(stage, run)
    assert NAME not in caplog.text


def test_a_store_that_fails_fails_the_run_after_all_others_were_surveyed(stage, estate, runs):
    others = [store.name for store in estate.stores()]
    estate.settings = replace(estate.settings, stores=[Store("gone", "s3://no-such-bucket/")])
    run = stage.start("survey", "one-fails")
    assert runs.go(survey, run) == "Failed"
    done = tasks(stage, run)
    assert done["gone"] == "Failed"
    assert {done[name] for name in others} == {"Completed"}
    rows = {row["store"]: row for row in table(stage, run, "surveys")}
    assert rows["gone"] == {"store": "gone", "as of": "never surveyed"}
    assert set(rows) == {"gone", *others}
    assert estate.ledger.stream("store:gone")[-1].number("failed")
    assert len(list(estate.ledger.of_kind(Entry.SURVEYED))) > 0
    assert NAME not in everything_written(stage, run)


def test_findings_are_a_table(stage, estate, runs):
    for _ in range(2):  # dark data are reported after two surveys
        for store in estate.stores():
            assert estate.survey_store(store).fault is None
        estate.clock.step(hours=1)
    estate.conclude_surveys()
    run = stage.start("reconcile", "findings")
    assert runs.go(reconcile, run) == "Completed"
    rows = table(stage, run, "findings")
    kinds = {row["kind"] for row in rows}
    assert {"dark", "surveyor-could-destroy"} <= kinds  # moto asks nobody who they are
    assert all(row["severity"] and row["what to do"] for row in rows)
    assert NAME not in everything_written(stage, run)
