"""The pages behind the whole gate: its logins, sessions and proxy, around a server that is not asked."""

import asyncio
from urllib.parse import urlencode

import httpx
import pytest

from retention import gate
from retention.domain.lockout import WRONG_MAX
from retention.domain.proxy import Proxy
from retention.gate.http import answer_json
from tests.support.identities import cheap
from tests.support.opened import FORM, PASSWORD, Opened

SERVICES = {"planner": PASSWORD}


class Inner:
    """Notes what it is asked."""

    def __init__(self):
        self.asked = []

    async def __call__(self, scope, receive, send):
        self.asked.append(scope["path"])
        await answer_json(send, 200, {"inner": True})


@pytest.fixture
def world(tmp_path, monkeypatch):
    opened = Opened(tmp_path, rounds=("2019",), keys=())
    inner = Inner()
    monkeypatch.setattr(gate, "_server", lambda credential: inner)
    people = {person.id: PASSWORD for person in opened.world.library.people()}
    with cheap(tmp_path, people) as identities:
        app = gate.app(
            identities=identities,
            ledger=opened.world.ledger,
            evidence=opened.world.evidence,
            signer=opened.world.gate,
            services=SERVICES,
            clock=opened.world.clock,
            people=opened.world.library.people,
            opening=opened.opening,
            proxy=Proxy.of("X-Remote-User", ["127.0.0.2"], passwords=True),
            fresh_s=0.0,
        )
        yield opened, app, inner, identities


def story(app, tell, client=("127.0.0.1", 1)):
    """Let *tell* talk to *app* as one browser does, which keeps cookies."""

    async def run():
        transport = httpx.ASGITransport(app=app, client=client)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://gate.invalid"
        ) as browser:
            return await tell(browser)

    return asyncio.run(run())


async def log_in(browser, name="rm-01", password=PASSWORD):
    body = urlencode({"name": name, "password": password})
    return await browser.post("/retention/login", content=body, headers=FORM)


def test_what_is_ours_never_reaches_the_server_and_the_rest_does(world):
    opened, app, inner, _ = world

    async def tell(browser):
        for path in ("/retention", "/retention/x", "/retention/login", opened.path):
            assert "inner" not in (await browser.get(path)).text
        for path in ("/v2/runs", "/retentionx", "/x/retention"):
            assert "inner" in (await browser.get(path)).text

    story(app, tell)
    assert inner.asked == ["/v2/runs", "/retentionx", "/x/retention"]


def test_a_session_opens_these_pages_and_no_api(world):
    opened, app, _, _ = world

    async def tell(browser):
        assert (await log_in(browser)).status_code == 303
        page = await browser.get(opened.path)
        api = await browser.get("/api/flow_runs/x")
        token = browser.cookies["retention_session"]
        stolen = await browser.get("/api/flow_runs/x", headers={"cookie": f"retention-ui={token}"})
        await browser.get("/api/admin/version", auth=("rm-01", PASSWORD))
        theirs = browser.cookies["retention-ui"]
        there = await browser.get(
            opened.path, headers={"cookie": f"retention-ui={theirs}", "accept": "*/*"}
        )
        return page.status_code, api.status_code, stolen.status_code, there.status_code

    assert story(app, tell) == (200, 401, 401, 401)
    assert opened.opened() == [("rm-01", "html")]


def test_a_session_is_over_with_the_account(world):
    opened, app, _, identities = world

    async def tell(browser):
        await log_in(browser)
        before = await browser.get(opened.path)
        identities.disable("rm-01")
        return before.status_code, (await browser.get(opened.path)).status_code

    assert story(app, tell) == (200, 401)


def test_wrong_passwords_lock_this_way_in_as_well(world):
    _, app, _, _ = world

    async def tell(browser):
        for _ in range(WRONG_MAX):
            assert (await log_in(browser, password="guess " * 3)).status_code == 401
        return (await log_in(browser)).status_code

    assert story(app, tell) == 401


@pytest.mark.parametrize(
    ("address", "said", "status"),
    [("127.0.0.2", "rm-01", 200), ("127.0.0.2", "audit-01", 403), ("127.0.0.3", "rm-01", 401)],
)
def test_a_proxy_is_believed_from_its_address_alone(world, address, said, status):
    opened, app, _, _ = world

    async def tell(browser):
        return await browser.get(opened.path, headers={"X-Remote-User": said})

    assert story(app, tell, (address, 1)).status_code == status
    assert opened.opened() == ([("rm-01", "html")] if status == 200 else [])


def test_a_service_opens_nothing_and_a_password_opens_it_for_a_program(world):
    opened, app, _, _ = world

    async def tell(browser):
        service = await browser.get(opened.path, auth=("planner", PASSWORD))
        person = await browser.get(f"{opened.path}.csv", auth=("iao-01", PASSWORD))
        return service.status_code, person.status_code

    assert story(app, tell) == (401, 200)
    assert opened.opened() == [("iao-01", "csv")]


def test_without_what_opens_lists_there_are_no_such_pages(world):
    opened, _, _, identities = world
    app = gate.app(
        identities=identities, ledger=opened.world.ledger, evidence=opened.world.evidence,
        signer=opened.world.gate,
        services=SERVICES, clock=opened.world.clock, people=opened.world.library.people,
    )  # fmt: skip

    async def tell(browser):
        return (await browser.get(opened.path, auth=("rm-01", PASSWORD))).json()

    assert story(app, tell) == {"inner": True}
