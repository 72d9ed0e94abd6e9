"""Flows run in this process, against the real server behind the real gate."""

from contextlib import contextmanager, suppress

import pytest
from prefect.events.worker import EventsWorker
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from retention.wiring import process
from tests.support import fake_work

DRAIN_S = 20.0


class Runs:
    """Runs of one flow, driven from here as a worker would drive them."""

    def __init__(self, stage, work):
        self.stage, self.work = stage, work

    @contextmanager
    def as_service(self, pool):
        access = self.stage.access(pool)
        settings = {PREFECT_API_URL: access.api_url, PREFECT_API_AUTH_STRING: access.credential}
        with temporary_settings(updates=settings):
            yield

    def go(self, flow, run):
        """Run until it ends or asks; return the name of the state that it is in then."""
        with self.stage.access().client() as client:
            flow_run = client.read_flow_run(run)
        with self.as_service(flow_run.work_pool_name), suppress(Pause):
            run_flow(flow, flow_run=flow_run, parameters=flow_run.parameters, return_type="state")
        # What a process tells the server goes by the credential with which it began to tell.
        EventsWorker.drain_all(timeout=DRAIN_S, at_exit=False)
        return self.stage.state(run)["name"]

    def answer(self, run, person, **fields):
        with self.stage.person(person) as client:
            return client.post(f"/flow_runs/{run}/resume", json={"run_input": fields})

    def page(self, run) -> str:
        """What stands above the form that *run* waits with."""
        key = self.stage.state(run)["state_details"]["run_input_keyset"]["description"]
        with self.stage.person() as client:
            return client.get(f"/flow_runs/{run}/input/{key}").json()

    def key(self, run) -> str:
        return self.stage.state(run)["state_details"]["pause_key"]


@pytest.fixture
def runs(stage, monkeypatch):
    work = fake_work.FakeWork(stage.folder)
    monkeypatch.setattr(process, "_installed", [work])
    return Runs(stage, work)
