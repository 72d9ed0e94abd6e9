"""``python -m retention.adapters.prefect.worker POOL``: the one worker of a pool, and nothing more.

The stock command imports all of its command line first, and leaves a run *Running* for ever whose
process died with its worker; nothing about the same list would be started again.
"""

import asyncio
import fcntl
import os
import signal
import sys
from contextlib import suppress
from threading import Thread

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import StateType
from prefect.settings import get_current_settings
from prefect.states import Crashed
from prefect.workers.process import ProcessWorker

AT_WORK = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
CRASHED = "its worker ended before it did; it is safe to run again"


def main(pool: str) -> None:
    """Take the runs of *pool* until told to stop, or until standard input ends.

    Raises OSError if another worker of this pool works from the same PREFECT_HOME.
    """
    home = get_current_settings().home
    home.mkdir(parents=True, exist_ok=True)
    with (home / f"worker-{pool}.lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Thread(target=_stop_when_parent_is_gone, daemon=True).start()
        with suppress(asyncio.CancelledError):
            asyncio.run(_work(pool))


async def _work(pool: str) -> None:
    this = asyncio.current_task()
    assert this is not None
    for told in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told, this.cancel)
    async with get_client() as client:
        await _end_what_died(client, pool)
    worker = ProcessWorker(work_pool_name=pool, name=pool, create_pool_if_not_found=False)
    await worker.start(printer=lambda *_: None)


async def _end_what_died(client: PrefectClient, pool: str) -> None:
    """Say of every run that an earlier worker of *pool* left at work that it crashed."""
    runs = await client.read_flow_runs(
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[pool])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=AT_WORK))
        ),
    )
    for run in runs:
        await client.set_flow_run_state(run.id, Crashed(message=CRASHED), force=True)


def _stop_when_parent_is_gone() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1])
