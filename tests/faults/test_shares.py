"""One worker and four give equal certificates: as processes, as runs of Prefect, and on Dask."""

import subprocess
import sys

import pytest
from prefect.client.schemas.objects import StateType

from retention.domain.entry import Entry
from retention.domain.share import Share
from tests.faults.test_killed import END_WITHIN_S, await_, concluded, served, told, undisturbed

pytestmark = [pytest.mark.full, pytest.mark.ceph]


@pytest.fixture(scope="module")
def whole(tmp_path_factory, ceph):
    """What one worker leaves."""
    world = told(tmp_path_factory.mktemp("whole"), ceph)
    proposal = world.approved()
    before = world.listed()
    undisturbed(world, proposal)
    return concluded(world, proposal, before)


def approved(folder, ceph, disposal=""):
    """Return a world with something approved, its bucket as it is, and *disposal* in its file."""
    world = told(folder, ceph)
    config = world.folder / "retention.toml"
    config.write_text(disposal)
    world.environment["RETENTION_CONFIG"] = str(config)
    return world, world.approved(), world.listed()


def test_four_processes_with_a_share_each_leave_what_one_leaves(tmp_path, ceph, whole):
    world, proposal, before = approved(tmp_path, ceph)
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.support.killed", str(share)],
            env=world.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for share in Share(proposal).parts(4)
    ]
    try:
        said = [worker.communicate(timeout=END_WITHIN_S)[1] for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert [worker.returncode for worker in workers] == [0] * 4, said
    assert len({r.text("worker") for r in world.kinds(Entry.INTENT)}) == 4
    assert len(world.kinds(Entry.INTENT)) == len(world.kinds(Entry.OUTCOME))
    assert concluded(world, proposal, before) == whole


@pytest.mark.server
def test_shares_are_runs_of_their_own_on_the_pool_of_the_destroyer(tmp_path, ceph, whole):
    world, proposal, before = approved(tmp_path, ceph, "[disposal]\nruns = 2\n")
    with served(world) as prefect:
        prefect.advance()
        done = [StateType.COMPLETED] * 2
        await_("the end of two runs", lambda: prefect.disposals() == done)
    assert len({r.text("run") for r in world.kinds(Entry.RUN)}) == 2
    assert concluded(world, proposal, before) == whole


@pytest.mark.server
def test_the_tasks_of_a_run_are_carried_out_on_dask(tmp_path, ceph, whole):
    disposal = '[disposal]\ntasks = 2\nrunner = "dask"\n'
    world, proposal, before = approved(tmp_path, ceph, disposal)
    world.environment["DASK_DISTRIBUTED__WORKER__PRELOAD"] = (
        "['tests.support.killed_flows.preload']"
    )
    with served(world) as prefect:
        prefect.advance()
        await_("the last order", lambda: world.case(proposal).ordered)
    assert len({r.text("worker") for r in world.kinds(Entry.INTENT)}) == 2
    (run,) = {r.text("run") for r in world.kinds(Entry.RUN)}
    assert run
    assert concluded(world, proposal, before) == whole
