"""What somebody might try at the gate, and what happens: each on the real server."""

import asyncio
import json
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from retention.domain.approval import pause_key
from retention.domain.canonical import digest_of, sha256
from retention.domain.entry import Entry
from tests.support import fake_work
from tests.support.waiting import suspended

pytestmark = pytest.mark.server

KINDS = ("person", "service")
GOOD = {"mark": "abcd-1234", "reason": "an invented reason"}


@pytest.fixture
def caller(stage):
    def make(kind):
        return stage.person() if kind == "person" else stage.service()

    return make


@pytest.fixture
def asked(stage):
    """A run that asks about a proposal of its own: (run, pause key, proposal)."""
    proposal = sha256(uuid4().bytes)
    key = pause_key(proposal, "records-manager", 1, 1)
    return suspended(stage, key), key, proposal


def refused(response, status=403):
    assert response.status_code == status, response.text
    body = response.json()
    assert body["exception_message"] == body["detail"]
    return body["detail"]


def signed(stage, proposal):
    return stage.work.ledger.stream("proposal:" + proposal.removeprefix("sha256:"))


def test_an_answer_is_signed_for_the_person_who_gave_it(stage, asked):
    run, key, proposal = asked
    with stage.person("bob-invented") as bob:
        assert bob.post(f"/flow_runs/{run}/resume", json={"run_input": GOOD}).status_code == 201
    (record,) = signed(stage, proposal)
    assert record.kind is Entry.SIGNED
    varies = {"signature": "", "key_id": "", "input": "", "salt": ""}
    assert dict(record.facts) | varies == {
        "about": proposal,
        "person": "bob-invented",
        "step": "records-manager",
        "run": run,
        "pause_key": key,
        "factor": "",
        "at": "2026-11-23T09:30:00.000Z",
        **varies,
    }
    assert fake_work.is_of(record, GOOD, stage.work.evidence)
    assert fake_work.signature_holds(record)
    with stage.service() as client:
        stored = client.get(f"/flow_runs/{run}/input/suspended-{key}-response").json()
    assert stored == GOOD
    assert record.text("input") != digest_of(GOOD)  # a short reason cannot be guessed from it


def test_of_two_answers_at_once_one_is_taken_and_one_is_signed(stage, asked):
    run, _, proposal = asked

    async def both():
        async with httpx.AsyncClient(base_url=stage.server.api_url, trust_env=False) as client:
            return await asyncio.gather(
                *(
                    client.post(
                        f"/flow_runs/{run}/resume", json={"run_input": GOOD}, auth=login, timeout=30
                    )
                    for login in fake_work.PASSWORDS.items()
                )
            )

    responses = asyncio.run(both())
    codes = sorted(response.status_code for response in responses)
    assert codes == [200, 201], [r.text for r in responses] + [stage.logs()]
    assert len(signed(stage, proposal)) == 1


def test_an_answer_that_the_server_refuses_is_not_signed(stage, asked):
    run, _, proposal = asked
    with stage.person() as ada:
        response = ada.post(f"/flow_runs/{run}/resume", json={"run_input": {"mark": "x"}})
    assert response.json()["status"] == "REJECT"
    assert not signed(stage, proposal)


def test_a_question_of_someone_elses_is_handed_on_and_not_signed(stage):
    run = suspended(stage, f"another-{uuid4().hex}")
    size = stage.work.ledger.size()
    with stage.person() as ada:
        assert ada.post(f"/flow_runs/{run}/resume", json={"run_input": GOOD}).status_code == 201
    assert stage.work.ledger.size() == size


BAD_BODIES = {
    "nothing at all": b"",
    "an empty object": b"{}",
    "an empty answer": b'{"run_input": {}}',
    "null": b'{"run_input": null}',
    "a template": b'{"run_input": {"mark": {"__prefect_kind": "jinja", "template": "x"}}}',
    "a hidden template": b'{"run_input": {"mark": [{"a": {"__prefect_kind": "json"}}]}}',
    "a name twice": b'{"run_input": {"mark": "a", "mark": "b", "reason": "c"}}',
    "two answers": b'{"run_input": {"mark": "a"}, "run_input": {"mark": "b"}}',
    "a number with two spellings": b'{"run_input": {"mark": 1.0}}',
    "half a character": b'{"run_input": {"mark": "\\ud800"}}',
    "no JSON": b"mark=a",
    "a list": b"[]",
    "a deep well": b'{"run_input": {"mark": ' + b"[" * 200_000 + b"]" * 200_000 + b"}}",
    "two megabytes": b'{"run_input": {"mark": "' + b"a" * 2_000_000 + b'"}}',
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_an_answer_that_does_not_say_one_thing_is_refused(stage, asked, body):
    run, _, proposal = asked
    with stage.person() as ada:
        headers = {"content-type": "application/json"}
        refused(ada.post(f"/flow_runs/{run}/resume", content=body, headers=headers))
    assert stage.state(run)["name"] == "Suspended"
    assert not signed(stage, proposal)


def test_an_account_that_stands_on_no_list_may_look_but_not_answer(stage, asked):
    run, _, proposal = asked
    with stage.http(*fake_work.ONLOOKER) as dee:
        assert dee.get(f"/flow_runs/{run}").status_code == 200
        refused(dee.post(f"/flow_runs/{run}/resume", json={"run_input": GOOD}))
    assert not signed(stage, proposal)


def test_without_a_ledger_no_answer_is_taken(stage, asked):
    run, _, _ = asked
    path = stage.work.ledger.path
    kept = path.rename(path.with_suffix(".kept")) if path.exists() else None
    path.mkdir()
    try:
        with stage.person() as ada:
            refused(ada.post(f"/flow_runs/{run}/resume", json={"run_input": GOOD}), 503)
    finally:
        path.rmdir()
        if kept:
            kept.rename(path)
    assert stage.state(run)["name"] == "Suspended"


# Method, path ({run} and {key} are a review's), body, and who is refused.
ATTACKS = [
    ("POST", "/flow_runs/{run}/input", {"key": "suspended-{key}-response", "value": "e30="}, KINDS),
    (
        "POST",
        "/flow_runs/{run}/input/",
        {"key": "suspended-{key}-response", "value": "e30="},
        KINDS,
    ),
    ("DELETE", "/flow_runs/{run}/input/suspended-{key}-response", None, KINDS),
    ("DELETE", "/flow_runs/{run}/input/suspended-{key}-schema", None, KINDS),
    ("DELETE", "/flow_runs/{run}/input/suspended-{key}-schema%0A", None, KINDS),
    ("POST", "/flow_runs/{run}/resume", {"run_input": GOOD}, ("service",)),
    ("POST", "/flow_runs/{run}/resume/", {"run_input": GOOD}, ("service",)),
    ("POST", "/flow_runs/{run}/resume%0A", {"run_input": GOOD}, KINDS),
    ("POST", "/flow_runs/{plain}/resume", {"run_input": GOOD}, ("service",)),
    ("POST", "/flow_runs%2F{run}%2Fresume", {"run_input": GOOD}, ("service",)),
    ("POST", "/flow_runs/{run}/set_state", {"state": {"type": "SCHEDULED"}}, ("person",)),
    ("POST", "/flow_runs/{run}/set_state", {"state": {"type": "COMPLETED"}}, ("person",)),
    ("POST", "/flow_runs/{run}/set_state", {"state": "CANCELLED"}, ("person",)),
    ("POST", "/flow_runs/{run}/input", {"key": "note", "value": "e30="}, ("person",)),
    ("POST", "/flow_runs/{run}/input/filter", {"prefix": ""}, ("person",)),
    ("GET", "/flow_runs/{run}/input/suspended-{key}-response", None, ("person",)),
    ("POST", "/flow_runs/bulk_set_state", {"flow_runs": {}, "state": {"type": "SCHEDULED"}}, KINDS),
    ("POST", "/flow_runs/bulk_delete", {"flow_runs": {}}, KINDS),
    ("POST", "/flows/bulk_delete", {"flows": {}}, KINDS),
    ("POST", "/deployments/bulk_delete", {"deployments": {}}, KINDS),
    ("POST", "/deployments/{run}/create_flow_run/bulk", {}, KINDS),
    ("DELETE", "/flow_runs/{run}", None, KINDS),
    ("DELETE", "/deployments/{run}", None, KINDS),
    ("PATCH", "/deployments/{run}", {"paused": True}, ("person",)),
    ("POST", "/deployments/{run}/create_flow_run", {}, ("person",)),
    ("POST", "/deployments/{run}/schedule", {}, ("person",)),
    ("POST", "/flow_runs/", {"flow_id": "{run}", "state": {"type": "SCHEDULED"}}, ("person",)),
    ("PATCH", "/flow_runs/{run}", {"parameters": {}}, ("person",)),
    ("POST", "/automations/", {"name": "x"}, KINDS),
    ("PUT", "/automations/{run}", {"name": "x"}, KINDS),
    ("DELETE", "/automations/owned-by/x", None, KINDS),
    ("POST", "/variables/", {"name": "x", "value": "y"}, ("person",)),
    ("POST", "/work_pools/planner/get_scheduled_flow_runs", {}, ("person",)),
    ("GET", "/admin/settings", None, ("service",)),
    ("GET", "/admin/storage", None, KINDS),
    ("PUT", "/admin/storage", {}, KINDS),
    ("POST", "/nothing/of/the/kind", {}, ("person",)),
]


def filled(value, run, key):
    text = json.dumps(value).replace("{run}", run).replace("{key}", key)
    return json.loads(text.replace("{plain}", run.replace("-", "")))


@pytest.fixture(scope="module")
def review(stage):
    """One run that waits, for all attacks: none may change it."""
    proposal = sha256(b"attacked")
    key = pause_key(proposal, "records-manager", 1, 1)
    return suspended(stage, key), key, proposal


@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [(m, p, b, kind) for m, p, b, kinds in ATTACKS for kind in kinds],
)
def test_what_is_not_in_the_table_is_refused_with_a_sentence(
    stage, review, caller, method, path, body, kind
):
    run, key, proposal = review
    with caller(kind) as client:
        body = None if body is None else filled(body, run, key)
        assert refused(client.request(method, filled(path, run, key), json=body)).endswith(".")
    assert stage.state(run)["name"] == "Suspended"
    assert not signed(stage, proposal)


def test_a_person_may_cancel(stage, asked):
    run, _, _ = asked
    with stage.person() as ada:
        body = {"state": {"type": "CANCELLING", "name": "Cancelling"}, "force": True}
        assert ada.post(f"/flow_runs/{run}/set_state", json=body).status_code == 201
    (written,) = stage.work.ledger.stream(f"run:{run}")
    assert (written.kind, written.text("person")) == (Entry.CANCELLED, "ada-invented")
    assert stage.state(run)["type"] in {"CANCELLING", "CANCELLED"}


LOGINS = {
    "a wrong password": ("ada-invented", "not the one"),
    "someone unknown": ("eve-invented", "a long enough one"),
    "a service with another's secret": ("planner", fake_work.SERVICES["destroyer"]),
    "no password": ("ada-invented", ""),
    "the gate's own name": ("gate", "guess"),
}


@pytest.mark.parametrize("login", LOGINS.values(), ids=LOGINS)
def test_who_proves_nothing_sees_nothing(stage, login):
    with stage.http(*login) as client:
        assert client.get("/admin/version").status_code == 401
        assert client.post("/flow_runs/filter", json={}).status_code == 401
        assert client.get("/health").status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic %%%", "Bearer x", "Basic Og==", "basic YQ=="]
)
def test_a_header_that_is_no_login_is_none(stage, header):
    answer = httpx.get(
        f"{stage.server.api_url}/admin/version", headers={"authorization": header}, trust_env=False
    )
    assert answer.status_code == 401


LOOKS = [
    ("GET", "/admin/version", None),
    ("GET", "/flow_runs/{run}", None),
    ("GET", "/flow_runs/{run}/graph-v2", None),
    ("GET", "/flow_runs/{run}/input/suspended-{key}-schema", None),
    ("POST", "/flow_runs/filter", {}),
    ("POST", "/flow_runs/count", {}),
    ("POST", "/flow_runs/paginate", {}),
    ("POST", "/flows/paginate", {}),
    ("POST", "/deployments/filter", {}),
    ("POST", "/work_pools/filter", {}),
    ("POST", "/work_pools/planner/queues/filter", {}),
    ("POST", "/work_pools/planner/workers/filter", {}),
    ("POST", "/logs/filter", {}),
    ("POST", "/artifacts/filter", {}),
    ("POST", "/automations/filter", {}),
    ("POST", "/ui/flow_runs/count-task-runs", {"flow_run_ids": []}),
    ("POST", "/ui/schemas/validate", {"schema": {}, "values": {}}),
]


@pytest.mark.parametrize(("method", "path", "body"), LOOKS)
def test_people_may_look_at_what_the_ui_shows(stage, review, method, path, body):
    run, key, _ = review
    with stage.person() as ada:
        body = None if body is None else filled(body, run, key)
        response = ada.request(method, filled(path, run, key), json=body)
    assert response.status_code == 200, response.text


def test_the_page_is_told_to_call_nobody_else(stage):
    with stage.person() as ada:
        settings = ada.get("/admin/settings").json()["server"]
        page = httpx.get(f"{stage.server.url}/v2/", trust_env=False)
    assert settings == {"analytics_enabled": False, "ui": {"show_promotional_content": False}}
    assert "connect-src 'self'" in page.headers["content-security-policy"]


async def talk(stage, path, token, subprotocols=("prefect",)):
    """Return what the socket says to *token* as its first message."""
    url = stage.server.api_url.replace("http", "ws") + path
    try:
        async with connect(url, subprotocols=subprotocols, proxy=None) as socket:
            if token is not None:
                await socket.send(json.dumps({"type": "auth", "token": token}))
            else:
                await socket.send("[[[")
            return json.loads(await asyncio.wait_for(socket.recv(), 20))["type"]
    except (ConnectionClosed, InvalidStatus):
        return "closed"


PLANNER = f"planner:{fake_work.SERVICES['planner']}"


@pytest.mark.parametrize(
    ("path", "token", "says"),
    [
        ("/events/in", PLANNER, "auth_success"),
        ("/events/out", PLANNER, "auth_success"),
        ("/logs/out", PLANNER, "closed"),
        ("/events/in", "planner:guess", "closed"),
        ("/events/in", "", "closed"),
        ("/events/in", None, "closed"),
        ("/events/in", ["planner"], "closed"),
        ("/events/out", "ada-invented:a long enough one", "closed"),
        ("/work_pools/planner/workers/connect", "guess", "closed"),
        ("/nothing", PLANNER, "closed"),
    ],
)
def test_a_socket_opens_only_for_a_service(stage, path, token, says):
    assert asyncio.run(talk(stage, path, token)) == says


def test_a_socket_that_does_not_speak_the_protocol_is_closed(stage):
    assert asyncio.run(talk(stage, "/events/in", PLANNER, subprotocols=None)) == "closed"
