"""Events that a service may send: of its own runs, and none that only the server may say.

A worker that hears *Cancelling* ends the run of that name, whoever said so.  So an event is not
merely shown, and a service says nothing about the state of a flow run.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Protocol

SAYS = re.compile(
    r"prefect\.(?:flow-run\.heartbeat|(?:task-run|worker|runner|artifact)\.[A-Za-z-]+)"
)
_FLOW_RUN, _TASK_RUN = "prefect.flow-run.", "prefect.task-run."


class Owns(Protocol):
    """Knows whose a run is."""

    async def owns(self, service: str, run: object, task: object = None) -> bool:
        """Tell whether *run* is of this pool, and *task* of that run."""
        ...


async def may_say(service: str, text: str | bytes, known: Owns) -> bool:
    """Tell whether *service* may send this event; what cannot be read is no event."""
    try:
        event = json.loads(text)
        if not SAYS.fullmatch(event["event"]):
            return False
        ids = list(_ids(event))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False
    runs = [each.removeprefix(_FLOW_RUN) for each in ids if each.startswith(_FLOW_RUN)]
    tasks = [each.removeprefix(_TASK_RUN) for each in ids if each.startswith(_TASK_RUN)]
    if tasks and len(runs) != 1:
        return False
    for run in runs:
        if not await known.owns(service, run):
            return False
    for task in tasks:
        if not await known.owns(service, runs[0], task):
            return False
    return True


def _ids(event: dict[str, Any]) -> Iterator[str]:
    for each in (event["resource"], *(event.get("related") or ())):
        found = each["prefect.resource.id"]
        if not isinstance(found, str):
            raise TypeError("an id is text")
        yield found
