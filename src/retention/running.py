"""The whole system in processes: the gate with its server, and a worker for each pool.

Each process is given the credentials of its own role and no other.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

from flows.deployments import CUSTODIAN, POOLS, TABLE
from retention import wiring
from retention.adapters.prefect.access import Access
from retention.adapters.prefect.deploy import deploy
from retention.adapters.prefect.pools import DEPLOYER
from retention.adapters.prefect.processes import Server, Worker
from retention.adapters.prefect.watch import Watch
from retention.settings import ROLES

CREDENTIALS: Mapping[str, frozenset[str]] = {
    "planner": frozenset({"surveyor"}),  # freezing lists
    "surveyor": frozenset({"surveyor"}),
    "destroyer": frozenset({"surveyor", "destroyer"}),  # the begin-listing is not the destroyer's
    "verifier": frozenset({"verifier"}),
    "custodian": frozenset({"custodian"}),
    "issuer": frozenset(),
    "gate": frozenset(),
}
_SECRET = "RETENTION_S3_"  # noqa: S105  # the beginning of names, not a secret


def for_pool(environment: Mapping[str, str], pool: str) -> dict[str, str]:
    """Return the *environment* without the store credentials of other roles.

    Nor is anybody but the gate told where Prefect's database is: who writes there can answer.
    """
    others = tuple(f"{_SECRET}{role.upper()}_" for role in ROLES if role not in CREDENTIALS[pool])
    others += () if pool == "gate" else ("RETENTION_PREFECT_URL",)
    return {name: value for name, value in environment.items() if not name.startswith(others)}


@contextmanager
def running(
    work: wiring.Composition,
    environment: Mapping[str, str],
    *,
    gate: str = "retention.gate",
    package: str = "flows",
    scheduled: bool = True,
    port: int | None = None,
) -> Iterator[Watch]:
    """Start everything, yield what looks after it, and stop everything by its pid.

    *gate* and *package* name the modules of the composition that the processes install.
    """
    folder = work.settings.home / "prefect"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    secrets = wiring.services(work.settings.home)
    with ExitStack() as stack:
        server = Server(
            folder,
            environment=for_pool(environment, "gate"),
            module=gate,
            host=work.settings.host,
            port=port,
            database_url=work.settings.databases["prefect"],
        )
        stack.enter_context(server)
        deploy(
            Access(server.api_url, DEPLOYER, secrets[DEPLOYER]),
            TABLE,
            package=package,
            scheduled=scheduled,
        )
        workers = []
        for pool in POOLS:
            if pool == CUSTODIAN and not work.has_custodian:
                continue  # nobody may withdraw access: there is nothing for it to run
            access = Access(server.api_url, pool, secrets[pool])
            worker = Worker(folder, access, environment=for_pool(environment, pool))
            workers.append(stack.enter_context(worker))
        yield Watch(server, workers)
