"""What a person might try beside the form, and what happens: on the real server."""

import gzip
import json
from uuid import uuid4

import httpx
import pytest

from retention.domain.approval import pause_key
from retention.domain.canonical import sha256
from retention.domain.entry import Entry
from tests.support import fake_work
from tests.support.waiting import made, suspended

pytestmark = pytest.mark.server

ADA, BOB = fake_work.PASSWORDS
IDA = "ida-invented"  # on the list, with no role
GOOD = {"mark": "abcd-1234", "reason": "an invented reason"}


@pytest.fixture
def asked(stage):
    """A run that asks about a proposal of its own: (run, pause key, proposal)."""
    proposal = sha256(uuid4().bytes)
    key = pause_key(proposal, "records-manager", 1, 1)
    return suspended(stage, key), key, proposal


@pytest.fixture(scope="module")
def review(stage):
    """One run that waits, and that nothing of what is tried here may change."""
    proposal = sha256(b"attacked beside the form")
    key = pause_key(proposal, "records-manager", 1, 1)
    return suspended(stage, key), key, proposal


def signed(stage, proposal):
    return stage.work.ledger.stream("proposal:" + proposal.removeprefix("sha256:"))


def deployment(stage, flow):
    with stage.service() as client:
        return client.get(f"/deployments/name/{flow}/retention").raise_for_status().json()["id"]


# The same body again, and another's


@pytest.mark.parametrize("again", [ADA, BOB])
def test_an_answer_that_was_taken_is_not_taken_twice_from_whomever(stage, asked, again):
    run, _, proposal = asked
    with stage.person(ADA) as ada:
        assert ada.post(f"/flow_runs/{run}/resume", json={"run_input": GOOD}).status_code == 201
    with stage.person(again) as client:
        assert client.post(f"/flow_runs/{run}/resume", json={"run_input": GOOD}).status_code != 201
    assert [record.text("person") for record in signed(stage, proposal)] == [ADA]


def test_an_answer_to_one_question_is_signed_for_that_question_only(stage, asked):
    run, key, proposal = asked
    body = {"run_input": GOOD, "pause_key": "another", "about": "another", "person": BOB}
    with stage.person(ADA) as ada:
        assert ada.post(f"/flow_runs/{run}/resume", json=body).status_code == 201
    (record,) = signed(stage, proposal)
    assert (record.text("pause_key"), record.text("person")) == (key, ADA)


def test_a_run_that_does_not_exist_is_not_answered(stage):
    size = stage.work.ledger.size()
    with stage.person(ADA) as ada:
        answer = ada.post(f"/flow_runs/{uuid4()}/resume", json={"run_input": GOOD})
    assert answer.status_code >= 400
    assert stage.work.ledger.size() == size


# Paths, methods and bodies that are read in two ways

TRICKS = [
    ("POST", "/flow_runs/{run}/%72esume"),
    ("POST", "/flow_runs/{run}/./resume"),
    ("POST", "/flow_runs/x/../{run}/resume"),
    ("POST", "/flow_runs/x/%2e%2e/{run}/set_state"),
    ("POST", "//flow_runs/{run}/set_state"),
    ("POST", "/flow_runs//{run}/set_state"),
    ("POST", "/flow_runs/{run}/set_state%00"),
    ("POST", "/flow_runs/{run}/set_state%0d%0a"),
    ("POST", "/flow_runs/{run}/SET_STATE"),
    ("POST", "/FLOW_RUNS/{run}/set_state"),
    ("POST", "/flow_runs/{run}/set_state;x=1"),
    ("POST", "/flow_runs/{run}%2fset_state"),
    ("POST", "/flow_runs/{run}/input%2ffilter"),
    ("PUT", "/flow_runs/{run}/set_state"),
    ("PATCH", "/flow_runs/{run}/set_state"),
    ("OPTIONS", "/flow_runs/{run}/set_state"),
    ("TRACE", "/flow_runs/{run}"),
    ("GET", "/flow_runs/{run}/input/suspended-{key}-response"),
    ("HEAD", "/flow_runs/{run}/input/suspended-{key}-response"),
    ("GET", "/flow_runs/{run}/input/suspended-{key}-respons%65"),
    ("GET", "/flow_runs/{run}/input/suspended-{key}-response/"),
    ("POST", "/graphql"),
    ("POST", "/agents/"),
    ("POST", "/work_queues/"),
    ("POST", "/deployments/get_scheduled_flow_runs"),
    ("POST", "/../api/flow_runs/{run}/set_state"),
]


@pytest.mark.parametrize(("method", "path"), TRICKS)
def test_a_path_is_ruled_as_the_server_would_route_it(stage, review, method, path):
    run, key, proposal = review
    body = {"state": {"type": "SCHEDULED"}, "run_input": {}, "prefix": ""}
    url = stage.server.api_url + path.replace("{run}", run).replace("{key}", key)
    with httpx.Client(auth=(ADA, fake_work.PASSWORDS[ADA]), trust_env=False) as ada:
        request = ada.build_request(method, "http://x", json=body)
        raw = httpx.URL(url).copy_with(raw_path=("/api" + url.split("/api", 1)[1]).encode())
        request.url = raw
        answer = ada.send(request)
    assert answer.status_code in {403, 404, 405}, (answer.status_code, answer.text)
    assert stage.state(run)["name"] == "Suspended"
    assert not signed(stage, proposal)


@pytest.mark.parametrize(
    "header", ["x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"]
)
def test_a_header_that_renames_a_request_renames_nothing(stage, review, header):
    run, _, _ = review
    said = "DELETE" if "method" in header else f"/api/flow_runs/{run}/set_state"
    with stage.person(ADA) as ada:
        assert ada.get(f"/flow_runs/{run}", headers={header: said}).json()["id"] == run
    assert stage.state(run)["name"] == "Suspended"


def test_a_packed_body_is_not_read(stage, review):
    run, _, proposal = review
    packed = gzip.compress(json.dumps({"run_input": GOOD}).encode())
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    with stage.person(ADA) as ada:
        answer = ada.post(f"/flow_runs/{run}/resume", content=packed, headers=headers)
    assert answer.status_code == 403
    assert not signed(stage, proposal)


def test_a_body_in_pieces_is_read_whole_before_it_is_judged(stage, asked):
    run, _, proposal = asked

    def pieces(body):
        yield from (body[at : at + 7] for at in range(0, len(body), 7))

    headers = {"content-type": "application/json"}
    with stage.person(ADA) as ada:
        bad = b'{"run_input": {"mark": "a", "mark": "b", "reason": "c"}}'
        path = f"/flow_runs/{run}/resume"
        assert ada.post(path, content=pieces(bad), headers=headers).status_code == 403
        good = json.dumps({"run_input": GOOD}).encode()
        assert ada.post(path, content=pieces(good), headers=headers).status_code == 201
    assert len(signed(stage, proposal)) == 1


# What people may look at, and what pages post

OPEN_TO_PEOPLE = [
    ("POST", "/logs/filter", {}),
    ("POST", "/ui/flow_runs/history", None),
    ("GET", "/csrf-token?client=x", None),
    ("POST", "/events/filter", {}),
]


@pytest.mark.parametrize(("method", "path", "body"), OPEN_TO_PEOPLE)
def test_to_look_changes_nothing(stage, review, method, path, body):
    run, _, _ = review
    size = stage.work.ledger.size()
    with stage.person(ADA) as ada:
        answer = ada.request(method, path, json=body)
    assert answer.status_code not in {401, 403}, answer.text
    assert stage.work.ledger.size() == size
    assert stage.state(run)["name"] == "Suspended"


def test_a_person_renames_no_run_and_changes_nothing_of_it(stage, review):
    run, _, proposal = review
    with stage.person(ADA) as ada:
        for change in ({"name": "harmless"}, {"parameters": {"proposal": sha256(b"x")}}):
            assert ada.patch(f"/flow_runs/{run}", json=change).status_code == 403
        assert ada.patch(f"/flow_runs/{run}/labels", json={"a": "b"}).status_code == 403
        shown = {"key": "pack", "type": "markdown", "data": "x", "flow_run_id": run}
        assert ada.post("/artifacts/", json=shown).status_code == 403
        assert ada.get(f"/flow_runs/{run}").json()["parameters"] == {"proposal": proposal}


# Cancelling


def cancel(stage, run, name, password):
    with stage.http(name, password) as client:
        body = {"state": {"type": "CANCELLED", "name": "Cancelled", "message": "x" * 9}}
        return client.post(f"/flow_runs/{run}/set_state", json=body)


def test_who_may_not_halt_cancels_nothing_but_what_they_started(stage, asked):
    run, _, _ = asked
    password = fake_work.SPARE[IDA]
    answer = cancel(stage, run, IDA, password)
    assert answer.status_code == 403
    assert "what you started" in answer.json()["detail"]
    assert stage.state(run)["name"] == "Suspended"
    with stage.http(IDA, password) as ida:
        mine = made(ida, f"/deployments/{deployment(stage, 'by_hand')}/create_flow_run", {})["id"]
    assert cancel(stage, mine, IDA, password).status_code == 201
    kinds = [record.kind for record in stage.work.ledger.stream(f"run:{mine}")]
    assert kinds == [Entry.STARTED, Entry.CANCELLED]


def test_who_stands_on_no_list_cancels_nothing(stage, asked):
    run, _, _ = asked
    assert cancel(stage, run, *fake_work.ONLOOKER).status_code == 403
    assert stage.state(run)["name"] == "Suspended"
    assert not stage.work.ledger.stream(f"run:{run}")


def test_what_is_no_run_is_not_cancelled(stage):
    size = stage.work.ledger.size()
    assert cancel(stage, "x", ADA, fake_work.PASSWORDS[ADA]).status_code == 403
    assert stage.work.ledger.size() == size
