"""Who is asking: what is remembered, for how long, and what never is."""

import asyncio
import base64

import pytest

from retention.gate.login import Logins
from retention.gate.rules import Caller, Kind


class Counting:
    """Identities that count how often they were asked."""

    def __init__(self):
        self.right, self.asked = {"ada-invented": "a long enough one"}, 0

    def knows(self, person, password):
        self.asked += 1
        return self.right.get(person) == password


@pytest.fixture
def identities():
    return Counting()


def ask(logins, *credentials):
    async def all_at_once():
        return await asyncio.gather(*(logins.by_credential(each) for each in credentials))

    return asyncio.run(all_at_once())


RIGHT = "ada-invented:a long enough one"
ADA = Caller(Kind.PERSON, "ada-invented")


def test_a_page_that_asks_twenty_things_asks_the_identities_once(identities):
    assert ask(Logins(identities, {}), *[RIGHT] * 20) == [ADA] * 20
    assert identities.asked == 1


def test_a_wrong_password_is_never_remembered(identities):
    logins = Logins(identities, {})
    assert ask(logins, "ada-invented:wrong", "ada-invented:wrong") == [None, None]
    assert identities.asked == 2
    identities.right["ada-invented"] = "wrong"
    assert ask(logins, "ada-invented:wrong") == [ADA]


def test_what_is_remembered_is_forgotten_in_time(identities):
    logins = Logins(identities, {}, remember_s=0)
    assert ask(logins, RIGHT) == [ADA]
    identities.right.clear()
    assert ask(logins, RIGHT) == [None]


def test_no_password_stays_in_memory(identities):
    logins = Logins(identities, {})
    ask(logins, RIGHT)
    assert "long enough" not in repr(vars(logins)).replace(repr(identities.right), "")
    assert all(len(mark) == 32 for mark in logins._until)


def test_a_name_and_password_are_not_mistaken_for_another_pair(identities):
    logins = Logins(identities, {})
    assert ask(logins, RIGHT, "ada-invented:a long enough one\0") == [ADA, None]


@pytest.mark.parametrize("credential", ["", ":", "ada-invented", "ada-invented:", ":secret"])
def test_half_a_credential_is_none(identities, credential):
    assert ask(Logins(identities, {"planner": "secret"}), credential) == [None]


def test_a_service_is_not_asked_of_the_identities(identities):
    logins = Logins(identities, {"planner": "secret"})
    assert ask(logins, "planner:secret", "planner:wrong") == [Caller(Kind.SERVICE, "planner"), None]
    assert identities.asked == 0


@pytest.mark.parametrize("services", [{"planner": ""}, {"": "secret"}])
def test_a_service_without_a_secret_is_refused_at_the_start(identities, services):
    with pytest.raises(ValueError, match="secret"):
        Logins(identities, services)


@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_a_browser_may_code_a_password_either_way(identities, coding):
    identities.right["ada-invented"] = "straße über é"
    header = b"Basic " + base64.b64encode("ada-invented:straße über é".encode(coding))
    assert asyncio.run(Logins(identities, {}).by_header(header)) == ADA
