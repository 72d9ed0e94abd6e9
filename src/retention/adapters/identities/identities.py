"""Who may log in, in SQLite or PostgreSQL; passwords as Argon2id hashes, one-time codes beside.

Source: RFC 9106 for the hash; RFC 8265, section 4.2, for the one spelling of a password.
"""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, Update, delete, func, insert, select, update

from retention.adapters import database
from retention.adapters.identities.attempts import (
    CODE,
    PASSWORD,
    count_for_nobody,
    count_wrong,
    forget,
    is_locked,
    locked_until,
)
from retention.adapters.identities.codes import new_secret, step_of
from retention.adapters.identities.tables import ACCOUNT, FACTOR, find, require
from retention.errors import AnswerError, RefusedError
from retention.ports.identities import Account, Check, Standing

NAME = "identities"
MIGRATIONS = Path(__file__).with_name("migrations")

LENGTH_MIN = 12
LENGTH_MAX = 1024  # characters; hashing more would be work for nothing


def migrate(url: str) -> None:
    """Bring the identities' tables at *url* to their newest form; safe to run again."""
    database.migrate(url, name=NAME, folder=MIGRATIONS)


class SqlIdentities(database.Adapter):
    """:class:`retention.ports.identities.Identities` at a database URL; migrate it first.

    *hasher* sets the cost of a hash; the default is that of RFC 9106 for little memory.
    """

    def __init__(self, url: str, *, hasher: PasswordHasher | None = None) -> None:
        super().__init__(url, name=NAME)
        self._hasher = PasswordHasher() if hasher is None else hasher
        # For people whom nobody knows: their check must cost what everybody's costs.
        self._nobody = self._hasher.hash("nobody's password, which is never right")

    def add(self, person: str, password: str, *, first: bool = False) -> None:
        """Add a person; *first* only on an empty database.

        Raises AnswerError for a name or password that cannot stand, RefusedError if the person is
        there already.
        """
        if not person or not person.isprintable():
            raise AnswerError("this is no name to log in by", hint="use the id from people.toml")
        row = {"person": person, "password_hash": self._hash(password), "disabled": False}
        with self._database.writing() as connection:
            if first and connection.scalar(select(func.count()).select_from(ACCOUNT)):
                raise RefusedError(
                    "there are people already, so nobody can be the first",
                    hint="ask one of them to add you",
                )
            if find(connection, person) is not None:
                raise RefusedError(
                    "this person is there already",
                    hint="`retention people passwd` sets a new password",
                )
            connection.execute(insert(ACCOUNT), row)

    def passwd(self, person: str, password: str) -> None:
        """Set a new password; RefusedError if the person is not there, or is disabled."""
        kept = self._hash(password)
        with self._database.writing() as connection:
            if require(connection, person).disabled:
                raise RefusedError(
                    "this person was disabled, and that is for good",
                    hint="someone who comes back gets an account of a new name",
                )
            values = {"password_hash": kept, "generation": ACCOUNT.c.generation + 1}
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.person == person).values(values))
            forget(connection, person, PASSWORD, CODE)

    def disable(self, person: str) -> None:
        """Disable a person for good; safe to run again."""
        with self._database.writing() as connection:
            require(connection, person)
            values = {"disabled": True, "generation": ACCOUNT.c.generation + 1}
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.person == person).values(values))
            connection.execute(delete(FACTOR).where(FACTOR.c.person == person))

    def unlock(self, person: str) -> bool:
        """Forget wrong answers, and tell whether there were any; safe to run again."""
        with self._database.writing() as connection:
            if _secrets(connection, person) is None:
                require(connection, person)
            return forget(connection, person, PASSWORD, CODE)

    def check(self, person: str, password: str, at: datetime) -> Check:
        """Tell what a password is worth, with the same work for whoever is asked about."""
        with self._database.reading() as connection:
            found = find(connection, person)
        kept = self._nobody if found is None else found.password_hash
        right = self._is_right(kept, password[:LENGTH_MAX]) and len(password) <= LENGTH_MAX
        with self._database.writing() as connection:  # a lock of this very moment holds, too
            found = find(connection, person)
            locked = is_locked(connection, person if found else "", at)
            if found is None or found.disabled or locked or found.password_hash != kept:
                return count_for_nobody(connection, PASSWORD)
            if not right:
                return count_wrong(connection, person, PASSWORD, at)
            forget(connection, person, PASSWORD)
        return Check.RIGHT

    def standing(self, person: str) -> Standing:
        """Return what may have changed about a person."""
        with self._database.reading() as connection:
            found = find(connection, person)
            factor = _secrets(connection, person)
            until = locked_until(connection, person if person.isprintable() else "")
        return Standing(
            generation=0 if found is None else found.generation,
            disabled=found is not None and found.disabled,
            locked_until=until,
            factor=factor is not None and bool(factor.secret),
        )

    def accounts(self) -> Sequence[Account]:
        """Return all accounts, sorted by person."""
        with self._database.reading() as connection:
            rows = connection.execute(select(ACCOUNT.c.person, ACCOUNT.c.disabled)).all()
        return sorted((Account(*row) for row in rows), key=lambda account: account.person)

    def begin_factor(self, person: str) -> str:
        """Return a new secret, which counts once it is confirmed."""
        if not person or not person.isprintable():
            raise AnswerError("this is no name of a person", hint="use the id from people.toml")
        secret = new_secret()
        with self._database.writing() as connection:
            if (found := find(connection, person)) is not None and found.disabled:
                raise RefusedError("this person was disabled", hint="there is nothing to set up")
            if _secrets(connection, person) is None:
                row = {"person": person, "secret": "", "pending": secret, "last_step": 0}
                connection.execute(insert(FACTOR), row)
            else:
                connection.execute(_of(person).values(pending=secret))
        return secret

    def confirm_factor(self, person: str, code: str, at: datetime) -> bool:
        """Put the new secret in force if *code* is one of its own."""
        with self._database.writing() as connection:
            kept = _secrets(connection, person)
            step = None if kept is None else step_of(kept.pending, code, at)
            if kept is None or step is None:
                return False
            values = {"secret": kept.pending, "pending": "", "last_step": step}
            connection.execute(_of(person).values(values))
            forget(connection, person, CODE)
            return True

    def remove_factor(self, person: str) -> bool:
        """Forget a person's secrets; safe to run again."""
        with self._database.writing() as connection:
            gone = delete(FACTOR).where(FACTOR.c.person == person)
            return connection.execute(gone).rowcount > 0

    def take_code(self, person: str, code: str, at: datetime) -> Check:
        """Spend a one-time code; no later one of an earlier step is right."""
        with self._database.writing() as connection:
            kept = _secrets(connection, person)
            if kept is None or not kept.secret or is_locked(connection, person, at):
                return Check.WRONG
            step = step_of(kept.secret, code, at)
            if step is not None and step > kept.last_step:
                connection.execute(
                    _of(person).where(FACTOR.c.last_step < step).values(last_step=step)
                )
                forget(connection, person, CODE)
                return Check.RIGHT
            counted = count_wrong(connection, person, CODE, at)
            return Check.USED if step is not None and counted is Check.WRONG else counted

    def _hash(self, password: str) -> str:
        if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
            raise AnswerError(
                f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters",
                hint="several words that do not belong together are easy to keep in mind",
            )
        return self._hasher.hash(_spelled(password))

    def _is_right(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, _spelled(password))
        except (VerificationError, InvalidHashError):
            return False


def _spelled(password: str) -> bytes:
    """Return *password* as every keyboard spells it: é may be one character or two."""
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")


def _secrets(connection: Connection, person: str) -> Row[Any] | None:
    if not person.isprintable():
        return None
    return connection.execute(select(FACTOR).where(FACTOR.c.person == person)).one_or_none()


def _of(person: str) -> Update:
    return update(FACTOR).where(FACTOR.c.person == person)
