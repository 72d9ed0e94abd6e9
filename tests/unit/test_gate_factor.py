"""A code is taken out of an answer before anybody else sees it, and counts once."""

import asyncio

import pytest

from retention.domain.lockout import WRONG_MAX
from retention.gate.factor import Factor, without_codes
from tests.support.identities import cheap, code_of, enrolled
from tests.support.memory import FixedClock

ADA = "ada-invented"


class Made:
    def __init__(self, folder):
        self.clock, self.told = FixedClock(), []
        self.identities = cheap(folder, {ADA: "a long enough one"})
        self.secret = enrolled(self.identities, ADA, self.clock.now())
        self.factor = Factor(self.identities, self.clock, self._tell)

    async def _tell(self, person):
        self.told.append(person)

    def checked(self, **run_input):
        return asyncio.run(self.factor.checked(ADA, run_input))

    def code(self):
        return code_of(self.secret, self.clock.now())


@pytest.fixture
def made(tmp_path):
    made = Made(tmp_path)
    with made.identities:
        yield made


def test_an_answer_without_a_code_is_as_it_is(made):
    found = made.checked(mark="x")
    assert (found.run_input, found.factor, found.why) == ({"mark": "x"}, "", "")


def test_a_right_code_is_replaced(made):
    found = made.checked(mark="x", code=made.code())
    assert (found.run_input, found.factor, found.why) == (
        {"mark": "x", "code": "verified"},
        "totp",
        "",
    )


def test_it_is_right_once(made):
    code = made.code()
    made.checked(code=code)
    found = made.checked(code=code)
    assert "used before" in found.why
    assert (found.run_input, found.factor) == ({}, "")


@pytest.mark.parametrize("code", ["verified", "", "12345", 123456, None, [], {"code": "1"}])
def test_whatever_else_stands_there_is_refused_and_not_repeated(made, code):
    found = made.checked(code=code)
    assert found.why.endswith("Nothing was answered.")
    assert (found.run_input, found.factor) == ({}, "")
    assert not isinstance(code, str) or len(code) < 5 or code not in found.why


def test_too_many_wrong_ones_lock_and_that_is_told(made):
    for _ in range(WRONG_MAX):
        made.checked(code="000000x")
    assert made.told == [ADA]
    assert "not right" in made.checked(code=made.code()).why
    made.clock.step(minutes=1)
    assert made.checked(code=made.code()).factor == "totp"


def test_a_form_is_validated_without_the_codes_in_it():
    form = {
        "schema": {"mark": "x", "code": "123456"},
        "values": {"code": 123456, "a": [{"code": "1"}]},
    }
    assert without_codes(form) == {
        "schema": {"mark": "x", "code": "verified"},
        "values": {"code": "verified", "a": [{"code": "verified"}]},
    }
    schema = {"properties": {"code": {"type": "string"}}, "required": ["code"]}
    assert without_codes(schema) == schema


def test_a_well_that_is_too_deep_is_not_validated():
    body = {}
    for _ in range(5000):
        body = {"a": [body]}
    assert without_codes(body) is None
