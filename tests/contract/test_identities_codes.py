"""One-time codes, on SQLite and on PostgreSQL."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from retention.adapters.identities import SqlIdentities, migrate
from retention.adapters.identities.codes import step_of
from retention.domain.lockout import WRONG_MAX
from retention.errors import RefusedError
from retention.ports.identities import Check
from tests.support.databases import POSTGRES, SQLITE, fresh_url, migrated_twice
from tests.support.identities import (
    AT,
    GOOD,
    CountingHasher,
    code_of,
    enrolled,
    knows,
    later,
)


@pytest.fixture(params=[SQLITE, POSTGRES])
def url(request, tmp_path):
    return migrated_twice(migrate, fresh_url(request, tmp_path))


@pytest.fixture
def empty(url):
    with SqlIdentities(url, hasher=CountingHasher()) as it:
        yield it


def test_codes_are_those_of_the_rfc():
    secret = base64.b32encode(b"12345678901234567890").decode()
    for second, code in [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")]:
        at = datetime.fromtimestamp(second, UTC)
        assert step_of(secret, code, at) == second // 30


def test_a_code_counts_only_after_one_was_confirmed(empty):
    secret = empty.begin_factor("r.manager")
    assert not empty.standing("r.manager").factor
    assert empty.take_code("r.manager", code_of(secret, AT), AT) is Check.WRONG
    assert not empty.confirm_factor("r.manager", "000000x", AT)
    assert empty.confirm_factor("r.manager", code_of(secret, AT), AT)
    assert empty.standing("r.manager").factor
    assert empty.take_code("r.manager", code_of(secret, AT), AT) is Check.USED
    assert empty.take_code("r.manager", code_of(secret, later(seconds=30)), AT) is Check.RIGHT


def test_a_code_is_right_once_and_no_earlier_one_after_it(empty):
    secret = enrolled(empty)
    now, before = code_of(secret, AT), code_of(secret, AT - timedelta(seconds=30))
    assert empty.take_code("r.manager", f"{now[:3]} {now[3:]}", AT) is Check.RIGHT
    assert empty.take_code("r.manager", now, AT) is Check.USED
    assert empty.take_code("r.manager", before, AT) is Check.USED


@pytest.mark.parametrize("seconds", [-60, 60, 3600])
def test_a_code_of_another_time_is_wrong(empty, seconds):
    secret = enrolled(empty)
    code = code_of(secret, later(seconds=seconds))
    assert empty.take_code("r.manager", code, AT) is Check.WRONG


@pytest.mark.parametrize("code", ["", "12345", "1234567", "verified", "１２３４５６", "12345\n"])
def test_what_is_no_code_is_wrong(empty, code):
    enrolled(empty)
    assert empty.take_code("r.manager", code, AT) is Check.WRONG


def test_nobodys_code_is_right_for_somebody_else(empty):
    secret = enrolled(empty)
    enrolled(empty, "ig.lead")
    assert empty.take_code("ig.lead", code_of(secret, AT), AT) is not Check.RIGHT
    assert empty.take_code("nobody", code_of(secret, AT), AT) is Check.WRONG
    assert empty.take_code("nul\0", code_of(secret, AT), AT) is Check.WRONG


def test_of_one_code_at_once_one_is_taken(url, empty):
    code = code_of(enrolled(empty), AT)

    def take(_):
        with SqlIdentities(url, hasher=CountingHasher()) as it:
            return it.take_code("r.manager", code, AT)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(take, range(4))).count(Check.RIGHT) == 1


def test_wrong_codes_lock_and_a_right_password_does_not_end_their_row(empty):
    empty.add("r.manager", GOOD)
    secret = enrolled(empty)
    for _ in range(WRONG_MAX - 1):
        assert empty.take_code("r.manager", "no code", AT) is Check.WRONG
    assert knows(empty, "r.manager", GOOD)
    assert empty.take_code("r.manager", "no code", AT) is Check.LOCKS
    assert empty.take_code("r.manager", code_of(secret, AT), AT) is Check.WRONG
    assert not knows(empty, "r.manager", GOOD)
    assert empty.unlock("r.manager")
    assert empty.take_code("r.manager", code_of(secret, AT), AT) is Check.RIGHT


def test_a_new_secret_is_in_force_once_it_is_confirmed(empty):
    old = enrolled(empty)
    new = empty.begin_factor("r.manager")
    assert empty.take_code("r.manager", code_of(old, AT), AT) is Check.RIGHT
    assert empty.confirm_factor("r.manager", code_of(new, later(minutes=5)), later(minutes=5))
    at = later(minutes=10)
    assert empty.take_code("r.manager", code_of(old, at), at) is Check.WRONG
    assert empty.take_code("r.manager", code_of(new, at), at) is Check.RIGHT


def test_a_secret_that_was_removed_or_whose_person_was_disabled_is_gone(empty):
    empty.add("r.manager", GOOD)
    secret = enrolled(empty)
    assert empty.remove_factor("r.manager")
    assert not empty.remove_factor("r.manager")
    assert empty.take_code("r.manager", code_of(secret, AT), AT) is Check.WRONG
    secret = enrolled(empty)
    empty.disable("r.manager")
    assert empty.take_code("r.manager", code_of(secret, AT), AT) is Check.WRONG
    with pytest.raises(RefusedError):
        empty.begin_factor("r.manager")
