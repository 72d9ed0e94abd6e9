"""What every unattended step has in common: tried again if the world failed, never cached."""

from collections.abc import Callable
from typing import Any

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from retention.errors import RetentionError

RETRIES = 2
DELAYS_S = [10.0, 60.0]


def attempted(step: Callable[[str], None]) -> Task[[str], None]:
    """Make *step*, which takes a digest, a task that is retried only where that may help.

    A refusal is for people, and doubtful evidence too: neither is tried again.
    """
    return task(
        retries=RETRIES,
        retry_delay_seconds=DELAYS_S,
        retry_condition_fn=may_work_later,
        cache_policy=NO_CACHE,
        persist_result=False,
    )(step)


def may_work_later(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Tell whether what failed is an error of the retryable kind."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, RetentionError) and error.retryable
