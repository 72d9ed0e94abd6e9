"""People start the few deployments that are meant for them: now, as they stand, in their name.

A run is made where no worker takes it, written to the ledger, and only then let go: whatever such
a run does, it finds there who started it.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from retention.domain.case import run_stream
from retention.domain.entry import Draft, Entry
from retention.gate.inner import Prefect

# Not *Scheduled*, which a worker takes, nor *Paused*, which a person could resume.
HELD_BACK = {"type": "PENDING", "message": "being written to the ledger"}
NOT_FOR_PEOPLE = (
    "This is not started by hand: it starts by itself when it is due. You may start what bears"
    " the tag people."
)
AS_IT_STANDS = (
    "This starts now, and as it stands: without parameters or settings. It asks for what it needs."
)
NOT_STARTED = "Nothing was started: the server or the ledger did not take it. Try again in a while."


@dataclass(frozen=True, slots=True)
class Started:
    """What the caller is told: a run, or the sentence why there is none."""

    status: int
    run: Mapping[str, Any]
    why: str = ""


class Starting:
    """Makes runs of *startable*, each written by *write* before it may run."""

    def __init__(
        self,
        prefect: Prefect,
        startable: Collection[str],
        write: Callable[[Draft], Awaitable[bool]],
    ) -> None:
        """Take *startable* as ``flow/deployment``; *write* returns False where it could not."""
        self._prefect, self._startable, self._write = prefect, frozenset(startable), write

    async def start(self, person: str, deployment: str, body: Mapping[str, Any]) -> Started:
        """Start *deployment* for *person*; of *body* nothing is handed on."""
        found = await self._prefect.standing(deployment)
        if found is None or f"{found[0]}/{found[1]['name']}" not in self._startable:
            return Started(403, {}, NOT_FOR_PEOPLE)
        flow, standing = found
        if _asks_for_more(body, standing):
            return Started(403, {}, AS_IT_STANDS)
        made = await self._prefect.post(
            f"/deployments/{standing['id']}/create_flow_run",
            {
                "name": f"{flow} by {person}",
                "state": HELD_BACK,
                "tags": ["people"],
                "idempotency_key": f"by-hand/{uuid4()}",  # asked again, it makes no second run
            },
        )
        if made is None:
            return Started(503, {}, NOT_STARTED)
        return await self._let_go(person, flow, str(made["id"]))

    async def _let_go(self, person: str, flow: str, run: str) -> Started:
        facts = {"run": run, "person": person, "flow": flow}
        state = f"/flow_runs/{run}/set_state"
        if await self._write(Draft(run_stream(run), Entry.STARTED, facts)):
            taken = await self._prefect.post(state, {"state": {"type": "SCHEDULED"}})
            shown = await self._prefect.read(f"/flow_runs/{run}")
            if taken and taken.get("status") == "ACCEPT" and shown:
                return Started(201, shown)
        # If this is not taken either, it stays where no worker takes it.
        await self._prefect.post(state, {"state": {"type": "CANCELLED"}, "force": True})
        return Started(503, {}, NOT_STARTED)


def _asks_for_more(body: Mapping[str, Any], standing: Mapping[str, Any]) -> bool:
    """Tell whether *body* asks for something that would be passed over in silence."""
    state = body.get("state") or {}
    details = state.get("state_details") if isinstance(state, dict) else {}
    later = details.get("scheduled_time") if isinstance(details, dict) else None
    variables = body.get("job_variables") or standing.get("job_variables")
    return bool(body.get("parameters") or later or variables != standing.get("job_variables"))
