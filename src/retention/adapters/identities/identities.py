"""Who may log in, in SQLite or PostgreSQL; passwords as Argon2id hashes.

Source: RFC 9106 for the hash; RFC 8265, section 4.2, for the one spelling of a password.
"""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, MetaData, Text, func, insert, select, update
from sqlmodel import Field, SQLModel

from retention.adapters import database
from retention.errors import AnswerError, RefusedError
from retention.ports.identities import Account

NAME = "identities"
MIGRATIONS = Path(__file__).with_name("migrations")

LENGTH_MIN = 12
LENGTH_MAX = 1024  # characters; hashing more would be work for nothing


class IdentitiesTable(SQLModel):
    """Tables of the identities and of no other database."""

    metadata = MetaData()


class AccountRow(IdentitiesTable, table=True):
    """A login."""

    __tablename__ = "account"

    person: str = Field(primary_key=True, sa_type=Text)
    password_hash: str = Field(sa_type=Text)
    disabled: bool


ACCOUNT = IdentitiesTable.metadata.tables["account"]


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
            if _find(connection, person) is not None:
                raise RefusedError(
                    "this person is there already", hint="to set a new password, reset it"
                )
            connection.execute(insert(ACCOUNT), row)

    def passwd(self, person: str, password: str) -> None:
        """Set a new password; RefusedError if the person is not there, or is disabled."""
        values = {"password_hash": self._hash(password)}
        with self._database.writing() as connection:
            if _require(connection, person).disabled:
                raise RefusedError(
                    "this person was disabled, and that is for good",
                    hint="someone who comes back gets an account of a new name",
                )
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.person == person).values(values))

    def disable(self, person: str) -> None:
        """Disable a person for good; safe to run again."""
        with self._database.writing() as connection:
            _require(connection, person)
            disabled = update(ACCOUNT).where(ACCOUNT.c.person == person).values(disabled=True)
            connection.execute(disabled)

    def knows(self, person: str, password: str) -> bool:
        """Tell whether this is the password of an enabled person, in the same time for anyone."""
        with self._database.reading() as connection:
            found = _find(connection, person)
        kept = self._nobody if found is None else found.password_hash
        right = self._is_right(kept, password[:LENGTH_MAX]) and len(password) <= LENGTH_MAX
        return right and found is not None and not found.disabled

    def accounts(self) -> Sequence[Account]:
        """Return all accounts, sorted by person."""
        with self._database.reading() as connection:
            rows = connection.execute(select(ACCOUNT.c.person, ACCOUNT.c.disabled)).all()
        return sorted((Account(*row) for row in rows), key=lambda account: account.person)

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


def _find(connection: Connection, person: str) -> AccountRow | None:
    if not person.isprintable():
        return None  # not every database can even be asked
    query = select(ACCOUNT).where(ACCOUNT.c.person == person)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else AccountRow(**row)


def _require(connection: Connection, person: str) -> AccountRow:
    if (found := _find(connection, person)) is None:
        raise RefusedError("there is no such person", hint="see `retention people` for who is")
    return found
