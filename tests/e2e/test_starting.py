"""People start what is meant for them, and nothing else: in the stock UI, and past it."""

import pytest
from playwright.sync_api import expect

from retention.domain.entry import Entry
from tests.support import fake_work
from tests.support.browser import chromium, log_in, window
from tests.support.rows import ROWS

pytestmark = pytest.mark.server

ADA = "ada-invented"
NOT_FOR_PEOPLE = [row.flow for row in ROWS if not row.people]


def deployment(stage, flow):
    with stage.service() as client:
        found = client.get(f"/deployments/name/{flow}/retention").raise_for_status().json()
    return found["id"]


def begin(stage, flow, body=None, person=ADA):
    path = f"/deployments/{deployment(stage, flow)}/create_flow_run"
    with stage.person(person) as client:
        return client.post(path, json=body or {})


def runs_of(stage, flow):
    body = {"flows": {"name": {"any_": [flow]}}}
    with stage.service() as client:
        return client.post("/flow_runs/filter", json=body).raise_for_status().json()


def started(stage, run):
    return [r for r in stage.work.ledger.stream(f"run:{run}") if r.kind is Entry.STARTED]


def test_what_a_person_starts_is_on_the_ledger_before_it_runs(stage):
    answer = begin(stage, "by_hand")
    assert answer.status_code == 201, answer.text
    run = answer.json()
    assert (run["name"], run["tags"]) == ("by_hand by ada-invented", ["people"])
    assert run["state"]["type"] == "SCHEDULED"
    (written,) = started(stage, run["id"])
    facts = {"run": run["id"], "person": ADA, "flow": "by_hand"}
    assert dict(written.facts) == facts
    with stage.worker():
        stage.wait_for(run["id"], "Completed")
    assert f"by_hand {ADA}" in stage.work.notes()


@pytest.mark.parametrize("flow", NOT_FOR_PEOPLE)
def test_a_person_starts_no_flow_that_starts_by_itself(stage, flow):
    before = runs_of(stage, flow)
    answer = begin(stage, flow, {"parameters": {"proposal": fake_work.PROPOSAL}})
    assert answer.status_code == 403
    assert "tag people" in answer.json()["detail"]
    assert [r["id"] for r in runs_of(stage, flow) if not r["auto_scheduled"]] == [
        r["id"] for r in before if not r["auto_scheduled"]
    ]


SMUGGLED = {
    "parameters": {"parameters": {"proposal": fake_work.PROPOSAL}},
    "variables of the job": {"job_variables": {"command": "sh -c true"}},
    "another time": {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": "2030"}}},
}


@pytest.mark.parametrize("body", SMUGGLED.values(), ids=SMUGGLED)
def test_what_would_be_passed_over_in_silence_is_refused(stage, body):
    before = len(runs_of(stage, "by_hand"))
    answer = begin(stage, "by_hand", body)
    assert answer.status_code == 403
    assert "as it stands" in answer.json()["detail"]
    assert len(runs_of(stage, "by_hand")) == before


def test_of_what_a_person_posts_nothing_is_handed_on(stage):
    first = begin(stage, "by_hand", {"idempotency_key": "one", "name": "x", "tags": ["about:all"]})
    again = begin(
        stage,
        "by_hand",
        {
            "idempotency_key": "one",
            "state": {"type": "COMPLETED"},
            "labels": {"a": 1},
            "work_queue_name": "another",
            "enforce_parameter_schema": False,
            "empirical_policy": {"retries": 9},
            "parent_task_run_id": None,
        },
    )
    one, other = first.json(), again.json()
    assert one["id"] != other["id"], "a key of the caller's would give back another's run"
    for run in (one, other):
        assert run["state"]["type"] == "SCHEDULED"
        assert run["tags"] == ["people"]
        assert run["work_queue_name"] == "default"
        assert run["empirical_policy"]["retries"] in {0, None}
        assert "a" not in run["labels"]


def test_who_stands_on_no_list_starts_nothing(stage):
    path = f"/deployments/{deployment(stage, 'by_hand')}/create_flow_run"
    before = len(runs_of(stage, "by_hand"))
    with stage.http(*fake_work.ONLOOKER) as dee:
        assert dee.post(path, json={}).status_code == 403
    assert len(runs_of(stage, "by_hand")) == before


@pytest.mark.parametrize("what", ["nothing", "name/by_hand/retention", "0" * 32, "..", "%2e%2e"])
def test_what_is_no_deployment_is_not_started(stage, what):
    with stage.person() as ada:
        answer = ada.post(f"/deployments/{what}/create_flow_run", json={})
    assert answer.status_code == 403


def test_without_a_ledger_nothing_is_started(stage):
    before = len(runs_of(stage, "by_hand"))
    path = stage.work.ledger.path
    kept = path.rename(path.with_suffix(".kept")) if path.exists() else None
    path.mkdir()
    try:
        assert begin(stage, "by_hand").status_code == 503
    finally:
        path.rmdir()
        if kept:
            kept.rename(path)
    assert len(runs_of(stage, "by_hand")) == before


@pytest.mark.chromium
def test_the_run_button_of_the_stock_ui_starts_what_is_for_people_and_refuses_the_rest(stage):
    before = {r["id"] for r in runs_of(stage, "by_hand")}
    with chromium() as browser, window(browser, stage.server.url) as page:
        log_in(page, ADA, fake_work.PASSWORDS[ADA])
        page.goto(f"/v2/deployments/deployment/{deployment(stage, 'by_hand')}")
        expect(page.get_by_text("people", exact=True).first).to_be_visible()
        page.get_by_role("button", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Quick run").click()
        expect(page.get_by_text("Flow run created")).to_be_visible()
        (new,) = {r["id"] for r in runs_of(stage, "by_hand")} - before
        assert started(stage, new)[0].text("person") == ADA
        page.goto(f"/v2/deployments/deployment/{deployment(stage, 'remind')}")
        page.get_by_role("button", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Quick run").click()
        expect(page.get_by_text("This is not started by hand")).to_be_visible()
