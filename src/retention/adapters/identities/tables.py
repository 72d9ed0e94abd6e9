"""The tables of the identities, and how a row is found."""

from sqlalchemy import BigInteger, Connection, MetaData, Text, select
from sqlmodel import Field, SQLModel

from retention.errors import RefusedError


class IdentitiesTable(SQLModel):
    """Tables of the identities and of no other database."""

    metadata = MetaData()


class AccountRow(IdentitiesTable, table=True):
    """A login; *generation* grows with each new password and when it is disabled."""

    __tablename__ = "account"

    person: str = Field(primary_key=True, sa_type=Text)
    password_hash: str = Field(sa_type=Text)
    disabled: bool
    generation: int = Field(default=1, sa_column_kwargs={"server_default": "1"})


class AttemptRow(IdentitiesTable, table=True):
    """Wrong passwords or codes in a row; *locked_until* in milliseconds since 1970, 0 for never."""

    __tablename__ = "attempt"

    person: str = Field(primary_key=True, sa_type=Text)
    what: str = Field(primary_key=True, sa_type=Text)
    wrong: int
    locked_until: int = Field(sa_type=BigInteger)


class FactorRow(IdentitiesTable, table=True):
    """Secrets of one-time codes in base 32, "" for none; the last step whose code was spent."""

    __tablename__ = "factor"

    person: str = Field(primary_key=True, sa_type=Text)
    secret: str = Field(sa_type=Text)
    pending: str = Field(sa_type=Text)
    last_step: int = Field(sa_type=BigInteger)


ACCOUNT = IdentitiesTable.metadata.tables["account"]
ATTEMPT = IdentitiesTable.metadata.tables["attempt"]
FACTOR = IdentitiesTable.metadata.tables["factor"]


def find(connection: Connection, person: str) -> AccountRow | None:
    """Return the login of *person*, or None."""
    if not person.isprintable():
        return None  # not every database can even be asked
    query = select(ACCOUNT).where(ACCOUNT.c.person == person)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else AccountRow(**row)


def require(connection: Connection, person: str) -> AccountRow:
    """Return the login of *person*; RefusedError if there is none."""
    if (found := find(connection, person)) is None:
        raise RefusedError(
            "there is no such person among those who log in by password",
            hint="`retention people list` shows who does; `people add` lets somebody in",
        )
    return found
