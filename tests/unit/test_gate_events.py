"""Which events a service may send: of its own runs, and no state that only the server tells."""

import asyncio
import json

import pytest

from retention.gate.events import may_say

MINE, THEIRS = "prefect.flow-run.mine", "prefect.flow-run.theirs"
TASK = "prefect.task-run.mine"


class Mine:
    """Owns what is called so."""

    async def owns(self, service, run, task=None):
        return service == "destroyer" and run == "mine" and task in {None, "mine"}


def event(name, *ids):
    resource, *related = ({"prefect.resource.id": each} for each in ids)
    return {"event": name, "resource": resource, "related": related}


def may(said):
    text = said if isinstance(said, str) else json.dumps(said)
    return asyncio.run(may_say("destroyer", text, Mine()))


@pytest.mark.parametrize(
    "said",
    [
        event("prefect.task-run.Running", TASK, MINE, "prefect.flow.x", "prefect.work-pool.y"),
        event("prefect.flow-run.heartbeat", MINE),
        event("prefect.worker.submitted-flow-run", "prefect.worker.process.x", MINE),
        event("prefect.worker.started", "prefect.worker.process.x", "prefect.work-pool.y"),
        event("prefect.runner.cancelled-flow-run", "prefect.runner.x", MINE),
        event("prefect.artifact.created", "prefect.artifact.x", MINE),
    ],
)
def test_what_workers_and_flows_tell_of_their_own_is_heard(said):
    assert may(said)


@pytest.mark.parametrize(
    "said",
    [
        event("prefect.flow-run.Cancelling", MINE),
        event("prefect.flow-run.heartbeat.Cancelling", MINE),
        event("prefect.flow-run.heartbeat\n", MINE),
        event("prefect.deployment.updated", "prefect.deployment.x"),
        event("prefect.automation.triggered", "prefect.automation.x"),
        event("somebody.else", "x"),
        event("prefect.flow-run.heartbeat", THEIRS),
        event("prefect.worker.started", "prefect.worker.x", MINE, THEIRS),
        event("prefect.task-run.Running", TASK),
        event("prefect.task-run.Running", TASK, THEIRS),
        event("prefect.task-run.Running", "prefect.task-run.theirs", MINE),
        event("prefect.task-run.Running", TASK, MINE, "prefect.task-run.theirs"),
        {"event": "prefect.worker.started", "resource": {"prefect.resource.id": 1}},
        {"event": "prefect.worker.started", "resource": {}},
        {"event": "prefect.worker.started"},
        {"event": 1, "resource": {"prefect.resource.id": MINE}},
        [],
        "",
        "[" * 100_000,
    ],
    ids=range(19),
)
def test_what_is_not_their_own_to_tell_is_not(said):
    assert not may(said)
