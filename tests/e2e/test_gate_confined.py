"""What a secret that was stolen from one work pool is worth: each attempt on the real server."""

import asyncio
import itertools
import json
from datetime import UTC, datetime
from time import monotonic, sleep
from uuid import UUID, uuid4

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from retention.adapters.prefect.pools import HANDS_ON
from retention.domain.approval import pause_key
from retention.domain.canonical import sha256
from tests.support import fake_work
from tests.support.rows import ROWS
from tests.support.waiting import made, suspended

pytestmark = pytest.mark.server

PLANNER, SURVEYOR, DESTROYER = "planner", "surveyor", "destroyer"
DIGEST = sha256(b"confined")


@pytest.fixture(scope="module")
def review(stage):
    """A review that waits: (run, pause key); nobody may change it."""
    key = pause_key(DIGEST, "records-manager", 1, 1)
    return suspended(stage, key), key


@pytest.fixture(scope="module")
def dispose(stage):
    """A disposal that no worker has taken yet."""
    return stage.start("dispose", DIGEST)


def refused(response) -> str:
    assert response.status_code == 403, (response.status_code, response.text)
    return response.json()["detail"]


def filled(value, **words):
    text = json.dumps(value)
    for word, found in words.items():
        text = text.replace("{" + word + "}", found)
    return json.loads(text)


def deployment(stage, flow):
    with stage.service() as client:
        return client.get(f"/deployments/name/{flow}/retention").raise_for_status().json()


# Of another pool's run: method, path, body.
FOREIGN = [
    ("POST", "/flow_runs/{run}/set_state", {"state": {"type": "CANCELLED"}, "force": True}),
    ("POST", "/flow_runs/{run}/set_state", {"state": {"type": "SCHEDULED", "name": "Resuming"}}),
    ("POST", "/flow_runs/{run}/set_state", {"state": {"type": "COMPLETED"}, "force": True}),
    ("GET", "/flow_runs/{run}/input/suspended-{key}-response", None),
    ("POST", "/flow_runs/{run}/input/filter", {"prefix": "suspended"}),
    ("POST", "/flow_runs/{run}/input", {"key": "suspended-{key}-description", "value": "e30="}),
    ("PATCH", "/flow_runs/{run}", {"infrastructure_pid": "1"}),
    ("PATCH", "/flow_runs/{run}/labels", {"a": "b"}),
    (
        "POST",
        "/artifacts/",
        {"key": "pack", "type": "markdown", "data": "x", "flow_run_id": "{run}"},
    ),
    ("POST", "/logs/", [{"name": "a", "level": 20, "message": "b", "flow_run_id": "{run}"}]),
]


@pytest.mark.parametrize("thief", [SURVEYOR, DESTROYER, "issuer", "deployer"])
def test_another_pools_review_is_neither_moved_nor_read_nor_written_to(stage, review, thief):
    run, key = review
    with stage.service(thief) as client:
        for method, path, body in FOREIGN:
            sent = filled(body, run=run, key=key) if body else None
            assert refused(client.request(method, filled(path, run=run, key=key), json=sent))
    assert stage.state(run)["name"] == "Suspended"


@pytest.mark.parametrize("thief", [SURVEYOR, PLANNER, "verifier"])
def test_another_pools_disposal_is_not_cancelled(stage, dispose, thief):
    with stage.service(thief) as client:
        for method, path, body in FOREIGN:
            sent = filled(body, run=dispose, key="k") if body else None
            assert refused(client.request(method, filled(path, run=dispose, key="k"), json=sent))
    assert stage.state(dispose)["type"] == "SCHEDULED"


@pytest.mark.parametrize("what", ["get_scheduled_flow_runs", "workers/heartbeat"])
def test_nobody_takes_the_work_of_another_pool(stage, what):
    for thief, pool in itertools.permutations([SURVEYOR, PLANNER, DESTROYER], 2):
        with stage.service(thief) as client:
            assert refused(client.post(f"/work_pools/{pool}/{what}", json={"name": "x"}))


def test_what_a_run_is_about_does_not_change_once_it_stands(stage, dispose, review):
    other = {"parameters": {"proposal": sha256(b"another")}}
    changes = [other, {"job_variables": {"command": "sh"}}, {"tags": []}, {"name": "x"}]
    for pool, run in ((DESTROYER, dispose), (PLANNER, review[0])):
        with stage.service(pool) as client:
            for change in changes:
                assert "does not change" in refused(client.patch(f"/flow_runs/{run}", json=change))
    with stage.service() as client:
        assert client.get(f"/flow_runs/{dispose}").json()["parameters"] == {"proposal": DIGEST}


def waiting(key):
    return {"state": {"type": "PAUSED", "name": "Suspended", "state_details": {"pause_key": key}}}


def test_only_a_pool_that_asks_people_asks_them_and_only_about_its_own_matter(stage, dispose):
    with stage.service(DESTROYER) as client:
        mine = waiting(pause_key(DIGEST, "records-manager", 1, 1))
        assert refused(client.post(f"/flow_runs/{dispose}/set_state", json=mine))
        form = {"key": "suspended-x-schema", "value": "e30="}
        assert refused(client.post(f"/flow_runs/{dispose}/input", json=form))
    about = sha256(uuid4().bytes)
    run = stage.start("review", about)
    with stage.service() as client:
        for key in (
            pause_key(DIGEST, "records-manager", 1, 1),
            pause_key(f"act:{uuid4()}", "form", 1, 1),
        ):
            body = {**waiting(key), "force": True}
            assert "own matter" in refused(client.post(f"/flow_runs/{run}/set_state", json=body))
        own = {**waiting(pause_key(about, "records-manager", 1, 1)), "force": True}
        assert client.post(f"/flow_runs/{run}/set_state", json=own).status_code == 201


ENTRY = {"entrypoint": "somebody.elses.code"}
# What another pool's worker would run, or how: nobody, not even the deployer, changes it so.
CODE = [
    ("PATCH", "/deployments/{deployment}", ENTRY),
    ("PATCH", "/deployments/{deployment}", {"job_variables": {"command": "sh -c true"}}),
    ("PATCH", "/deployments/{deployment}", {"enforce_parameter_schema": False}),
    ("PATCH", "/deployments/{deployment}", {"paused": True}),
    ("POST", "/deployments/{deployment}/pause_deployment", None),
    ("POST", "/deployments/{deployment}/schedules", [{"active": False}]),
    ("PATCH", "/deployments/{deployment}/schedules/{deployment}", {"active": False}),
    ("DELETE", "/deployments/{deployment}/schedules/{deployment}", None),
    ("PATCH", "/work_pools/destroyer", {"base_job_template": {}}),
    ("DELETE", "/work_pools/destroyer", None),
    ("POST", "/work_pools/destroyer/queues", {"name": "x"}),
    ("PATCH", "/work_pools/destroyer/queues/default", {"is_paused": True}),
    ("DELETE", "/work_pools/destroyer/workers/destroyer", None),
    ("POST", "/block_documents/", {"name": "x"}),
    ("POST", "/block_types/install_system_block_types", None),
    ("POST", "/variables/", {"name": "x", "value": "y"}),
    ("PATCH", "/variables/name/x", {"value": "y"}),
    ("POST", "/flow_runs/", {"flow_id": "{deployment}", "work_pool_name": "destroyer"}),
    ("POST", "/concurrency_limits/", {"tag": "x", "concurrency_limit": 0}),
    ("DELETE", "/v2/concurrency_limits/x", None),
    ("POST", "/v2/concurrency_limits/increment", {"names": ["x"], "slots": 1}),
    ("POST", "/events", [{"event": "prefect.flow-run.Completed"}]),
    ("POST", "/task_runs/", {"flow_run_id": "{deployment}"}),
    ("PUT", "/saved_searches/", {"name": "x"}),
    ("POST", "/automations/", {"name": "x", "actions": [{"type": "resume-flow-run"}]}),
    ("POST", "/admin/database/clear", {"confirm": True}),
    ("PUT", "/admin/storage", {}),
]


@pytest.mark.parametrize("thief", [*fake_work.SERVICES, "ada-invented"])
def test_nobody_rewrites_what_a_worker_will_run(stage, thief):
    standing = deployment(stage, "dispose")
    client = stage.service(thief) if thief in fake_work.SERVICES else stage.person(thief)
    with client:
        for method, path, body in CODE:
            sent = filled(body, deployment=standing["id"]) if body else None
            assert refused(
                client.request(method, filled(path, deployment=standing["id"]), json=sent)
            )
    now = deployment(stage, "dispose")
    assert [now[name] for name in ("entrypoint", "job_variables", "paused")] == [
        standing[name] for name in ("entrypoint", "job_variables", "paused")
    ]


def test_a_deployment_is_made_and_remade_by_the_deployer_alone(stage):
    standing = deployment(stage, "dispose")
    forged = {"name": "retention", "flow_id": standing["flow_id"], **ENTRY}
    for thief in fake_work.POOLS:
        with stage.service(thief) as client:
            assert "deployer alone" in refused(client.post("/deployments/", json=forged))
            assert refused(client.post("/work_pools/", json={"name": "x", "type": "process"}))
            assert refused(client.post("/flows/", json={"name": "x"}))
    with stage.service("deployer") as client:
        assert client.post("/flows/", json={"name": "dispose"}).status_code == 200
    assert deployment(stage, "dispose")["entrypoint"] == standing["entrypoint"]


def test_each_pool_starts_what_its_flows_hand_on_to_and_nothing_else(stage):
    ids = {row.flow: deployment(stage, row.flow)["id"] for row in ROWS}
    for pool, row in itertools.product(fake_work.SERVICES, ROWS):
        body = {"parameters": {"proposal": sha256(uuid4().bytes)} if row.about else {}}
        path = f"/deployments/{ids[row.flow]}/create_flow_run"
        with stage.service(pool) as client:
            if row.flow not in HANDS_ON[pool]:
                assert "does not start that" in refused(client.post(path, json=body))
            elif row.about:
                assert made(client, path, body)["parameters"] == body["parameters"]


SMUGGLED = {
    "variables of the job": {"job_variables": {"command": "sh -c true"}},
    "another queue": {"work_queue_name": "quick"},
    "a template": {"parameters": {"proposal": {"__prefect_kind": "jinja", "template": "x"}}},
    "the key of another's run": {"idempotency_key": "check_gone/another/after/none"},
    "an infrastructure block": {"infrastructure_document_id": str(UUID(int=9))},
}


@pytest.mark.parametrize("more", SMUGGLED.values(), ids=SMUGGLED)
def test_a_hand_over_carries_a_digest_and_nothing_else(stage, more):
    path = f"/deployments/{deployment(stage, 'check_gone')['id']}/create_flow_run"
    body = {"parameters": {"proposal": DIGEST}, **more}
    with stage.service(DESTROYER) as client:
        assert refused(client.post(path, json=body))


def test_a_hand_over_is_named_after_what_it_is_about(stage):
    path = f"/deployments/{deployment(stage, 'check_gone')['id']}/create_flow_run"
    other = {
        "name": "x",
        "tags": ["about:other"],
        "state": {"type": "COMPLETED"},
        "labels": {"a": 1},
    }
    with stage.service(DESTROYER) as client:
        run = made(client, path, {"parameters": {"proposal": DIGEST}, **other})
    assert run["name"] == f"check_gone {DIGEST[7:19]}"
    assert run["tags"] == [f"about:{DIGEST[7:19]}"]
    assert run["state"]["type"] == "SCHEDULED"
    with stage.service(DESTROYER) as client:
        assert client.post(path, json={"parameters": {"proposal": "s3://a/key"}}).status_code == 409


def test_a_pool_writes_lines_and_artifacts_of_its_own_runs(stage, dispose, review):
    shown = {"key": "counts", "type": "markdown", "data": "x", "flow_run_id": dispose}
    line = {"name": "a", "level": 20, "message": "b", "timestamp": "2026-11-26T00:00:00Z"}
    with stage.service(DESTROYER) as client:
        artifact = made(client, "/artifacts/", shown)
        assert client.patch(f"/artifacts/{artifact['id']}", json={"data": "y"}).status_code == 204
        moved = {"flow_run_id": review[0]}
        assert refused(client.patch(f"/artifacts/{artifact['id']}", json=moved))
        assert refused(client.post("/artifacts/", json={**shown, "flow_run_id": None}))
        mine = {**line, "flow_run_id": dispose}
        assert client.post("/logs/", json=[mine]).status_code == 201
        assert refused(client.post("/logs/", json=[mine, {**line, "flow_run_id": review[0]}]))
    with stage.service(PLANNER) as client:
        assert refused(client.patch(f"/artifacts/{artifact['id']}", json={"data": "z"}))


def opens(stage, path, token) -> bool:
    async def tried():
        url = stage.server.api_url.replace("http", "ws") + path
        try:
            async with connect(url, subprotocols=["prefect"], proxy=None) as socket:
                await socket.send(json.dumps({"type": "auth", "token": token}))
                said = json.loads(await asyncio.wait_for(socket.recv(), 20))
                return said["type"] == "auth_success"
        except (ConnectionClosed, InvalidStatus):
            return False

    return asyncio.run(tried())


def test_a_worker_connects_for_its_own_pool(stage):
    token = f"{SURVEYOR}:{fake_work.SERVICES[SURVEYOR]}"
    assert not opens(stage, f"/work_pools/{DESTROYER}/workers/connect", token)
    assert not opens(stage, "/logs/out", token)
    assert not opens(stage, "/task_runs/subscriptions/scheduled", token)
    assert opens(stage, f"/work_pools/{SURVEYOR}/workers/connect", token)


def event(name, resource, *related, **more):
    return {
        "id": str(uuid4()),
        "event": name,
        "occurred": datetime.now(UTC).isoformat(),
        "resource": {"prefect.resource.id": resource, **more},
        "related": [
            {"prefect.resource.id": each, "prefect.resource.role": "flow-run"} for each in related
        ],
        "payload": {},
    }


def tell(stage, events, service=SURVEYOR):
    async def send():
        url = stage.server.api_url.replace("http", "ws") + "/events/in"
        async with connect(url, subprotocols=["prefect"], proxy=None) as socket:
            token = f"{service}:{fake_work.SERVICES[service]}"
            await socket.send(json.dumps({"type": "auth", "token": token}))
            await socket.recv()
            for each in events:
                await socket.send(json.dumps(each))
            await asyncio.sleep(3)  # whoever hangs up at once is not heard to the end

    asyncio.run(send())


def told(stage, events):
    """The ids of those that the server has."""
    body = {"filter": {"id": {"id": [each["id"] for each in events]}}}
    with stage.service() as client:
        return {each["id"] for each in made(client, "/events/filter", body)["events"]}


def test_an_event_is_heard_from_whose_run_it_is_and_none_says_what_only_the_server_may(
    stage, review
):
    run, _ = review
    mine = stage.start("survey", "whose-events")
    theirs = f"prefect.flow-run.{run}"
    forged = [
        event("prefect.flow-run.Cancelling", theirs),
        event("prefect.flow-run.Cancelling", f"prefect.flow-run.{mine}"),
        event("prefect.flow-run.Completed", theirs),
        event("prefect.flow-run.heartbeat", theirs),
        event("prefect.task-run.Failed", f"prefect.task-run.{uuid4()}", theirs),
        event("prefect.task-run.Failed", f"prefect.task-run.{uuid4()}"),
        event("prefect.worker.started", "prefect.worker.process.x", theirs),
        event("prefect.work-pool.not-ready", "prefect.work-pool.x"),
    ]
    last = event("prefect.worker.started", "prefect.worker.process.x", f"prefect.flow-run.{mine}")
    tell(stage, [*forged, last])
    until = monotonic() + 60
    while not told(stage, [last]) and monotonic() < until:
        sleep(0.5)
    assert told(stage, [*forged, last]) == {last["id"]}, stage.logs()
    assert stage.state(run)["name"] == "Suspended"
    with stage.service("surveyor") as client:  # nobody carries it out, and it would be the next
        body = {"state": {"type": "CANCELLED"}, "force": True}
        client.post(f"/flow_runs/{mine}/set_state", json=body).raise_for_status()


def test_what_a_pools_own_tasks_do_is_told(stage):
    with stage.worker():
        run = stage.start("remind", "whose-tasks")
        stage.wait_for(run, "Completed")
        body = {"flow_runs": {"id": {"any_": [run]}}}
        until = monotonic() + 60
        with stage.service() as client:
            while not (tasks := made(client, "/task_runs/filter", body)) or any(
                each["state_type"] != "COMPLETED" for each in tasks
            ):
                assert monotonic() < until, tasks
                sleep(0.5)
