"""The way in to the gate's pages: a form, a cookie that goes nowhere else, and no way around."""

import asyncio
from urllib.parse import urlencode

import httpx
import pytest

from retention.gate.pages.entrance import onward
from tests.support.opened import FORM, PASSWORD, Opened

PROPOSALS = "/retention/proposals"
LOGIN = "/retention/login"


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    return Opened(tmp_path_factory.mktemp("pages"), rounds=("2019",), keys=())


def log_in(opened, name="rm-01", password=PASSWORD, headers=None, url=LOGIN, **fields):
    body = urlencode({"name": name, "password": password, **fields})
    return opened.ask("POST", url, content=body, headers={**FORM, **(headers or {})})


def with_cookie(opened, path, cookie, person="", method="GET"):
    return opened.ask(method, path, person, headers={"cookie": cookie})


def token_of(answer):
    return answer.headers["set-cookie"].partition(";")[0]


def test_a_person_logs_in_opens_a_list_and_logs_out(opened):
    begun = log_in(opened, next=opened.path)
    assert (begun.status_code, begun.headers["location"]) == (303, opened.path)
    cookie = token_of(begun)
    page = with_cookie(opened, opened.path, cookie)
    assert page.status_code == 200
    assert "Logged in as <b>rm-01</b>" in page.text
    out = with_cookie(opened, "/retention/logout", cookie, method="POST")
    assert out.headers["location"] == LOGIN
    assert "Max-Age=0" in out.headers["set-cookie"]
    assert with_cookie(opened, opened.path, cookie).status_code == 401


def test_the_cookie_is_for_these_pages_and_for_no_script(opened):
    said = log_in(opened).headers["set-cookie"].split("; ")[1:]
    assert said == ["HttpOnly", "SameSite=Lax", "Path=/retention"]
    secure = log_in(opened, url="https://gate.invalid/retention/login").headers["set-cookie"]
    assert "; Secure" in secure


WRONG = {
    "a wrong password": ("rm-01", "not the one"),
    "no password": ("rm-01", ""),
    "nobody known": ("eve", PASSWORD),
    "no name": ("", PASSWORD),
    "a service": ("planner", PASSWORD),
    "a name that has a password in it": (f"rm-01:{PASSWORD}", "x"),
}


@pytest.mark.parametrize("login", WRONG.values(), ids=WRONG)
def test_who_proves_nothing_gets_no_session(opened, login):
    begun = opened.sessions.begun
    answer = log_in(opened, *login)
    assert (answer.status_code, "set-cookie" in answer.headers) == (401, False)
    assert "do not fit" in answer.text
    assert PASSWORD not in answer.text
    assert opened.sessions.begun == begun


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.invalid"},
        {"origin": "null"},
        {"origin": "http://gate.invalid.elsewhere.invalid"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"content-type": "text/plain"},
        {"content-type": "application/json"},
    ],
)
def test_a_form_of_another_site_logs_nobody_in_and_nobody_out(opened, headers):
    tried = opened.logins.tried
    answer = log_in(opened, headers=headers)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert opened.logins.tried == tried
    if "content-type" not in headers:
        cookie = token_of(log_in(opened))
        out = opened.ask("POST", "/retention/logout", headers={"cookie": cookie, **headers})
        assert out.status_code == 403
        assert with_cookie(opened, PROPOSALS, cookie).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://gate.invalid"}, {"sec-fetch-site": "same-origin"}]
)
def test_a_form_of_ours_is_taken(opened, headers):
    assert log_in(opened, headers=headers).status_code == 303


@pytest.mark.parametrize(
    "body",
    [b"name=rm-01&name=iao-01&password=x", b"\xff", b"name=%ff", b"x" * 30_000, b"a=1&" * 50],
)
def test_a_form_that_says_two_things_or_too_much_is_refused(opened, body):
    tried = opened.logins.tried
    assert opened.ask("POST", LOGIN, content=body, headers=FORM).status_code == 403
    assert opened.logins.tried == tried


ELSEWHERE = [
    "https://elsewhere.invalid/",
    "//elsewhere.invalid/retention/proposals",
    "/\\elsewhere.invalid",
    "/retention/proposals/../../v2",
    "/retention/proposals\n",
    "/retention/proposals?x=//y",
    "/retention/logout",
    "/api/admin",
    "javascript:alert(1)",
    "",
]


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_login_leads_to_pages_of_ours_only(opened, where):
    assert onward(where) == PROPOSALS
    assert log_in(opened, next=where).headers["location"] == PROPOSALS
    shown = opened.ask("GET", LOGIN, params={"next": where})
    assert f'name="next" value="{PROPOSALS}"' in shown.text


@pytest.mark.parametrize(
    "cookie",
    [
        "retention_session=guess",
        "retention_session=",
        "retention_session=token-1; retention_session=guess",
        'retention_session="; rm-01',
        "retention_session=rm-01",
        "other=token-1",
        "\x01=\x02",
    ],
)
def test_a_cookie_that_was_never_given_is_nobodys(opened, cookie):
    opened.sessions.kept.pop("token-1", None)
    assert with_cookie(opened, opened.path, cookie).status_code == 401


def test_a_password_says_who_it_is_before_a_cookie_does(opened):
    cookie = token_of(log_in(opened, "rm-01"))
    page = with_cookie(opened, opened.path, cookie, "audit-01")
    assert page.status_code == 403
    wrong = {"cookie": cookie, "authorization": "Basic YTpi"}
    assert opened.ask("GET", opened.path, headers=wrong).status_code == 401


def test_another_login_ends_the_session_before(opened):
    first = token_of(log_in(opened))
    second = token_of(log_in(opened, "iao-01", headers={"cookie": first}))
    assert first != second
    assert with_cookie(opened, PROPOSALS, first).status_code == 401
    assert "iao-01" in with_cookie(opened, PROPOSALS, second).text


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE"])
def test_nothing_else_is_done_at_the_form(opened, method):
    assert opened.ask(method, LOGIN).status_code == 405
    assert opened.ask("GET", "/retention/logout").status_code == 405


def test_without_people_nobody_is_known_and_nothing_is_shown(opened):
    async def away(scope):
        raise OSError("the identities are away")

    kept, opened.caller = opened.caller, away
    try:
        answer = opened.get(opened.path, pages=opened.made())
    finally:
        opened.caller = kept
    assert answer.status_code == 503
    assert "away" not in answer.text


def test_a_program_that_leaves_in_the_midst_ends_the_reading(opened, monkeypatch):
    """The rows are not read on for nobody."""
    closed = []

    class Watched:
        def __init__(self, evidence):
            self.evidence = evidence

        def read(self, digest):
            return self.evidence.read(digest)

        def lines(self, digest):
            try:
                yield from self.evidence.lines(digest)
            finally:
                closed.append(digest)

    kept = opened.opening
    opened.opening = type(kept)(
        **{name: getattr(kept, name) for name in kept.__slots__}
        | {"evidence": Watched(kept.evidence)}
    )
    pages, opened.opening = opened.made(), kept
    monkeypatch.setattr("retention.gate.pages.answers.CHUNK_BYTES", 1)
    sent = []

    async def story():
        left = asyncio.Event()

        async def receive():
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)
            if len(sent) == 4:
                left.set()
            await asyncio.sleep(0)

        header = httpx.BasicAuth("rm-01", PASSWORD)._auth_header.encode()
        scope = {
            "type": "http", "method": "GET", "path": f"{opened.path}.csv",
            "headers": [(b"authorization", header)],
        }  # fmt: skip
        await pages(scope, receive, send)

    asyncio.run(story())
    assert 4 <= len(sent) < 7
    assert not any(
        message.get("more_body") is None and message["type"] == "http.response.body"
        for message in sent
    )
    assert len(closed) == 1
