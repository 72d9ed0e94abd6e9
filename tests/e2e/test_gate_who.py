"""What somebody might try in order to be somebody else, and what happens: on the real server."""

import asyncio
import base64
from time import monotonic, sleep
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from retention.domain.approval import pause_key
from retention.domain.canonical import sha256
from retention.domain.entry import Entry
from retention.domain.lockout import WRONG_MAX
from retention.gate.door import COOKIE
from retention.gate.sessions import IDLE_S
from tests.support import fake_work
from tests.support.reverse_proxy import ADDRESS, HEADER
from tests.support.waiting import SCHEMA, suspended

pytestmark = pytest.mark.server

ADA, BOB = fake_work.PASSWORDS
GOOD = {"mark": "abcd-1234", "reason": "an invented reason"}
WITH_CODE = {
    **SCHEMA,
    "properties": {**SCHEMA["properties"], "code": {"type": "string"}},
    "required": [*SCHEMA["required"], "code"],
}
LOGIN = "/admin/version"


@pytest.fixture
def asked(stage):
    """A run that asks for a code, too: (run, pause key, proposal)."""
    proposal = sha256(uuid4().bytes)
    key = pause_key(proposal, "records-manager", 1, 1)
    return suspended(stage, key, WITH_CODE), key, proposal


def signed(stage, proposal):
    return stage.work.ledger.stream("proposal:" + proposal.removeprefix("sha256:"))


def by_proxy(stage, *said, **more):
    """Return a client at the proxy's address that says who somebody is."""
    headers = [(HEADER, each) for each in said]
    transport = httpx.HTTPTransport(local_address=ADDRESS)
    return httpx.Client(
        base_url=stage.server.api_url, headers=headers, transport=transport, timeout=30, **more
    )


def told(response, status):
    assert response.status_code == status, response.text
    return response.json()["detail"]


# Locked and dropped out


def test_a_locked_person_is_refused_like_anybody_else_and_the_ledger_knows(stage):
    right = fake_work.SPARE["gus-invented"]
    answers = []
    for name in ("gus-invented", "nobody-at-all"):
        for _ in range(WRONG_MAX):
            with stage.http(name, "a wrong password") as client:
                answers.append(client.get(LOGIN))
    with stage.http("gus-invented", right) as gus:
        answers.append(gus.get(LOGIN))
    assert {each.status_code for each in answers} == {401}
    assert len({(each.text, tuple(sorted(set(each.headers) - {"date"}))) for each in answers}) == 1
    until = monotonic() + 10
    while not (kept := stage.work.ledger.stream("person:gus-invented")) and monotonic() < until:
        sleep(0.1)
    assert [(each.kind, each.text("until")) for each in kept] == [
        (Entry.LOCKED_OUT, "2026-11-23T09:31:00.000Z")
    ]
    assert not stage.work.ledger.stream("person:nobody-at-all")
    assert stage.work.identities.unlock("gus-invented")
    with stage.http("gus-invented", right) as gus:
        assert gus.get(LOGIN).status_code == 200


def test_a_flood_of_wrong_passwords_keeps_nobody_from_looking(stage):
    with stage.person() as ada:
        assert ada.get(LOGIN).status_code == 200

        async def flood():
            async with httpx.AsyncClient(base_url=stage.server.api_url, trust_env=False) as client:
                guesses = [
                    client.get(LOGIN, auth=(f"guessed-{n}", "a wrong password"), timeout=60)
                    for n in range(60)
                ]
                running = [asyncio.ensure_future(each) for each in guesses]
                await asyncio.sleep(0.05)
                began = monotonic()
                looked = await asyncio.to_thread(ada.get, "/flow_runs/" + str(uuid4()))
                took = monotonic() - began
                return looked, took, [each.status_code for each in await asyncio.gather(*running)]

        looked, took, refused = asyncio.run(flood())
    assert looked.status_code == 404
    assert took < 5
    assert set(refused) <= {401, 429}


def drops_out(client):
    until = monotonic() + 10
    while client.get(LOGIN).status_code == 200 and monotonic() < until:
        sleep(0.2)
    return client.get(LOGIN).status_code == 401


@pytest.mark.parametrize("person", ["fay-invented", "hal-invented"])
def test_a_disabled_person_and_an_old_password_drop_out_in_mid_session(stage, person):
    password = fake_work.SPARE[person]
    with stage.http(person, password) as client, stage.http(person, password) as script:
        assert client.get(LOGIN).status_code == 200
        assert COOKIE in client.cookies
        assert script.get("/flow_runs/" + str(uuid4())).status_code == 404
        if person.startswith("fay"):
            stage.work.identities.disable(person)
        else:
            stage.work.identities.passwd(person, "another long enough one")
        assert drops_out(client)
        assert script.get("/flow_runs/" + str(uuid4())).status_code == 401


# Sessions


def test_a_stale_session_cookie_is_nobodys_with_the_right_password_too(stage, ahead):
    with stage.person() as ada:
        assert ada.get(LOGIN).status_code == 200
        stale = ada.cookies[COOKIE]
    ahead(IDLE_S)

    async def all_at_once():
        async with httpx.AsyncClient(
            base_url=stage.server.api_url,
            trust_env=False,
            auth=(ADA, fake_work.PASSWORDS[ADA]),
            headers={"cookie": f"{COOKIE}={stale}"},
        ) as client:
            asks = [client.post("/flow_runs/filter", json={"limit": n + 1}) for n in range(20)]
            return await asyncio.gather(*asks)

    answers = asyncio.run(all_at_once())
    assert {each.status_code for each in answers} == {401}
    assert not any("set-cookie" in each.headers for each in answers)
    # When the page is loaded, browser and page forget both.
    headers = {"cookie": f"{COOKIE}={stale}", "accept": "text/html"}
    page = httpx.get(f"{stage.server.url}/v2/", headers=headers, trust_env=False)
    assert "Max-Age=0" in page.headers["set-cookie"]
    assert 'localStorage.removeItem("prefect-password")</script>' in page.text
    with stage.person() as ada:
        assert ada.get(LOGIN).status_code == 200
        assert ada.cookies[COOKIE] != stale
        assert ada.post("/flow_runs/filter", json={}).status_code == 200


@pytest.mark.parametrize("token", ["", "guessed", "x" * 43])
def test_a_session_cookie_that_was_never_given_is_nobodys(stage, token):
    with stage.person() as ada:
        response = ada.get(LOGIN, headers={"cookie": f"{COOKIE}={token}"})
        assert told(response, 401)


def test_a_session_without_the_password_is_nobodys(stage):
    with stage.person() as ada:
        ada.get(LOGIN)
        cookies = dict(ada.cookies)
    with httpx.Client(base_url=stage.server.api_url, cookies=cookies, trust_env=False) as thief:
        told(thief.get(LOGIN), 401)
        told(thief.get(LOGIN, headers={"authorization": "Basic eDp5"}), 401)


def test_a_script_needs_no_session(stage):
    with stage.person() as ada:
        assert ada.get("/flow_runs/" + str(uuid4())).status_code == 404
        assert not ada.cookies


# By a proxy


def test_the_proxys_header_names_the_person_by_id_or_address(stage, asked):
    run, _, proposal = asked
    with by_proxy(stage, f"{BOB.removesuffix('-invented')}@example.invalid") as bob:
        assert bob.get(LOGIN).status_code == 200
        assert not bob.cookies
    with by_proxy(stage, BOB) as bob:
        body = {"run_input": {**GOOD, "code": "verified"}}
        assert "six digits" in told(bob.post(f"/flow_runs/{run}/resume", json=body), 403)
    assert not signed(stage, proposal)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"x-forwarded-for": ADDRESS},
        {"forwarded": f"for={ADDRESS}"},
        {"x-real-ip": ADDRESS},
    ],
    ids=lambda more: next(iter(more), "nothing else"),
)
def test_the_header_from_elsewhere_counts_for_nothing(stage, more):
    headers = {HEADER: ADA, **more}
    with httpx.Client(base_url=stage.server.api_url, headers=headers, trust_env=False) as eve:
        told(eve.get(LOGIN), 401)


def test_whose_password_it_is_counts_and_not_the_header_from_elsewhere(stage):
    proposal = sha256(uuid4().bytes)
    run = suspended(stage, pause_key(proposal, "records-manager", 1, 1))
    with stage.person(BOB) as bob:
        headers = {HEADER: ADA}
        response = bob.post(f"/flow_runs/{run}/resume", json={"run_input": GOOD}, headers=headers)
        assert response.status_code == 201
    (record,) = signed(stage, proposal)
    assert record.text("person") == BOB


@pytest.mark.parametrize("said", [(ADA, BOB), (ADA, ADA), ("eve",), ("",), ("ADA-INVENTED",)])
def test_two_headers_and_a_stranger_are_nobody(stage, said):
    with by_proxy(stage, *said) as client:
        told(client.get(LOGIN), 403)


@pytest.mark.parametrize(
    "header", [("sec-fetch-site", "cross-site"), ("origin", "http://evil.invalid")]
)
def test_a_page_of_another_site_cannot_answer_with_the_proxys_cookie(stage, header):
    proposal = sha256(uuid4().bytes)
    run = suspended(stage, pause_key(proposal, "records-manager", 1, 1))
    with by_proxy(stage, ADA) as ada:
        response = ada.post(
            f"/flow_runs/{run}/resume", json={"run_input": GOOD}, headers=dict([header])
        )
        assert "another site" in told(response, 403)
    assert stage.state(run)["name"] == "Suspended"


def test_a_service_comes_by_its_secret_also_through_the_proxys_address(stage):
    auth = ("planner", fake_work.SERVICES["planner"])
    with by_proxy(stage, auth=auth) as planner:
        assert planner.get("/admin/version").status_code == 200


def test_who_comes_by_the_proxy_is_told_that_no_password_is_asked(stage):
    with by_proxy(stage, ADA) as ada, stage.person() as other:
        url = f"{stage.server.url}/ui-settings"
        by_it, beside = ada.get(url).json(), other.get(url).json()
    assert (by_it.pop("auth"), beside.pop("auth")) == (None, "BASIC")
    assert by_it == beside


# One-time codes


@pytest.fixture(scope="module")
def codes(stage):
    """The secrets of two people, set up with codes of an hour ago; by person and step from now."""
    identities, now = stage.work.identities, fake_work.FixedClock().now()
    totps = {}
    for person in (ADA, BOB):
        secret = identities.begin_factor(person)
        totps[person] = TOTP(base64.b32decode(secret), 6, SHA1(), 30)
        past = now.replace(hour=now.hour - 1)
        code = totps[person].generate(int(past.timestamp())).decode()
        assert identities.confirm_factor(person, code, past)
    return lambda person, step: totps[person].generate(int(now.timestamp()) + 30 * step).decode()


def answer(stage, person, run, **fields):
    with stage.person(person) as client:
        return client.post(f"/flow_runs/{run}/resume", json={"run_input": {**GOOD, **fields}})


def test_a_code_is_checked_spent_and_replaced(stage, asked, codes):
    run, key, proposal = asked
    code = codes(ADA, -1)
    assert answer(stage, ADA, run, code=code).status_code == 201
    (record,) = signed(stage, proposal)
    assert record.text("factor") == "totp"
    assert fake_work.is_of(record, {**GOOD, "code": "verified"}, stage.work.evidence)
    assert fake_work.signature_holds(record)
    with stage.service() as client:
        stored = client.get(f"/flow_runs/{run}/input/suspended-{key}-response")
    assert stored.json() == {**GOOD, "code": "verified"}
    # A second answer with it is nothing, to whichever question.
    other = suspended(stage, pause_key(sha256(uuid4().bytes), "siro", 1, 1), WITH_CODE)
    assert "used before" in told(answer(stage, ADA, other, code=code), 403)
    assert "not right" in told(answer(stage, BOB, other, code=code), 403)
    assert stage.state(other)["name"] == "Suspended"
    # Nor is it in anything that is kept.
    files = [path for path in stage.folder.rglob("*") if path.is_file()]
    assert not [path.name for path in files if f'"{code}"'.encode() in path.read_bytes()]


@pytest.mark.parametrize("code", ["verified", "", "000000x", 123456, None, ["1"]])
def test_what_is_no_code_of_this_person_is_not_handed_on(stage, asked, code):
    run, _, proposal = asked
    told(answer(stage, "ada-invented", run, code=code), 403)
    assert stage.state(run)["name"] == "Suspended"
    assert not signed(stage, proposal)
    stage.work.identities.unlock(ADA)


def test_an_answer_that_the_server_refuses_uses_up_its_code_and_says_so(stage, asked, codes):
    run, _, proposal = asked
    with stage.person(BOB) as bob:
        body = {"run_input": {"mark": "x", "code": codes(BOB, 0)}}
        response = bob.post(f"/flow_runs/{run}/resume", json=body)
    assert response.status_code == 200
    assert response.json()["status"] == "REJECT"
    assert "used up" in response.json()["details"]["reason"]
    assert not signed(stage, proposal)
    assert "used before" in told(answer(stage, BOB, run, code=codes(BOB, 0)), 403)


def test_a_run_that_asks_nothing_spends_no_code(stage, asked, codes):
    run, _, _ = asked
    code = codes(ADA, 1)
    assert answer(stage, ADA, run, code=codes(ADA, 0)).status_code == 201
    assert "not used" in told(answer(stage, ADA, run, code=code), 409)
    other = suspended(stage, pause_key(sha256(uuid4().bytes), "siro", 1, 1), WITH_CODE)
    assert answer(stage, ADA, other, code=code).status_code == 201
