"""The gate's pages around a frozen proposal, on a real evidence folder, without a Prefect server."""

import asyncio
import base64
from contextlib import asynccontextmanager, contextmanager
from threading import Thread
from time import monotonic, sleep
from urllib.parse import urlencode

import httpx
import uvicorn
from anyio import CapacityLimiter

from retention.adapters.evidence import FolderEvidence, KeyFolder
from retention.adapters.typeset import Typst
from retention.adapters.xlsx import Workbooks
from retention.domain.agreement import Person
from retention.domain.entry import Entry
from retention.gate.pages import Pages
from retention.gate.rules import Caller, Kind
from retention.steps.opening import Opening
from retention.views.links import link
from tests.support.cast import PEOPLE, MemoryLibrary
from tests.support.net import free_ports
from tests.support.world import World

PASSWORD = "an invented password"
OFFICER = Person("dpo-01", "Fay Invented", ("dpo",), "dpo-01@example.invalid")
FORM = {"content-type": "application/x-www-form-urlencoded"}
ODD_KEYS = (
    "patient/2019/=HYPERLINK(1)",
    "patient/2019/<script>alert(1)</script>&amp;",
    "patient/2019/report\u202egpj.exe",
    "patient/2019/ends with a space ",
    "patient/2019/tab\tand\nline",
    "patient/2019/\"quoted\", and 'so'",
)


class WithOfficer(MemoryLibrary):
    """The invented people, and a data protection officer."""

    def people(self):
        return (*PEOPLE, OFFICER)


class Logins:
    """Knows the invented people, by one password; counts who tried."""

    def __init__(self):
        self.tried = 0

    async def by_credential(self, credential, address=""):
        self.tried += 1
        name, _, password = credential.partition(":")
        if name == "planner" and password == PASSWORD:
            return Caller(Kind.SERVICE, name)
        known = {person.id for person in (*PEOPLE, OFFICER)} | {"stranger"}
        return Caller(Kind.PERSON, name) if name in known and password == PASSWORD else None


class Sessions:
    """Sessions in a dictionary."""

    def __init__(self):
        self.kept, self.begun = {}, 0

    async def begin(self, person):
        self.begun += 1
        self.kept[f"token-{self.begun}"] = person
        return f"token-{self.begun}"

    async def person_of(self, token):
        return self.kept.get(token)

    def end(self, token):
        self.kept.pop(token, None)


class Opened:
    """A world up to its frozen proposal, and the pages that show it."""

    def __init__(self, folder, *, rounds=("2019", "2020"), keys=ODD_KEYS, objects=3):
        self.world = world = World()
        self.keys = KeyFolder(folder / "keys")
        world.evidence = FolderEvidence(folder / "evidence", keys=self.keys)
        world.library = WithOfficer()
        world.fill(rounds, objects)
        for key in keys:
            world.put(key)
        world.publish(rounds)
        self.digest = world.propose_all()
        self.path = link(self.digest)
        self.logins, self.sessions = Logins(), Sessions()
        self.opening = Opening(
            world.ledger, world.evidence, world.library, world.clock, Typst(), Workbooks()
        )
        self.pages = self.made()

    def made(self):
        """Return the pages of another process."""
        return Pages(
            self.opening,
            logins=self.logins,
            sessions=self.sessions,
            caller=self.caller,
            ledger_turn=CapacityLimiter(1),
        )

    async def caller(self, scope):
        """As the gate knows callers elsewhere: by Basic credentials."""
        scheme, _, coded = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")
        if scheme != b"Basic":
            return None
        return await self.logins.by_credential(base64.b64decode(coded).decode())

    @property
    def proposal(self):
        return self.world.proposal(self.digest)

    def opened(self):
        """Return who opened it, in what form."""
        found = self.world.kinds(Entry.OPENED)
        return [(record.text("person"), record.text("form")) for record in found]

    @asynccontextmanager
    async def client(self, person="", *, pages=None):
        """A program that logs in with each request, or nobody."""
        transport = httpx.ASGITransport(app=pages or self.pages)
        auth = (person, PASSWORD) if person else None
        async with httpx.AsyncClient(
            transport=transport, base_url="http://gate.invalid", auth=auth
        ) as client:
            yield client

    def ask(self, method, path, person="", *, pages=None, **more):
        """Ask once, and return the answer."""

        async def once():
            async with self.client(person, pages=pages) as client:
                return await client.request(method, path, **more)

        return asyncio.run(once())

    def get(self, path, person="rm-01", **more):
        return self.ask("GET", path, person, **more)

    def search(self, person="rm-01", **fields):
        return self.ask("POST", self.path, person, content=urlencode(fields), headers=FORM)


@contextmanager
def served(pages):
    """Serve *pages* on loopback, as the gate's process does; yield the address."""
    (port,) = free_ports()
    config = uvicorn.Config(
        pages, host="127.0.0.1", port=port, log_level="critical", access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    until = monotonic() + 20
    while not server.started and monotonic() < until:
        sleep(0.02)
    assert server.started
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
