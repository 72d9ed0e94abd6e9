"""Start the next flow, unless it is already at work on the same thing."""

from collections.abc import Iterable

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import FlowRunSort

from retention.adapters.prefect.about import about, tag_of
from retention.adapters.prefect.access import Access
from retention.adapters.prefect.deploy import STANDING


def start(access: Access, flow_name: str, argument: str = "") -> str:
    """Start *flow_name* about *argument* (a digest or an id) and return the id of its run.

    If a run about the same argument has not ended, also one that waits for a person, that one is
    returned and nothing is started.  Safe to run again, and from two processes at once.
    """
    with access.client() as client:
        deployment = client.read_deployment_by_name(f"{flow_name}/{STANDING}")
        latest = _latest(client, deployment, argument)
        if latest is not None and not (latest.state and latest.state.is_final()):
            return str(latest.id)
        names = (deployment.parameter_openapi_schema or {}).get("properties", {})
        run = client.create_flow_run_from_deployment(
            deployment.id,
            parameters=dict.fromkeys(names, argument),
            name=f"{flow_name} {about(argument)}",
            tags=[tag_of(argument)],
            # Whoever else saw the same latest run asks for the same new one.
            idempotency_key=f"{flow_name}/{argument}/after/{latest.id if latest else 'none'}",
        )
        return str(run.id)


def hand_on(access: Access, next_steps: Iterable[tuple[str, str]]) -> list[str]:
    """Start each (flow name, argument); return the ids of their runs."""
    return [start(access, flow_name, argument) for flow_name, argument in next_steps]


def _latest(
    client: SyncPrefectClient, deployment: DeploymentResponse, argument: str
) -> FlowRun | None:
    runs = client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id])),
        flow_run_filter=FlowRunFilter(tags=FlowRunFilterTags(all_=[tag_of(argument)])),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        limit=1,
    )
    return runs[0] if runs else None
