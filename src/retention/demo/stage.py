"""What the demonstration plays on: servers, workers, an estate, and people with passwords."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread
from typing import TYPE_CHECKING

from retention import wiring
from retention.adapters.prefect.access import Access
from retention.adapters.prefect.processes import Server
from retention.adapters.prefect.start import start
from retention.adapters.s3.client import client
from retention.adapters.s3.roles import bucket_policy, ceph_principal
from retention.adapters.waiting import patiently
from retention.demo import estate, outside
from retention.demo.clock import SteppedClock
from retention.demo.composition import FOLDER, compose
from retention.demo.told import Narrator
from retention.domain.entry import Entry
from retention.errors import RetentionError, StoreUnavailableError
from retention.running import running

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WAIT_S = 120.0  # for one step of one flow; far more than it takes
APPROVERS = ("rm-01", "iao-01")


@dataclass(frozen=True, slots=True)
class Stage:
    """What the story plays on."""

    folder: Path
    work: wiring.Composition
    clock: SteppedClock
    store: outside.Store
    post: outside.Post
    server: Server
    passwords: Mapping[str, str]
    tell: Narrator

    def start(self, flow: str) -> None:
        """Start a flow as its schedule would."""
        secret = wiring.services(self.work.settings.home)["planner"]
        start(Access(self.server.api_url, "planner", secret), flow)

    def await_(self, what: str, ready: Callable[[], bool]) -> None:
        """Wait until the ledger says so; raise StoreUnavailableError if it does not in time."""
        if patiently(lambda: ready() or None, within_s=WAIT_S) is None:
            raise StoreUnavailableError(
                f"{what} did not happen", hint=f"read the logs in {self.folder}/prefect"
            )

    def count(self, kind: Entry) -> int:
        """Return how many entries of a kind there are."""
        return sum(1 for _ in self.work.ledger.of_kind(kind))


@contextmanager
def stage(folder: Path, policies: Path, store: str, tell: Narrator) -> Iterator[Stage]:
    """Start the outside world and the system, and stop both."""
    clock = SteppedClock(wiring.SystemClock(), folder / "clock")
    clock.start()
    with ExitStack() as stack:
        outer = stack.enter_context(_store(folder, store))
        post = stack.enter_context(outside.Post(folder / "mails").open())
        environment = _environment(folder, policies, outer, post)
        work = compose(environment)
        passwords = {person: secrets.token_urlsafe(12) for person in APPROVERS}
        for person, password in passwords.items():
            work.identities.add(person, password)
        tell.say(f"An S3 server ({store}) and a mail server listen on this machine.")
        building = _Building(outer, work)
        building.start()
        watch = stack.enter_context(
            running(
                work,
                environment,
                gate="retention.demo.gate",
                package="retention.demo.flows",
                scheduled=False,
            )
        )
        tell.say(building.done())
        server = watch.server
        tell.say(f"Prefect is up behind the gate at {server.url}, with a worker for each role.")
        yield Stage(folder, work, clock, outer, post, server, passwords, tell)


def _store(folder: Path, store: str) -> AbstractContextManager[outside.Store]:
    if store == "ceph":
        memory = Path("/dev/shm")  # noqa: S108  # sockets need a short path
        short = Path(mkdtemp(prefix="retention-", dir=memory if memory.is_dir() else None))
        return outside.ceph_store(short, Path.cwd() / "infra" / "ceph")
    return outside.embedded_store(folder)


class _Building(Thread):
    """Makes the estate while the server starts."""

    def __init__(self, store: outside.Store, work: wiring.Composition) -> None:
        super().__init__(daemon=True)
        self._store, self._agreements = store, work.library.agreements(work.clock.today())
        self._made: estate.Estate | None = None
        self._error: Exception | None = None

    def run(self) -> None:
        """Build, and remember what went wrong."""
        try:
            owner = owner_client(self._store)
            made = estate.create(owner, self._agreements, kms_key=self._store.kms_key)
            if self._store.real:
                for bucket in made.encryption:
                    roles = {r: ceph_principal(r) for r in ("surveyor", "verifier", "destroyer")}
                    text = bucket_policy(bucket, **roles, ceph=True, keyed=False)
                    owner.put_bucket_policy(Bucket=bucket, Policy=text)
            self._made = made
        except RetentionError as error:
            self._error = error

    def done(self) -> str:
        """Wait, and say what there is now."""
        self.join()
        if self._error is not None:
            raise self._error
        assert self._made is not None
        made = self._made
        return (
            f"An invented estate: {made.datasets} datasets, {made.versions:,} object versions, "
            f"{made.markers} delete markers and {made.uploads} unfinished uploads in "
            f"{len(made.encryption)} encrypted, versioned buckets."
        )


def owner_client(store: outside.Store) -> "S3Client":
    """Return a client of whoever owns the buckets: outside, and none of our roles."""
    access_key, secret = store.credentials["owner"]
    return client(
        endpoint_url=store.endpoint_url, region=store.region, access_key=access_key, secret=secret
    )


def _environment(
    folder: Path, policies: Path, store: outside.Store, post: outside.Post
) -> dict[str, str]:
    environment = {
        **{
            name: v for name, v in wiring.environment().items() if not name.startswith("RETENTION_")
        },
        FOLDER: str(folder),
        "RETENTION_HOME": str(folder),
        "RETENTION_POLICIES": str(policies),
        "RETENTION_S3_ENDPOINT_URL": store.endpoint_url,
        "RETENTION_S3_REGION": store.region,
        "RETENTION_MAIL_PORT": str(post.port),
        "RETENTION_MAIL_SENDER": "records@demonstration.invalid",
    }
    for role in ("surveyor", "destroyer", "verifier"):
        access_key, secret = store.credentials[role]
        environment[f"RETENTION_S3_{role.upper()}_ACCESS_KEY"] = access_key
        environment[f"RETENTION_S3_{role.upper()}_SECRET_KEY"] = secret
    return environment
