"""Who stands at the gate: what a request may say of itself, and what of it is believed."""

import asyncio
import base64

import pytest

from retention.domain.proxy import Proxy
from retention.gate.door import COOKIE, Door
from retention.gate.login import Logins
from retention.gate.rules import Caller, Kind
from retention.gate.sessions import IDLE_S, Sessions
from retention.gate.standing import Standings
from tests.support.identities import WRONG, cheap
from tests.support.memory import FixedClock

ADA, BOB, PASSWORD = "rm-01", "iao-01", "a long enough one"
SERVICES = {"planner": "secret"}
NEAR, FAR = "10.0.0.7", "10.0.0.8"
LOGIN = "/api/admin/version"


class Stepped:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


class Made:
    """A door, and how somebody comes to it."""

    def __init__(self, folder, proxy=None, people=()):
        self.identities = cheap(folder, {ADA: PASSWORD, BOB: PASSWORD})
        self.clock = Stepped()
        standings = Standings(self.identities, now=self.clock)
        passwords = proxy is None or proxy.passwords
        logins = Logins(
            self.identities,
            SERVICES,
            standings=standings,
            clock=FixedClock(),
            passwords=passwords,
        )
        sessions = Sessions(standings, now=self.clock)
        self.door = Door(logins, sessions, standings, lambda: people, proxy)

    def comes(self, *, by=None, path=LOGIN, method="GET", at=FAR, token=None, headers=()):
        said = [(name.encode(), value.encode()) for name, value in headers]
        if by is not None:
            said.append((b"authorization", b"Basic " + base64.b64encode(":".join(by).encode())))
        if token is not None:
            said.append((b"cookie", f"prefect_ui_version=v2; {COOKIE}={token}".encode()))
        scope = {
            "method": method,
            "path": path,
            "headers": said,
            "client": (at, 5),
            "scheme": "http",
        }
        return asyncio.run(self.door.who(scope))

    def loads(self, token):
        headers = [] if token is None else [(b"cookie", f"{COOKIE}={token}".encode())]
        scope = {"method": "GET", "path": "/v2/", "headers": headers, "client": (FAR, 5)}
        return asyncio.run(self.door.over_in(scope))

    def logs_in(self, person=ADA, **more):
        found = self.comes(by=(person, PASSWORD), **more)
        assert found.caller == Caller(Kind.PERSON, person)
        ((name, value),) = found.headers
        assert name == b"set-cookie"
        return value.decode().split(";")[0].partition("=")[2]


@pytest.fixture
def made(tmp_path):
    from tests.support.cast import PEOPLE

    kept = []

    def make(proxy=None):
        kept.append(Made(tmp_path, proxy, PEOPLE))
        return kept[-1]

    yield make
    for each in kept:
        each.identities.close()


def by_proxy(**more):
    return Proxy.of("X-Remote-User", [NEAR, "fd00::/64"], **more)


def test_a_cookie_is_for_the_server_alone_and_goes_with_no_other_sites_requests(made):
    found = made().comes(by=(ADA, PASSWORD))
    ((_, value),) = found.headers
    assert value.decode().split("; ")[1:] == ["Path=/", "HttpOnly", "SameSite=Lax"]


def test_only_the_login_box_begins_a_session(made):
    found = made().comes(by=(ADA, PASSWORD), path="/api/flow_runs/filter", method="POST")
    assert (found.caller.name, found.headers) == (ADA, ())


def test_a_service_has_no_session(made):
    found = made().comes(by=("planner", "secret"))
    assert (found.caller, found.headers) == (Caller(Kind.SERVICE, "planner"), ())


def test_a_session_goes_on_with_its_password_only(made):
    it = made()
    token = it.logs_in()
    assert it.comes(by=(ADA, PASSWORD), token=token).caller.name == ADA
    assert it.comes(token=token).caller is None
    assert it.comes(by=(ADA, WRONG), token=token).caller is None


def test_what_is_over_is_nobodys_until_the_page_is_loaded_and_somebody_logs_in(made):
    it = made()
    token = it.logs_in()
    it.clock.seconds += IDLE_S
    for _ in range(3):
        found = it.comes(by=(ADA, PASSWORD), token=token, path="/api/flows/filter", method="POST")
        assert (found.caller, found.status, found.headers) == (None, 401, ())
        assert "log in" in found.why
    assert it.comes(by=(ADA, PASSWORD), token=token).caller is None  # the login box, neither
    ((_, value),) = it.loads(token)
    assert b"Max-Age=0" in value
    assert it.logs_in() != token


def test_a_page_ends_no_session_that_goes_on(made):
    it = made()
    assert it.loads(it.logs_in()) == ()
    assert it.loads(None) == ()


def test_an_old_password_in_a_browser_is_no_guess(made):
    it = made()
    token = it.logs_in()
    it.identities.passwd(ADA, "another long enough one")
    it.clock.seconds += 3
    for _ in range(20):
        assert it.comes(by=(ADA, PASSWORD), token=token).caller is None
    assert it.comes(by=(ADA, "another long enough one")).caller.name == ADA


def test_a_lock_does_not_end_a_session_and_lets_nobody_begin_one(made):
    it = made()
    token = it.logs_in()
    for _ in range(5):
        it.comes(by=(ADA, WRONG))
    assert it.comes(by=(ADA, PASSWORD)).caller is None
    assert it.comes(by=(ADA, PASSWORD), token=token).caller.name == ADA


def test_another_person_at_the_same_browser_ends_the_session_before(made):
    it = made()
    token = it.logs_in()
    of_bob = it.logs_in(BOB, token=token)
    assert it.comes(by=(ADA, PASSWORD), token=token).caller is None
    assert it.comes(by=(BOB, PASSWORD), token=of_bob).caller.name == BOB


def test_with_anothers_session_a_locked_person_is_locked(made):
    it = made()
    it.logs_in()
    of_bob = it.logs_in(BOB)
    for _ in range(5):
        it.comes(by=(ADA, WRONG))
    assert it.comes(by=(ADA, PASSWORD), token=of_bob).caller is None


def test_two_credentials_are_nobodys(made):
    found = made().comes(by=(ADA, PASSWORD), headers=[("authorization", "Basic eDp5")])
    assert (found.caller, found.status) == (None, 401)


@pytest.mark.parametrize("at", [NEAR, "::ffff:10.0.0.7", "fd00::9"])
@pytest.mark.parametrize("said", [ADA, f"{ADA}@example.invalid"])
def test_the_proxy_names_the_person(made, at, said):
    found = made(by_proxy()).comes(at=at, headers=[("x-remote-user", said)])
    assert (found.caller, found.headers) == (Caller(Kind.PERSON, ADA), ())


@pytest.mark.parametrize("at", [FAR, "", "fe80::1%eth0", "10.0.0.7.evil", "fd00:0:0:1::9"])
def test_the_same_header_from_elsewhere_counts_for_nothing(made, at):
    it = made(by_proxy(passwords=True))
    header = [("x-remote-user", BOB)]
    assert it.comes(at=at, headers=header).caller is None
    assert it.comes(at=at, headers=header, by=(ADA, PASSWORD)).caller.name == ADA


def test_without_a_proxy_the_header_counts_for_nothing(made):
    assert made().comes(at=NEAR, headers=[("x-remote-user", ADA)]).caller is None


@pytest.mark.parametrize("said", ["", "nobody", "RM-01", " rm-01", "planner", "rm-01,iao-01"])
def test_whoever_is_not_listed_exactly_is_nobody(made, said):
    found = made(by_proxy()).comes(at=NEAR, headers=[("x-remote-user", said)])
    assert (found.caller, found.status) == (None, 403)


@pytest.mark.parametrize("second", [BOB, ADA, ""])
def test_two_headers_are_nobodys(made, second):
    said = [("x-remote-user", ADA), ("X-Remote-User", second)]
    found = made(by_proxy()).comes(at=NEAR, headers=said)
    assert (found.caller, found.status) == (None, 403)


def test_whoever_came_as_the_wrong_person_is_told_where_to_log_out(made):
    it = made(by_proxy(logout="https://login.invalid/logout"))
    found = it.comes(at=NEAR, headers=[("x-remote-user", "nobody")])
    assert found.why.endswith("log out: https://login.invalid/logout")


def test_a_disabled_person_does_not_come_by_the_proxy_either(made):
    it = made(by_proxy())
    it.identities.disable(ADA)
    assert it.comes(at=NEAR, headers=[("x-remote-user", ADA)]).caller is None


def test_with_a_proxy_no_password_is_taken_but_a_services(made):
    it = made(by_proxy())
    assert it.comes(by=(ADA, PASSWORD)).caller is None
    assert it.comes(by=("planner", "secret")).caller.kind is Kind.SERVICE
    assert it.comes(by=("planner", "secret"), at=NEAR).caller.kind is Kind.SERVICE


SITES = [
    ([("sec-fetch-site", "same-origin")], True),
    ([("sec-fetch-site", "none")], True),
    ([("sec-fetch-site", "cross-site")], False),
    ([("sec-fetch-site", "same-site")], False),
    ([("origin", "https://gate.invalid"), ("host", "gate.invalid")], True),
    ([("origin", "https://evil.invalid"), ("host", "gate.invalid")], False),
    ([("origin", "null"), ("host", "gate.invalid")], False),
    ([], True),  # no browser
]


@pytest.mark.parametrize(("said", "taken"), SITES)
def test_by_the_proxy_only_a_page_of_ours_changes_anything(made, said, taken):
    it = made(by_proxy())
    headers = [("x-remote-user", ADA), *said]
    found = it.comes(at=NEAR, method="POST", path="/api/flow_runs/1/resume", headers=headers)
    assert (found.caller is not None) is taken
    assert it.comes(at=NEAR, headers=headers).caller.name == ADA  # whoever looks changes nothing


def test_what_says_who_somebody_is_is_not_handed_on(made):
    names = [b"Authorization", b"cookie", b"X-Remote-User", b"accept"]
    kept = made(by_proxy()).door.stripped([(name, b"x") for name in names])
    assert kept == [(b"accept", b"x")]


@pytest.mark.parametrize(
    ("header", "addresses"),
    [
        ("", [NEAR]),
        ("X Remote", [NEAR]),
        ("Authorization", [NEAR]),
        ("X-Remote-User", []),
        ("X-Remote-User", ["0.0.0.0/0"]),
        ("X-Remote-User", ["::/0"]),
        ("X-Remote-User", ["proxy.invalid"]),
        ("X-Remote-User", ["10.0.0.7/8"]),
    ],
)
def test_what_is_no_header_or_no_address_is_no_proxy(header, addresses):
    with pytest.raises(ValueError):
        Proxy.of(header, addresses)
