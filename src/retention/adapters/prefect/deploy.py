"""Bring the work pools and deployments of a Prefect server to what one table says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.workers.process import ProcessWorker

from retention.adapters.prefect.access import Access
from retention.domain.calendar import LONDON

STANDING = "retention"  # the name of every deployment, under the name of its flow
FOR_PEOPLE = "people"  # the tag by which people know what they may start
COMMAND = "python -m prefect.engine"  # fixed: else a second process looks for project files
DIGEST = "^sha256:[0-9a-f]{64}(#[1-9][0-9]?/[1-9][0-9]?)?$"  # or a share of what it names


@dataclass(frozen=True, slots=True)
class Deployment:
    """A flow that stands ready: which pool runs it, when, and about what.

    *cron* is in Europe/London, or None if only another flow starts it; *about* names its one
    parameter, which takes a digest, or None.  *people* may start it at the gate: such a flow takes
    no parameter, shows what it would do, and asks.
    """

    flow: str
    pool: str
    cron: str | None
    about: str | None
    says: str
    people: bool = False

    @property
    def name(self) -> str:
        """``flow/deployment``, as the gate knows it."""
        return f"{self.flow}/{STANDING}"

    @property
    def tags(self) -> list[str]:
        """What the UI shows beside it: whether it is for people."""
        return [FOR_PEOPLE] if self.people else []

    def entrypoint(self, package: str) -> str:
        """Return where the flow is, such as ``flows.review.review``."""
        return f"{package}.{self.flow}.{self.flow}"

    def parameters(self) -> dict[str, Any]:
        """Return the JSON schema of its parameters: a digest and nothing else."""
        digest = {"type": "string", "pattern": DIGEST, "title": self.about, "position": 0}
        names = [self.about] if self.about else []
        return {
            "title": "Parameters",
            "type": "object",
            "properties": dict.fromkeys(names, digest),
            "required": names,
        }


def deploy(
    access: Access, table: Sequence[Deployment], *, package: str = "flows", scheduled: bool = True
) -> None:
    """Make each row of *table* stand on the server, with the flows of *package*.

    *scheduled* False leaves the schedules off.  Safe to run again: what stands there is brought
    to the table, and what stands as the table says is not touched, for Prefect forgets the runs
    of whatever is deployed anew, also those whose time came while nobody served.
    """
    with access.client() as client:
        template = ProcessWorker.get_default_base_job_template()
        for pool in dict.fromkeys(row.pool for row in table):
            _pool(client, pool, template)
        for row in table:
            if _stands(client, row, package, active=scheduled):
                continue
            client.create_deployment(
                flow_id=client.create_flow_from_name(row.flow),
                name=STANDING,
                description=row.says,
                tags=row.tags,
                work_pool_name=row.pool,
                entrypoint=row.entrypoint(package),
                parameter_openapi_schema=row.parameters(),
                enforce_parameter_schema=True,
                schedules=_schedules(row, active=scheduled),
                job_variables={"command": COMMAND},
            )


def _stands(client: SyncPrefectClient, row: Deployment, package: str, *, active: bool) -> bool:
    """Tell whether the deployment of *row* stands on the server, and is what *row* says."""
    try:
        found = client.read_deployment_by_name(row.name)
    except ObjectNotFound:
        return False
    wanted = [(row.cron, LONDON, active, row.flow)] if row.cron is not None else []
    has = [
        (
            getattr(each.schedule, "cron", None),
            getattr(each.schedule, "timezone", None),
            each.active,
            each.slug,
        )
        for each in found.schedules
    ]
    return all(
        (
            has == wanted,
            not found.paused,
            found.work_pool_name == row.pool,
            found.entrypoint == row.entrypoint(package),
            (found.description, found.tags) == (row.says, row.tags),
            found.parameter_openapi_schema == row.parameters(),
            found.enforce_parameter_schema,
            found.job_variables == {"command": COMMAND},
        )
    )


def _pool(client: SyncPrefectClient, name: str, template: dict[str, Any]) -> None:
    try:
        client.create_work_pool(
            WorkPoolCreate(name=name, type=ProcessWorker.type, base_job_template=template)
        )
    except ObjectAlreadyExists:
        return


def _schedules(row: Deployment, *, active: bool) -> list[DeploymentScheduleCreate]:
    if row.cron is None:
        return []
    cron = CronSchedule(cron=row.cron, timezone=LONDON)
    return [DeploymentScheduleCreate(schedule=cron, active=active, slug=row.flow)]


def as_yaml(table: Sequence[Deployment], package: str = "flows") -> str:
    """Return *table* as the file that ``prefect deploy --all`` reads."""
    lines = [
        "# Written by `python -m flows.deployments`; a test holds it to that.",
        "name: retention",
    ]
    lines += ["pull: []", "deployments:"]
    for row in table:
        lines += [
            f"  - name: {STANDING}",
            f"    flow_name: {row.flow}",
            *_description(row.says),
            *([f"    tags: [{FOR_PEOPLE}]"] if row.people else []),
            f"    entrypoint: {row.entrypoint(package)}",
            f"    work_pool: {{name: {row.pool}, job_variables: {{command: {COMMAND}}}}}",
        ]
        if row.cron is not None:
            lines += ["    schedules:", f'      - cron: "{row.cron}"']
            lines += [f"        timezone: {LONDON}", f"        slug: {row.flow}"]
    return "\n".join(lines) + "\n"


def _description(says: str) -> list[str]:
    """Return the lines of a description: what has paragraphs stands in a block as it is."""
    first, *rest = says.split("\n")
    if not rest:
        return [f"    description: {first}"]
    block = [f"      {line}".rstrip() for line in (first, *rest)]
    return ["    description: |-", *block]
