"""Runs that wait with a form, made at the server as a flow would make them."""

import json
from time import sleep

import httpx

from retention.domain.approval import asked_in
from tests.support import fake_work

BUSY_TRIES = 20
SCHEMA = {
    "type": "object",
    "properties": {"mark": {"type": "string"}, "reason": {"type": "string"}},
    "required": ["mark", "reason"],
    "additionalProperties": False,
}


def made(client, path, body) -> dict:
    """Post, and again where Prefect's SQLite was busy: what is tested here comes after this."""
    for _ in range(BUSY_TRIES):
        answer = client.post(path, json=body)
        if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
            break
        sleep(0.5)
    return answer.raise_for_status().json()


def suspended(stage, key, schema=SCHEMA) -> str:
    """Return a run that waits with a form under *key*, made as a flow would make it."""
    names = {word: f"suspended-{key}-{word}" for word in ("schema", "response", "description")}
    with stage.service() as client:
        found = client.get("/deployments/name/review/retention").raise_for_status().json()
        about, _ = asked_in(key) or (fake_work.PROPOSAL, "")
        body = {"parameters": {"proposal": about}, "state": {"type": "SCHEDULED"}}
        run = made(client, f"/deployments/{found['id']}/create_flow_run", body)["id"]
        details = {"pause_key": key, "pause_reschedule": True, "run_input_keyset": names}
        for state in (
            {"type": "PENDING"},
            {"type": "RUNNING"},
            {"type": "PAUSED", "name": "Suspended", "state_details": details},
        ):
            done = client.post(f"/flow_runs/{run}/set_state", json={"state": state, "force": True})
            assert done.json()["status"] == "ACCEPT", done.text
        form = {"key": names["schema"], "value": json.dumps(schema)}
        client.post(f"/flow_runs/{run}/input", json=form).raise_for_status()
    return run
