"""A real Prefect server behind the real gate, with two invented people; once a session."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from retention.adapters.prefect.access import Access
from retention.adapters.prefect.deploy import deploy
from retention.adapters.prefect.processes import Server, Worker
from retention.adapters.prefect.start import start
from tests.support import fake_work
from tests.support.rows import ROWS

ROOT = Path(__file__).parents[2]
WAIT_S = 90
ANSWER_S = 130  # Prefect's SQLite can be busy for a minute, and twice that
LOOK_EVERY_S = 0.2


@dataclass(frozen=True)
class Stage:
    """The running server, and what stands around it."""

    server: Server
    folder: Path
    work: fake_work.FakeWork

    def access(self, pool="planner") -> Access:
        return Access(self.server.api_url, pool, fake_work.SERVICES[pool])

    def http(self, name, secret) -> httpx.Client:
        return httpx.Client(
            base_url=self.server.api_url, auth=(name, secret), trust_env=False, timeout=ANSWER_S
        )

    def person(self, name="ada-invented") -> httpx.Client:
        return self.http(name, fake_work.PASSWORDS[name])

    def service(self, pool="planner") -> httpx.Client:
        return self.http(pool, fake_work.SERVICES[pool])

    def start(self, flow, argument="") -> str:
        return start(self.access(), flow, argument)

    def state(self, run) -> dict:
        with self.service() as client:
            return client.get(f"/flow_runs/{run}").raise_for_status().json()["state"]

    def wait_for(self, run, *names, key_ends="") -> dict:
        """Return the state once it has one of *names* (and a pause key that ends so)."""
        until = monotonic() + WAIT_S
        while monotonic() < until:
            state = self.state(run)
            key = state["state_details"].get("pause_key") or ""
            if state["name"] in names and key.endswith(key_ends):
                return state
            sleep(LOOK_EVERY_S)
        raise AssertionError(f"run is {state['name']}, not {names}; {self.logs()}")

    def logs(self) -> str:
        return "\n".join(f"{p.name}: {p.read_text()[-2000:]}" for p in self.folder.glob("*.log"))

    @contextmanager
    def worker(self, pool="planner") -> Iterator[Worker]:
        with Worker(self.folder, self.access(pool), environment=environment(self.folder)) as worker:
            yield worker


def environment(folder: Path) -> dict[str, str]:
    """What every process of the tests is given."""
    return {**os.environ, fake_work.FOLDER: str(folder), "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="session")
def stage(tmp_path_factory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("prefect")
    module = "tests.support.fake_gate"
    with Server(folder, environment=environment(folder), module=module) as server:
        stage = Stage(server, folder, fake_work.FakeWork(folder))
        deploy(stage.access("deployer"), ROWS, package="tests.support.fake_flows")
        yield stage


@pytest.fixture
def ahead(stage) -> Callable[[float], None]:
    """Step the clock of the gate's sessions by some seconds: it never goes back."""
    return lambda seconds: fake_work.step(stage.folder, seconds)
