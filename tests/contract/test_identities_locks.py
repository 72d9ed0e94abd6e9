"""What wrong passwords in a row lead to, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from retention.adapters.identities import SqlIdentities, migrate
from retention.domain.lockout import MINUTES, WRONG_MAX
from retention.errors import RefusedError
from retention.ports.identities import Check, Standing
from tests.support.databases import POSTGRES, SQLITE, fresh_url, migrated_twice
from tests.support.identities import AT, GOOD, OTHER, WRONG, CountingHasher, knows, later, wrong


@pytest.fixture(params=[SQLITE, POSTGRES])
def url(request, tmp_path):
    return migrated_twice(migrate, fresh_url(request, tmp_path))


@pytest.fixture
def empty(url):
    with SqlIdentities(url, hasher=CountingHasher()) as it:
        yield it


def test_five_wrong_passwords_in_a_row_lock_and_the_right_one_is_refused(empty):
    empty.add("r.manager", GOOD)
    assert wrong(empty, WRONG_MAX) == [Check.WRONG] * 4 + [Check.LOCKS]
    assert not knows(empty, "r.manager", GOOD)
    assert not knows(empty, "r.manager", GOOD, later(seconds=59))
    assert empty.standing("r.manager").locked_until == later(minutes=1)
    assert knows(empty, "r.manager", GOOD, later(minutes=1))
    assert empty.standing("r.manager").locked_until is None


def test_each_lock_is_longer_than_the_one_before_and_none_longer_than_the_last(empty):
    empty.add("r.manager", GOOD)
    at = AT
    for minutes in (*MINUTES, MINUTES[-1]):
        assert wrong(empty, WRONG_MAX, at)[-1] is Check.LOCKS
        until = at + timedelta(minutes=minutes)
        assert empty.standing("r.manager").locked_until == until
        at = until
    assert knows(empty, "r.manager", GOOD, at)
    assert wrong(empty, WRONG_MAX, at)[-1] is Check.LOCKS
    assert empty.standing("r.manager").locked_until == at + timedelta(minutes=1)


def test_what_is_tried_while_locked_makes_it_no_longer(empty):
    empty.add("r.manager", GOOD)
    wrong(empty, WRONG_MAX)
    assert wrong(empty, 40, later(seconds=30)) == [Check.WRONG] * 40
    assert knows(empty, "r.manager", GOOD, later(minutes=1))


def test_a_right_password_ends_the_row(empty):
    empty.add("r.manager", GOOD)
    for _ in range(3):
        wrong(empty, WRONG_MAX - 1)
        assert knows(empty, "r.manager", GOOD)


def test_one_persons_lock_is_nobody_elses(empty):
    empty.add("r.manager", GOOD)
    empty.add("ig.lead", OTHER)
    wrong(empty, WRONG_MAX)
    assert knows(empty, "ig.lead", OTHER)


def test_a_lock_outlives_the_process(url, empty):
    empty.add("r.manager", GOOD)
    wrong(empty, WRONG_MAX)
    empty.close()
    with SqlIdentities(url, hasher=CountingHasher()) as again:
        assert not knows(again, "r.manager", GOOD)


def test_whoever_is_unlocked_may_log_in_at_once(empty):
    empty.add("r.manager", GOOD)
    wrong(empty, WRONG_MAX)
    assert empty.unlock("r.manager")
    assert not empty.unlock("r.manager")
    assert knows(empty, "r.manager", GOOD)
    with pytest.raises(RefusedError, match="no such person"):
        empty.unlock("nobody")


def test_a_new_password_unlocks(empty):
    empty.add("r.manager", GOOD)
    wrong(empty, WRONG_MAX)
    empty.passwd("r.manager", OTHER)
    assert knows(empty, "r.manager", OTHER)


def test_a_locked_person_costs_what_everybody_costs(empty):
    hasher = empty._hasher
    empty.add("r.manager", GOOD)
    wrong(empty, WRONG_MAX)
    hasher.checked.clear()
    for person in ("r.manager", "nobody"):
        assert not knows(empty, person, GOOD)
    assert len(hasher.checked) == 2
    assert hasher.checked[0] == hasher.checked[1]


def statements(identities, act):
    """Return what the database was asked by *act*, without the values."""
    seen = []

    def watch(_connection, _cursor, statement, *_):
        seen.append(statement)

    engine = identities._database._engine
    sa.event.listen(engine, "before_cursor_execute", watch)
    try:
        act()
    finally:
        sa.event.remove(engine, "before_cursor_execute", watch)
    return seen


def test_whoever_is_refused_costs_the_same_statements(empty):
    for person in ("r.manager", "gone", "locked"):
        empty.add(person, GOOD)
    empty.disable("gone")
    wrong(empty, WRONG_MAX, person="locked")
    seen = [
        statements(empty, lambda person=person, password=password: knows(empty, person, password))
        for person, password in [
            ("r.manager", WRONG),
            ("nobody", WRONG),
            ("gone", GOOD),
            ("locked", WRONG),
            ("locked", GOOD),
        ]
    ]
    assert all(each == seen[0] for each in seen)


def test_names_that_nobody_has_fill_nothing(url, empty):
    for n in range(30):
        for _ in range(2):
            assert empty.check(f"nobody-{n}", WRONG, AT) is Check.WRONG
    with sa.create_engine(url, poolclass=NullPool).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM attempt").scalar() <= 1


def test_of_many_wrong_ones_at_once_all_are_counted(url, empty):
    empty.add("r.manager", GOOD)

    def guess(_):
        with SqlIdentities(url, hasher=CountingHasher()) as it:
            return it.check("r.manager", WRONG, AT)

    with ThreadPoolExecutor(5) as pool:
        found = list(pool.map(guess, range(WRONG_MAX)))
    assert found.count(Check.LOCKS) == 1


def test_the_generation_grows_with_each_new_password_and_at_the_end(empty):
    assert empty.standing("r.manager") == Standing(0)
    empty.add("r.manager", GOOD)
    first = empty.standing("r.manager")
    assert knows(empty, "r.manager", GOOD)
    assert empty.standing("r.manager") == first == Standing(1)
    empty.passwd("r.manager", OTHER)
    assert empty.standing("r.manager") == Standing(2)
    empty.disable("r.manager")
    assert empty.standing("r.manager") == Standing(3, disabled=True)
    assert empty.standing("nul\0") == Standing(0)
