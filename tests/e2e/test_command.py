"""The command as the records manager, the operator and a controller use it, process by process."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from retention.adapters.prefect.access import Access
from retention.adapters.prefect.start import start
from tests.support.net import free_ports

ROOT = Path(__file__).parents[2]
PASSWORD = "a password of mine"
UP_WITHIN_S = 120
PATIENT = {"trust_env": False, "timeout": 60}  # a server that has just begun is slow to answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory, moto):
    """A working folder with invented agreements, one bucket per place, and two objects."""
    folder = tmp_path_factory.mktemp("work")
    policies = ROOT / "policies" / "demo"
    for path in policies.rglob("*.toml"):
        copy = folder / "policies" / path.relative_to(policies)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    for agreement in (folder / "policies").glob("DEMO-*"):
        if agreement.name != "DEMO-CVD":
            for each in agreement.iterdir():
                each.unlink()
            agreement.rmdir()
    owner = moto.client("owner")
    for bucket in ("demo-cvd-extracts", *buckets_of(folder)):
        owner.create_bucket(Bucket=bucket)
        owner.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return folder


def buckets_of(folder):
    text = "".join(path.read_text() for path in (folder / "policies").rglob("v1.toml"))
    return {part.split("/")[0] for part in text.split("s3://")[1:]} - {"demo-cvd-extracts"}


@pytest.fixture(scope="module")
def retention(folder, moto):
    """Run the command in the working folder."""
    environment = {
        **os.environ,
        "RETENTION_S3_ENDPOINT_URL": moto.endpoint_url,
        "RETENTION_S3_REGION": "us-east-1",
        "RETENTION_PASSWORD": PASSWORD,
        "RETENTION_PASSWORD_NEW": PASSWORD,
    }
    for role in ("SURVEYOR", "DESTROYER", "VERIFIER"):
        environment[f"RETENTION_S3_{role}_ACCESS_KEY"] = role.lower()
        environment[f"RETENTION_S3_{role}_SECRET_KEY"] = "any"

    def run(*arguments, exit_code=0):
        done = subprocess.run(
            [sys.executable, "-m", "retention", *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )
        assert done.returncode == exit_code, done.stdout + done.stderr
        return done.stdout + done.stderr

    run.environment = environment
    return run


def test_a_working_folder_is_made_once_and_again(retention, folder):
    said = retention("init")
    assert "fingerprint" in said
    assert retention("init").splitlines()[-3:] == said.splitlines()[-3:]
    assert (folder / "retention.toml").is_file()
    assert (folder / "var" / "keys").stat().st_mode & 0o077 == 0


def test_the_first_person_is_added_once_and_adds_the_others(retention):
    retention("init")
    assert "rm-01 may log in" in retention("people", "add", "--first", "rm-01")
    retention("people", "add", "--first", "iao-01", exit_code=20)
    assert "iao-01 may log in" in retention("people", "add", "iao-01", "--as", "rm-01")
    assert "may not manage" in retention("people", "add", "cg-01", "--as", "iao-01", exit_code=23)
    assert "not in people.toml" in retention(
        "people", "add", "nobody", "--as", "rm-01", exit_code=23
    )
    rows = json.loads(retention("people", "list", "--json"))
    assert {r["person"] for r in rows if r["login"] == "yes"} == {"rm-01", "iao-01"}


def test_every_fault_of_every_agreement_is_told_with_its_place(retention, folder, tmp_path):
    assert "no fault" in retention("check")
    broken = tmp_path / "policies"
    subprocess.run(["cp", "-r", folder / "policies", broken], check=True)
    path = broken / "DEMO-CVD" / "v1.toml"
    path.write_text(path.read_text().replace("trigger ", "triger "))
    said = retention("check", str(broken), exit_code=10)
    assert "DEMO-CVD/v1.toml" in said
    assert "trigger" in said


def test_what_is_recorded_needs_a_person_and_evidence(retention, folder):
    (folder / "letter.txt").write_text("an invented letter")
    why = ("--reason", "the letter asks for it", "--yes")
    hold = ("hold", "place", "DEMO-CVD", "--ground", "court", "--even-if-none", *why)
    hold = (*hold, "--evidence", "letter.txt")
    assert "H-0001 is in force" in retention(*hold, "--as", "rm-01")
    assert "court" in retention("hold", "list")
    retention(*hold, "--as", "cg-01", exit_code=23)
    (folder / "empty.txt").write_text("")
    retention(*hold[:-1], "empty.txt", "--as", "rm-01", exit_code=20)
    assert "declares no event" in retention(
        *("event", "record", "DEMO-CVD", "nothing-like-it", "--on", "2025-01-01"),
        *("--evidence", "letter.txt", "--as", "rm-01", *why),
        exit_code=10,
    )


def test_a_survey_and_the_questions_after_it(retention):
    said = retention("survey").splitlines()
    assert [line for line in said if line.startswith("DEMO-CVD ")]
    assert [line for line in said if line.startswith("demo-cvd-audit ") and line.endswith("good")]
    plain = json.loads(retention("survey", "demo-cvd-audit", "--json"))
    assert [(each["store"], each["state"]) for each in plain["stores"]] == [
        ("demo-cvd-audit", "good")
    ]
    assert "no store is called" in retention("survey", "nowhere", exit_code=10)
    assert "no-data" in retention("reconcile")
    assert {each["store"] for each in json.loads(retention("reconcile", "--json"))}
    assert "as bad as note" in retention("reconcile", "--fail-on", "note", exit_code=20)
    assert "No dataset is known" in retention("due")
    rows = {r["what"]: r for r in json.loads(retention("status", "--json"))}
    assert rows["surveys that failed"]["how_many"] == 0
    assert "Nothing was proposed" in retention("proposals")
    retention("show", "sha256:" + "0" * 64, exit_code=20)


def test_one_flipped_byte_in_a_row_of_the_ledger_is_named(retention, folder):
    assert "each what its leaf says" in retention("ledger", "audit")
    path = folder / "var" / "ledger.db"
    whole = path.read_bytes()
    database = sqlite3.connect(path)
    triggers = database.execute("select name from sqlite_master where type='trigger'").fetchall()
    for (name,) in triggers:  # whoever owns the file can do this, and it must show
        database.execute(f"drop trigger {name}")
    change = "update entry set facts = replace(facts, 'rm-01', 'rm-02') where \"index\" = 0"
    database.execute(change)
    database.commit()
    database.close()
    assert "entry 0" in retention("ledger", "audit", exit_code=42)
    path.write_bytes(whole)
    assert "each what its leaf says" in retention("ledger", "audit")


@pytest.mark.server
def test_up_serves_until_it_is_stopped(retention, folder):
    (port,) = free_ports(1)
    config = folder / "retention.toml"
    config.write_text(config.read_text() + f"\n[serve]\nport = {port}\n")
    serving = subprocess.Popen(
        [sys.executable, "-m", "retention", "up"],
        cwd=folder,
        env=retention.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said = ""
        until = monotonic() + UP_WITHIN_S
        while "awaits anybody" not in said and monotonic() < until:
            said += serving.stdout.readline()
        assert f"Log in at http://127.0.0.1:{port}" in said
        api = f"http://127.0.0.1:{port}/api"
        who = ("rm-01", PASSWORD)
        wrong = httpx.post(f"{api}/flow_runs/count", auth=("rm-01", "wrong"), **PATIENT)
        assert wrong.status_code == httpx.codes.UNAUTHORIZED
        while monotonic() < until:  # the schedules stand: runs of them appear
            said = httpx.post(f"{api}/flow_runs/filter", json={}, auth=who, **PATIENT)
            if said.json():
                break
            sleep(0.5)
        assert said.json()
        a_flow_works_in_the_same_folder(retention, folder, api)
    finally:
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(60) == 0
        serving.stdout.close()


def a_flow_works_in_the_same_folder(retention, folder, api):
    secrets = json.loads((folder / "var" / "keys" / "services.json").read_text())
    before = survey_count(retention)
    start(Access(api, "planner", secrets["planner"]), "survey")
    until = monotonic() + UP_WITHIN_S
    while survey_count(retention) == before and monotonic() < until:
        sleep(1)
    assert survey_count(retention) > before


def survey_count(retention):
    rows = {r["what"]: r for r in json.loads(retention("status", "--json"))}
    return rows["last good survey"]["how_many"]
