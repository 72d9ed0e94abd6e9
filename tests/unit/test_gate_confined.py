"""A service is confined by asking the server whose run it is: seldom, and never by trust."""

import asyncio
import json
from uuid import UUID, uuid4

import pytest

from retention.gate import confined
from retention.gate.confined import Confined
from retention.gate.rules import rule_for

RUNS = [UUID(int=number) for number in range(1, 7)]


class Known:
    """Knows the runs of one pool, and counts how often it was asked."""

    def __init__(self):
        self.asked = []

    async def read(self, path):
        self.asked.append(path)
        run = path.rpartition("/")[2]
        return {"id": run, "work_pool_name": "destroyer"} if UUID(run) in RUNS else None


async def served(scope, _receive, send):
    await send({"type": "http.response.start", "status": 201, "headers": []})


def ask(guard, service, path, body=b"{}", method="POST"):
    """Return the status that *service* is answered."""
    scope = {"type": "http", "method": method, "path": path, "headers": []}
    messages = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        messages.append(message)

    asyncio.run(guard(service, rule_for(method, path), scope, receive, send))
    return messages[0]["status"]


def labels(run):
    return f"/api/flow_runs/{run}/labels"


def test_whose_run_it_is_is_asked_once_and_remembered_within_bounds(monkeypatch):
    monkeypatch.setattr(confined, "REMEMBERED_MAX", 2)
    known = Known()
    guard = Confined(served, known)
    for run in (RUNS[0], RUNS[0], RUNS[1], RUNS[0], RUNS[2], RUNS[0]):
        assert ask(guard, "destroyer", labels(run), method="PATCH") == 201
    assert len(known.asked) == 3
    assert ask(guard, "destroyer", labels(RUNS[1]), method="PATCH") == 201
    assert len(known.asked) == 4, "what was asked for least lately made room"


def test_what_is_not_known_is_nobodys_and_is_asked_again():
    known, stranger = Known(), uuid4()
    guard = Confined(served, known)
    for _ in "12":
        assert ask(guard, "destroyer", labels(stranger), method="PATCH") == 403
    assert len(known.asked) == 2, "a run that comes later is found"


@pytest.mark.parametrize("run", ["x", "..", "%", str(RUNS[0]) + "0"])
def test_what_is_no_id_is_refused(run):
    assert ask(Confined(served, Known()), "destroyer", labels(run), method="PATCH") == 403


LINES = [
    {"flow_run_id": str(RUNS[0])},
    [{"flow_run_id": None, "task_run_id": str(UUID(int=99))}],
    ["line"],
    [{"flow_run_id": "x"}],
    [{"flow_run_id": str(UUID(int=99))}],
]


@pytest.mark.parametrize("lines", LINES)
def test_lines_of_nobodys_run_are_refused(lines):
    body = json.dumps(lines).encode()
    assert ask(Confined(served, Known()), "destroyer", "/api/logs/", body) == 403


def test_lines_of_the_worker_itself_are_taken():
    body = json.dumps([{"message": "a"}, {"flow_run_id": str(RUNS[0])}]).encode()
    assert ask(Confined(served, Known()), "destroyer", "/api/logs/", body) == 201


@pytest.mark.parametrize("key", ["review-7f9f-e7b4", "datasets-7f9f-e7b4", "next-7f9f-e7b4"])
def test_what_people_decide_by_is_shown_by_no_pool_that_asks_nobody(key):
    """Prefect shows the newest page of a key, whichever run made it."""
    guard = Confined(served, Known())
    for kept, status in ((key, 403), ("findings", 201), (None, 201)):
        body = json.dumps({"key": kept, "flow_run_id": str(RUNS[0]), "data": "x"}).encode()
        assert ask(guard, "destroyer", "/api/artifacts/", body) == status
