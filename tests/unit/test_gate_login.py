"""Who is asking: what is remembered, until when, and what never is."""

import asyncio
import base64
from datetime import UTC, datetime, timedelta

import pytest

from retention.domain.lockout import WRONG_MAX
from retention.gate.login import Logins
from retention.gate.rules import Caller, Kind
from retention.gate.standing import Standings
from tests.support.identities import cheap

ADA, PASSWORD = "ada-invented", "a long enough one"
RIGHT = f"{ADA}:{PASSWORD}"
CALLER = Caller(Kind.PERSON, ADA)


class Counted:
    """Identities that count how often a password was checked."""

    def __init__(self, identities):
        self._identities, self.asked = identities, 0

    def check(self, *asked):
        self.asked += 1
        return self._identities.check(*asked)

    def __getattr__(self, name):
        return getattr(self._identities, name)


class Stepped:
    """A clock that a test moves, in both of its shapes."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return datetime(2026, 11, 26, 9, 0, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Stepped()


@pytest.fixture
def identities(tmp_path):
    with cheap(tmp_path, {ADA: PASSWORD}) as it:
        yield Counted(it)


@pytest.fixture
def make(identities, clock):
    def logins(services=(), **more):
        standings = Standings(identities, now=clock)
        return Logins(identities, dict(services), standings=standings, clock=clock, **more)

    return logins


def ask(logins, *credentials, anew=True):
    async def all_at_once():
        asked = [logins.by_credential(each, anew=anew) for each in credentials]
        return await asyncio.gather(*asked)

    return asyncio.run(all_at_once())


def test_a_page_that_asks_twenty_things_has_one_password_checked(make, identities):
    assert ask(make(), *[RIGHT] * 20) == [CALLER] * 20
    assert identities.asked == 1


def test_a_wrong_password_is_never_remembered(make, identities):
    logins = make()
    assert ask(logins, f"{ADA}:wrong", f"{ADA}:wrong") == [None, None]
    assert identities.asked == 2


@pytest.mark.parametrize("change", ["passwd", "disable"])
def test_a_remembered_password_is_worth_nothing_seconds_after_it_changed(
    make, identities, clock, change
):
    logins = make()
    assert ask(logins, RIGHT) == [CALLER]
    if change == "passwd":
        identities.passwd(ADA, "another long enough one")
    else:
        identities.disable(ADA)
    clock.seconds += 2.1
    assert ask(logins, RIGHT) == [None]


def test_what_is_remembered_is_not_asked_of_argon2_again(make, identities, clock):
    logins = make()
    for _ in range(5):
        assert ask(logins, RIGHT) == [CALLER]
        clock.seconds += 3600
    assert identities.asked == 1


def test_a_password_that_changes_while_it_is_checked_is_not_remembered(make, identities, clock):
    logins = make()
    check = identities._identities.check

    def and_then_changed(*asked):
        found = check(*asked)
        identities.passwd(ADA, "another long enough one")
        return found

    identities._identities.check = and_then_changed
    ask(logins, RIGHT)
    identities._identities.check = check
    clock.seconds += 2.1
    assert ask(logins, RIGHT) == [None]


def test_a_lock_refuses_who_logs_in_anew_and_not_whose_session_goes_on(make, clock):
    logins = make()
    assert ask(logins, RIGHT) == [CALLER]
    assert ask(logins, *[f"{ADA}:wrong"] * WRONG_MAX) == [None] * WRONG_MAX
    assert ask(logins, RIGHT) == [None]
    assert ask(logins, RIGHT, anew=False) == [CALLER]
    clock.seconds += 60
    assert ask(logins, RIGHT) == [CALLER]


def test_a_right_password_of_a_locked_person_is_checked_like_any_other(make, identities):
    logins = make()
    ask(logins, RIGHT, *[f"{ADA}:wrong"] * WRONG_MAX)
    before = identities.asked
    assert ask(logins, RIGHT, f"{ADA}:wrong", "eve-invented:wrong") == [None] * 3
    assert identities.asked == before + 3


def test_whom_a_wrong_password_locked_is_told_once(make):
    told = []

    async def tell(person):
        told.append(person)

    async def guess(logins):
        for _ in range(2 * WRONG_MAX):
            await logins.by_credential(f"{ADA}:wrong")
            await logins.by_credential("eve-invented:wrong")
        await asyncio.sleep(0)

    asyncio.run(guess(make(on_lock=tell)))
    assert told == [ADA]


def test_without_passwords_only_services_are_known(make, identities):
    logins = make({"planner": "secret"}, passwords=False)
    assert ask(logins, RIGHT, "planner:secret") == [None, Caller(Kind.SERVICE, "planner")]
    assert identities.asked == 0


def test_no_password_stays_in_memory(make):
    logins = make()
    ask(logins, RIGHT)
    assert "long enough" not in repr(vars(logins))
    assert all(len(mark) == 32 for mark in logins._generations)


def test_a_name_and_password_are_not_mistaken_for_another_pair(make):
    assert ask(make(), RIGHT, f"{RIGHT}\0") == [CALLER, None]


@pytest.mark.parametrize("credential", ["", ":", ADA, f"{ADA}:", ":secret", f"{ADA}:half\ud800"])
def test_half_a_credential_is_none(make, credential):
    assert ask(make({"planner": "secret"}), credential) == [None]


@pytest.mark.parametrize("secret", ["wrong", "", "secre", "secret ", "half\ud800", "sécret"])
def test_a_service_is_known_by_its_whole_secret_and_no_password_is_checked(
    make, identities, secret
):
    logins = make({"planner": "secret"})
    assert ask(logins, "planner:secret", f"planner:{secret}") == [
        Caller(Kind.SERVICE, "planner"),
        None,
    ]
    assert identities.asked == 0


@pytest.mark.parametrize("services", [{"planner": ""}, {"": "secret"}])
def test_a_service_without_a_secret_is_refused_at_the_start(make, services):
    with pytest.raises(ValueError, match="secret"):
        make(services)


@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_a_browser_may_code_a_password_either_way(make, identities, coding):
    identities.passwd(ADA, "straße über é")
    header = b"Basic " + base64.b64encode(f"{ADA}:straße über é".encode(coding))
    assert asyncio.run(make().by_header(header)) == CALLER
