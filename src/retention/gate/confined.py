"""What a service may do at the gate: the work of its own pool, and hand on what the table says.

A secret that was stolen from one pool reaches no run of another: it cancels no disposal, reads no
answer, changes nothing that another pool's worker would run.
"""

import json
from collections import OrderedDict
from uuid import UUID

from retention.adapters.prefect.about import about as shown
from retention.adapters.prefect.about import tag_of
from retention.adapters.prefect.pools import ASKS, DECIDED_BY, DEPLOYER, may_start
from retention.domain.approval import asked_in
from retention.gate.http import (
    App,
    BadBodyError,
    Receive,
    Scope,
    Send,
    answer,
    read_json,
    read_value,
    with_body,
)
from retention.gate.inner import Prefect
from retention.gate.rules import Act, Rule
from retention.gate.witness import has_template

REMEMBERED_MAX = 10_000  # runs whose pool is known: it never changes
LOGS_MAX_BYTES = 8_000_000  # the client sends batches of four
OWN_FIELDS = frozenset({"flow_version", "empirical_policy", "infrastructure_pid"})
START_FIELDS = frozenset({"parameters", "name", "tags", "idempotency_key", "state"})
NOT_YOURS = "This belongs to another work pool: a service touches what its own pool runs."
ASKS_NOBODY = "A run asks people only if its pool may, and only about its own matter."
NOT_HANDED_ON = "This pool does not start that: see which flow hands on to which."
NOT_TO_SHOW = "What people decide by is shown by the pool that asks them."
UNREADABLE = "This cannot be read in one way only; nothing was done."

Body = object  # what is handed on instead of what was sent, or None for that itself


class NotYoursError(Exception):
    """The service may not do this; its text is the sentence for the caller."""


class Confined:
    """An app for services, around *inner*: asks whose it is, and hands on or refuses."""

    def __init__(self, inner: App, prefect: Prefect) -> None:
        """Guard *inner*, and ask *prefect* about runs."""
        self._inner, self._prefect = inner, prefect
        self._pools: OrderedDict[UUID, str] = OrderedDict()
        self._acts = {
            Act.OWN_POOL: self._own_pool,
            Act.OWN_RUN: self._own_run,
            Act.OWN_STATE: self._own_state,
            Act.OWN_FIELDS: self._own_fields,
            Act.OWN_QUESTION: self._own_question,
            Act.OWN_ARTIFACT: self._own_artifact,
            Act.OWN_LOGS: self._own_logs,
            Act.HAND_ON: self._hand_on,
            Act.DEPLOY: self._deploy,
        }

    async def __call__(
        self, service: str, rule: Rule, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve one request of *service*; *scope* bears the server's credential already."""
        try:
            body = await self._acts[rule.services](service, scope, receive)
        except NotYoursError as refusal:
            await answer(send, 403, str(refusal))
        except (BadBodyError, ValueError):
            await answer(send, 403, UNREADABLE)
        else:
            if body is not None:
                scope, receive = with_body(scope, receive, json.dumps(body).encode())
            await self._inner(scope, receive, send)

    async def _own_pool(self, service: str, scope: Scope, _receive: Receive) -> Body:
        _require(_part(scope, 3) == service)
        return None

    async def _own_run(self, service: str, scope: Scope, _receive: Receive) -> Body:
        await self._require_own(service, _part(scope, 3))
        return None

    async def _own_state(self, service: str, scope: Scope, receive: Receive) -> Body:
        """Let a worker move its runs; a run that waits may ask only what it is about."""
        await self._require_own(service, _part(scope, 3))
        body = await read_json(receive)
        state = body.get("state")
        if not isinstance(state, dict):
            raise BadBodyError("no state")
        if str(state.get("type")).upper() == "PAUSED":
            details = state.get("state_details")
            key = details.get("pause_key") if isinstance(details, dict) else None
            _require(service in ASKS and await self._is_about(_part(scope, 3), key), ASKS_NOBODY)
        return body

    async def _is_about(self, run: str, key: object) -> bool:
        """Tell whether a question of this key is the run's own, or none that the gate signs."""
        asked = asked_in(key) if isinstance(key, str) else None
        known = await self._prefect.read(f"/flow_runs/{UUID(run)}") or {}
        matters = {*map(str, known.get("parameters", {}).values()), f"act:{known.get('id')}"}
        return asked is None or asked[0] in matters

    async def _own_fields(self, service: str, scope: Scope, receive: Receive) -> Body:
        await self._require_own(service, _part(scope, 3))
        body = await read_json(receive)
        _require(body.keys() <= OWN_FIELDS, "What a run is about does not change once it stands.")
        return body

    async def _own_question(self, service: str, scope: Scope, receive: Receive) -> Body:
        await self._require_own(service, _part(scope, 3))
        body = await read_json(receive)
        key = body.get("key")
        _require(service in ASKS and isinstance(key, str), ASKS_NOBODY)
        _require(
            not str(key).endswith("-response"),
            "An answer is given on the form, with Resume; it cannot be written from outside.",
        )
        return body

    async def _own_artifact(self, service: str, scope: Scope, receive: Receive) -> Body:
        body = await read_json(receive)
        if scope["method"] == "POST":
            await self._require_own(service, body.get("flow_run_id"))
            await self._require_task(body.get("task_run_id"), body.get("flow_run_id"))
            key = str(body.get("key") or "")
            _require(service in ASKS or not key.startswith(DECIDED_BY), NOT_TO_SHOW)
        else:
            shown = await self._prefect.read(f"/artifacts/{UUID(_part(scope, 3))}") or {}
            await self._require_own(service, shown.get("flow_run_id"))
            _require(body.keys() <= {"data", "description", "type"})
        return body

    async def _own_logs(self, service: str, _scope: Scope, receive: Receive) -> Body:
        lines = await read_value(receive, LOGS_MAX_BYTES)
        if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
            raise BadBodyError("no list of lines")
        for run, task in {(line.get("flow_run_id"), line.get("task_run_id")) for line in lines}:
            if (run, task) != (None, None):  # a line of the worker itself is about no run
                await self._require_own(service, run)
                await self._require_task(task, run)
        return lines

    async def _hand_on(self, service: str, scope: Scope, receive: Receive) -> Body:
        """Make the run that :func:`start` would make, whatever else was asked for."""
        found = await self._prefect.standing(_part(scope, 3))
        _require(found is not None and may_start(service, found[0]), NOT_HANDED_ON)
        assert found is not None
        body = await read_json(receive)
        more = {name for name, value in body.items() if value and name not in START_FIELDS}
        _require(not more - {"context", "empirical_policy", "labels"}, NOT_HANDED_ON)
        parameters = body.get("parameters") or {}
        if not isinstance(parameters, dict) or has_template(parameters):
            raise BadBodyError("no plain parameters")
        argument = str(next(iter(parameters.values()), ""))
        key = str(body.get("idempotency_key") or "")
        begins = f"{found[0]}/{argument}/after/" if parameters else f"{found[0]}/"
        _require(not key or key.startswith(begins), NOT_HANDED_ON)
        return {
            "name": f"{found[0]} {shown(argument)}",
            "parameters": parameters,
            "tags": [tag_of(argument)] if parameters else body.get("tags") or [],
            "state": {"type": "SCHEDULED"},
            **({"idempotency_key": key} if key else {}),
        }

    async def _deploy(self, service: str, _scope: Scope, _receive: Receive) -> Body:
        _require(service == DEPLOYER, "What a pool runs is said by the deployer alone.")
        return None

    async def owns(self, service: str, run: object, task: object = None) -> bool:
        """Tell whether *run* is of this pool, and *task* of that run."""
        try:
            await self._require_own(service, run)
            await self._require_task(task, run)
        except (NotYoursError, ValueError):
            return False
        return True

    async def _require_own(self, service: str, run: object) -> None:
        _require(await self._pool_of(run) == service)

    async def _require_task(self, task: object, run: object) -> None:
        """Refuse another run's task; one not known yet has just begun, and nobody guesses it."""
        if task is not None:
            known = await self._prefect.read(f"/task_runs/{UUID(str(task))}")
            _require(known is None or known.get("flow_run_id") == str(UUID(str(run))))

    async def _pool_of(self, run: object) -> str | None:
        """Return the pool of a run, or None if it has none or there is no such run."""
        id_ = UUID(str(run))
        if (known := self._pools.get(id_)) is not None:
            self._pools.move_to_end(id_)
            return known
        found = (await self._prefect.read(f"/flow_runs/{id_}") or {}).get("work_pool_name")
        if not isinstance(found, str):
            return None
        self._pools[id_] = found
        if len(self._pools) > REMEMBERED_MAX:
            self._pools.popitem(last=False)
        return found


def _require(holds: bool, why: str = NOT_YOURS) -> None:  # noqa: FBT001  # it reads as a sentence
    if not holds:
        raise NotYoursError(why)


def _part(scope: Scope, number: int) -> str:
    """Return one part of the path, of ``/api/flow_runs/<id>/...`` the third."""
    part: str = scope["path"].split("/")[number]
    return part
