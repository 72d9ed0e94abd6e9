"""The Laws of ``ports.identities``, on SQLite and on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from argon2 import extract_parameters
from sqlalchemy.pool import NullPool

from retention.adapters.identities import SqlIdentities, migrate
from retention.adapters.identities.tables import IdentitiesTable
from retention.errors import AnswerError, RefusedError
from retention.ports.identities import Account
from tests.support.databases import POSTGRES, SQLITE, fresh_url, migrated_twice
from tests.support.identities import GOOD, OTHER, WRONG, CountingHasher, knows


@pytest.fixture(params=[SQLITE, POSTGRES])
def url(request, tmp_path):
    return migrated_twice(migrate, fresh_url(request, tmp_path))


@pytest.fixture
def empty(url):
    with SqlIdentities(url, hasher=CountingHasher()) as it:
        yield it


def test_an_account_is_made_once(empty):
    empty.add("r.manager", GOOD)
    with pytest.raises(RefusedError):
        empty.add("r.manager", OTHER)
    assert knows(empty, "r.manager", GOOD)
    assert list(empty.accounts()) == [Account("r.manager", disabled=False)]


def test_the_first_person_is_first_only_once(empty):
    empty.add("r.manager", GOOD, first=True)
    for person in ("r.manager", "someone.else"):
        with pytest.raises(RefusedError, match="first"):
            empty.add(person, OTHER, first=True)
    empty.add("ig.lead", OTHER)
    assert [each.person for each in empty.accounts()] == ["ig.lead", "r.manager"]


def test_of_several_who_would_be_first_at_once_one_is(url):
    def try_to_be_first(person):
        with SqlIdentities(url, hasher=CountingHasher()) as it:
            try:
                it.add(person, GOOD, first=True)
            except RefusedError:
                return 0
            return 1

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(try_to_be_first, "abcdef")) == 1


def test_even_a_disabled_person_was_the_first(empty):
    empty.add("r.manager", GOOD, first=True)
    empty.disable("r.manager")
    with pytest.raises(RefusedError):
        empty.add("someone.else", GOOD, first=True)


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 1025])
def test_a_password_that_is_too_short_or_too_long_is_refused(empty, password):
    empty.add("r.manager", GOOD)
    with pytest.raises(AnswerError, match="12 to 1024") as error:
        empty.add("ig.lead", password)
    assert not password or password not in f"{error.value} {error.value.hint}"
    with pytest.raises(AnswerError):
        empty.passwd("r.manager", password)
    assert not knows(empty, "ig.lead", password)
    assert knows(empty, "r.manager", GOOD)


def test_a_new_password_ends_the_old_one(empty):
    empty.add("r.manager", GOOD)
    empty.passwd("r.manager", OTHER)
    assert knows(empty, "r.manager", OTHER)
    assert not knows(empty, "r.manager", GOOD)


def test_a_disabled_person_stays_disabled(empty):
    empty.add("r.manager", GOOD)
    empty.disable("r.manager")
    empty.disable("r.manager")
    assert not knows(empty, "r.manager", GOOD)
    with pytest.raises(RefusedError, match="for good"):
        empty.passwd("r.manager", OTHER)
    with pytest.raises(RefusedError):
        empty.add("r.manager", OTHER)
    assert list(empty.accounts()) == [Account("r.manager", disabled=True)]


def test_there_is_nothing_to_change_about_nobody(empty):
    for act in (lambda: empty.passwd("nobody", GOOD), lambda: empty.disable("nobody")):
        with pytest.raises(RefusedError, match="no such person") as error:
            act()
        assert error.value.hint


def test_a_check_costs_the_same_whoever_is_asked_about(empty):
    hasher = empty._hasher
    empty.add("r.manager", GOOD)
    empty.add("gone", GOOD)
    empty.disable("gone")
    hasher.checked.clear()
    for person in ("r.manager", "gone", "nobody"):
        for password in (GOOD, WRONG):
            knows(empty, person, password)
    assert len(hasher.checked) == 6
    assert hasher.checked[:2] == hasher.checked[2:4] == hasher.checked[4:]


def test_one_password_has_one_spelling(empty):
    empty.add("r.manager", "caf\u00e9 caf\u00e9 caf\u00e9")
    assert knows(empty, "r.manager", "cafe\u0301 cafe\u0301 cafe\u0301")
    assert not knows(empty, "r.manager", "cafe cafe cafe")


def test_a_very_long_guess_is_wrong_and_cheap(empty):
    hasher = empty._hasher
    empty.add("r.manager", "x" * 1024)
    assert not knows(empty, "r.manager", "x" * 1025)
    hasher.checked.clear()
    assert not knows(empty, "r.manager", "y" * 10_000_000)
    assert all(length <= 1025 for _, length in hasher.checked)


def test_no_plain_password_is_kept(url, empty):
    empty.add("r.manager", GOOD)
    empty.add("ig.lead", GOOD)
    with sa.create_engine(url, poolclass=NullPool).connect() as connection:
        rows = connection.exec_driver_sql("SELECT password_hash FROM account").scalars().all()
    assert all(row.startswith("$argon2id$") for row in rows)
    assert GOOD not in "".join(rows)
    assert len(set(rows)) == 2  # salted


def test_the_default_cost_is_that_of_the_rfc(tmp_path):
    url = migrated_twice(migrate, f"sqlite:///{tmp_path}/i.db")
    with SqlIdentities(url) as it:
        it.add("r.manager", GOOD)
        assert knows(it, "r.manager", GOOD)
    with sa.create_engine(url, poolclass=NullPool).connect() as connection:
        kept = connection.exec_driver_sql("SELECT password_hash FROM account").scalar()
    parameters = extract_parameters(kept)
    assert (parameters.time_cost, parameters.memory_cost) == (3, 65536)


def test_the_table_is_that_of_the_model(url):
    ours = {"include_object": lambda _o, name, *_: name != "identities_version"}
    with sa.create_engine(url, poolclass=NullPool).connect() as connection:
        context = MigrationContext.configure(connection, opts=ours)
        assert compare_metadata(context, IdentitiesTable.metadata) == []


@pytest.mark.parametrize("person", ["", "nul\0", "line\nfeed", "half\ud800"])
def test_what_is_no_name_is_refused_and_never_known(empty, person):
    with pytest.raises(AnswerError, match="no name"):
        empty.add(person, GOOD)
    assert not knows(empty, person, GOOD)
    empty.add("r.manager", GOOD)
    assert not knows(empty, "r.manager", "half a character \ud800")


def test_each_name_and_password_may_be_anything_that_can_be_typed(empty):
    odd = "'; DROP TABLE account; --"
    empty.add(odd, odd)
    assert knows(empty, odd, odd)
    assert [each.person for each in empty.accounts()] == [odd]
