"""A real worker is killed at random moments, again and again: what it leaves, the next one ends.

Each story has a bucket, a ledger and evidence of its own; workers are processes like those of a
pool.  What is left at last is what a run that nobody disturbed leaves.
"""

import os
import random
import re
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from time import monotonic, sleep

import pytest
from prefect.client.schemas.objects import StateType

from flows.deployments import TABLE
from retention import wiring
from retention.adapters.prefect.access import Access
from retention.adapters.prefect.deploy import deploy
from retention.adapters.prefect.pools import DEPLOYER
from retention.adapters.prefect.processes import Server, Worker, _descendants
from retention.adapters.prefect.start import start
from retention.domain.dataset import Fate
from retention.domain.entry import Entry
from retention.running import for_pool
from tests.support.real_world import RealWorld, fill

pytestmark = [pytest.mark.full, pytest.mark.ceph]

OBJECTS = 240
KILLS = (4,) * 11 + (3,)  # of each story: with those through Prefect fifty
END_WITHIN_S = 60
UNIQUE = re.compile(  # what differs between two stories that went alike
    r"[0-9-]{10}T[0-9:.]{12}Z"  # instants
    r"|[0-9a-f]{64}"  # digests: of what holds the names of buckets and the ids of versions
    r"|bucket-[0-9]+"
)


@pytest.fixture
def world(tmp_path, ceph):
    return told(tmp_path, ceph)


def told(folder, ceph):
    """Return a world with something to destroy, and something beside it that must stay."""
    world = RealWorld(folder / "home", ceph)
    fill(world.bucket, OBJECTS)
    for place in ("patient/2019-copy/", "patient/2020/", "patient/"):
        world.bucket.put(f"{place}beside", b"stays")
    return world


@contextmanager
def worker(world, proposal):
    """Start a worker, wait until it is about to begin, and yield it; it is gone afterwards."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.support.killed", proposal],
        env=world.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout.readline() == "ready\n", child.communicate(timeout=END_WITHIN_S)
        yield child
    finally:
        child.kill()
        child.communicate(timeout=END_WITHIN_S)


def undisturbed(world, proposal):
    """Let a worker run to its end, and return how long that took in seconds."""
    with worker(world, proposal) as child:
        began = monotonic()
        _, said = child.communicate(timeout=END_WITHIN_S)
        assert child.returncode == 0, said
        return monotonic() - began


def concluded(world, proposal, before):
    """Verify, certify, and return what must be the same however often workers were killed."""
    planned = world.rows(proposal)
    assert world.listed() == before - planned
    assert len(planned) == world.case(proposal).proposed.number("versions") > OBJECTS
    world.check_gone(proposal)
    world.certify(proposal)
    case = world.case(proposal)
    (verified,) = case.verified.values()
    assert verified.number(Fate.DESTROYED) == len(planned)
    assert [verified.number(fate) for fate in Fate if fate is not Fate.DESTROYED] == [0] * 5
    assert len(case.ordered) == 1
    assert not case.stopped
    assert not world.kinds(Entry.INCIDENT)
    world.ledger.audit()
    certificate = world.certificate(proposal, "final")
    assert certificate.counts.destroyed == certificate.counts.planned == len(planned)
    return UNIQUE.sub("", certificate.statement().decode())


@pytest.fixture(scope="module")
def whole(tmp_path_factory, ceph):
    """What a story leaves whose worker nobody killed, and how long that worker took."""
    world = told(tmp_path_factory.mktemp("whole"), ceph)
    proposal = world.approved()
    before = world.listed()
    took_s = undisturbed(world, proposal)
    return concluded(world, proposal, before), took_s


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("seed", "kills"), enumerate(KILLS))
def test_whenever_a_worker_is_killed_the_next_ones_end_the_same(world, whole, seed, kills):
    ending, took_s = whole
    proposal = world.approved()
    before, dice = world.listed(), random.Random(seed)
    for _ in range(kills):
        with worker(world, proposal) as child:
            sleep(dice.uniform(0, took_s / (kills + 1)))  # together never as long as one whole run
            assert child.poll() is None, child.communicate()
            os.kill(child.pid, signal.SIGKILL)
            assert child.wait(END_WITHIN_S) == -signal.SIGKILL
    assert not world.case(proposal).ordered
    undisturbed(world, proposal)
    assert concluded(world, proposal, before) == ending


KILLS_IN_PREFECT = 3


def test_fifty_are_killed_with_those_of_prefect():
    assert sum(KILLS) + KILLS_IN_PREFECT == 50


class Served:
    """A real server and the workers of two pools, over the folder of one world."""

    def __init__(self, world, server, access, destroyer):
        self.world, self.server, self.access, self.destroyer = world, server, access, destroyer

    def advance(self):
        """Start the flow that starts whatever may move, as its schedule does daily."""
        start(self.access, "advance")

    def disposals(self):
        """Return the state of every run of dispose, oldest first."""
        with self.access.client() as client:
            runs = [run for run in client.read_flow_runs() if run.name.startswith("dispose")]
        return [run.state.type for run in sorted(runs, key=lambda run: run.created)]

    def kill_the_run(self):
        """Kill the process of the run, and whatever it started; the worker stays."""
        family = _descendants(self.destroyer.pid)
        assert family
        for pid in family:
            os.kill(pid, signal.SIGKILL)


@contextmanager
def served(world):
    folder = world.folder / "prefect"
    folder.mkdir()
    secrets = wiring.services(world.work.settings.home)

    def given(pool):
        return for_pool(world.environment, pool)

    with ExitStack() as stack:
        gate = "tests.support.killed_gate"
        server = stack.enter_context(Server(folder, environment=given("gate"), module=gate))
        pools = {n: Access(server.api_url, n, secrets[n]) for n in ("planner", "destroyer")}
        deployer = Access(server.api_url, DEPLOYER, secrets[DEPLOYER])
        deploy(deployer, TABLE, package="tests.support.killed_flows", scheduled=False)
        workers = {
            pool: stack.enter_context(Worker(folder, access, environment=given(pool)))
            for pool, access in pools.items()
        }
        yield Served(world, server, pools["planner"], workers["destroyer"])


def await_(what, ready):
    until = monotonic() + END_WITHIN_S
    while monotonic() < until:
        if ready():
            return
        sleep(0.05)
    raise AssertionError(f"{what} did not happen")


@pytest.mark.server
@pytest.mark.timeout(400)
def test_a_run_that_is_killed_in_prefect_is_taken_up_by_the_next_advance(world, whole):
    ending, took_s = whole
    proposal = world.approved()
    before, dice = world.listed(), random.Random(50)

    def announced():
        return len(world.kinds(Entry.INTENT))

    with served(world) as prefect:
        for kill in range(KILLS_IN_PREFECT):
            seen = announced()
            prefect.advance()
            await_("an order", lambda: announced() > seen)  # noqa: B023  # called at once
            sleep(dice.uniform(0, took_s / (KILLS_IN_PREFECT + 1)))
            assert not world.case(proposal).ordered
            prefect.kill_the_run()
            crashed = [StateType.CRASHED] * (kill + 1)
            await_("the crash", lambda: prefect.disposals() == crashed)  # noqa: B023  # at once
        prefect.advance()
        await_("the last order", lambda: world.case(proposal).ordered)
    assert concluded(world, proposal, before) == ending
