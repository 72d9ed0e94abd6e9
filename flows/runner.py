"""Where the tasks of one run are carried out: in threads, or on Dask if retention.toml says so."""

from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from retention import wiring


def task_runner() -> TaskRunner[Any]:
    """Return what `[disposal] runner` names; Dask starts as many processes as there are tasks."""
    many, name = wiring.disposal_tasks()
    if name == "threads":
        return ThreadPoolTaskRunner(max_workers=max(many, 1))
    from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415  # installed by the extra of its name

    runner: TaskRunner[Any] = DaskTaskRunner(
        cluster_kwargs={"n_workers": many, "threads_per_worker": 1}
    )
    return runner
