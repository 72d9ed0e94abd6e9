"""What our databases share: one writer at a time, bounded waiting, errors in our words.

SQLite in a file by default, PostgreSQL by ``postgresql+psycopg://``.  Each database has migrations
of its own beside its adapter, and a version table of its own, in case two share a server.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Self

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from retention.errors import (
    AgreementError,
    EvidenceError,
    RetentionError,
    StoreRefusedError,
    StoreUnavailableError,
)

LOCK_TIMEOUT_S = 60  # how long a writer waits for the one before it
CONNECT_TIMEOUT_S = 10
WAL_AGAIN_S = 0.02
DRIVERS = ("sqlite", "postgresql+psycopg")

_REFUSES = {"SQLITE_ERROR", "SQLITE_READONLY"}  # among what SQLite calls operational errors
_DAMAGED = {"SQLITE_CORRUPT", "SQLITE_NOTADB"}


class Database:
    """One database: connections to read from and to write through, and its migrations.

    *name* is a word such as ``ledger``: it stands in messages, and names the writers' lock.
    *damaged* is what to raise when the file of the database is no longer whole.
    Raises AgreementError for a URL that names no database we can use.
    """

    def __init__(
        self, url: str, *, name: str, damaged: type[EvidenceError] = EvidenceError
    ) -> None:
        self.name, self._damaged = name, damaged
        self._engine = _engine(url, name)
        # Any number does, as long as all writers of this database, and nobody else, take it.
        digest = hashlib.sha256(f"retention/{name}".encode()).digest()
        self._lock = int.from_bytes(digest[:8], "big", signed=True)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection whose reads all see one and the same moment."""
        with self._in_our_words(), self._engine.connect() as connection:
            if not self.is_sqlite:  # SQLite's transactions are snapshots already
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection that writes alone among all processes; all of it is kept, or none."""
        with self._in_our_words(), self._engine.connect() as connection:
            connection.execution_options(begin="BEGIN IMMEDIATE")
            with connection.begin():
                if not self.is_sqlite:
                    connection.execute(select(func.pg_advisory_xact_lock(self._lock)))
                yield connection

    def migrate(self, folder: Path) -> None:
        """Bring the tables to the newest of the migrations in *folder*.

        Safe to run again, and from several processes at once.
        """
        if self.is_sqlite:
            self._make_file()
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        with self.writing() as connection:
            config.attributes.update(connection=connection, table=f"{self.name}_version")
            command.upgrade(config, "head")

    def require_whole(self, connection: Connection) -> None:
        """Raise *damaged* if tables and indexes disagree; PostgreSQL has tools of its own."""
        if self.is_sqlite and connection.exec_driver_sql("PRAGMA integrity_check").scalar() != "ok":
            raise self._no_longer_whole()

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite and not PostgreSQL: they sort and fetch in ways of their own."""
        return self._engine.dialect.name == "sqlite"

    def _make_file(self) -> None:
        try:
            Path(str(self._engine.url.database)).touch(mode=0o600)  # for us alone from the start
        except OSError as error:
            raise StoreRefusedError(
                f"the file of the {self.name} cannot be made",
                hint="make its folder, and let this account write to it",
            ) from error

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, PoolTimeoutError) as error:
            raise self._translated(error) from error

    def _translated(self, error: DBAPIError | PoolTimeoutError) -> RetentionError:
        code = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
        if code in _DAMAGED:
            return self._no_longer_whole()
        if isinstance(error, (OperationalError, PoolTimeoutError)) and code not in _REFUSES:
            return StoreUnavailableError(
                f"the database of the {self.name} cannot be reached, or is busy",
                hint="see that it runs and that its disk is not full, then try again",
            )
        return StoreRefusedError(
            f"the database of the {self.name} refuses",
            hint="bring its tables up to date (`retention init`), and see what this login may do",
        )

    def _no_longer_whole(self) -> EvidenceError:
        return self._damaged(
            f"the database file of the {self.name} is damaged",
            hint="keep it as it is, and restore from a backup",
        )


class Adapter:
    """Something over one database, to be closed after use."""

    def __init__(
        self, url: str, *, name: str, damaged: type[EvidenceError] = EvidenceError
    ) -> None:
        self._database = Database(url, name=name, damaged=damaged)

    def __enter__(self) -> Self:
        """Use it in a ``with``."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it at the end of a ``with``."""
        self.close()

    def close(self) -> None:
        """Give back every connection."""
        self._database.close()


def migrate(url: str, *, name: str, folder: Path) -> None:
    """Bring the database *name* at *url* to the newest of the migrations in *folder*."""
    database = Database(url, name=name)
    try:
        database.migrate(folder)
    finally:
        database.close()


def run_migrations() -> None:
    """Run what Alembic asks for, in the transaction of :meth:`Database.migrate`."""
    given = context.config.attributes
    context.configure(
        connection=given["connection"], version_table=given["table"], transactional_ddl=True
    )
    with context.begin_transaction():
        context.run_migrations()


def _engine(url: str, name: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if (
        parsed is None
        or parsed.drivername not in DRIVERS
        or parsed.database in {None, "", ":memory:"}
    ):
        raise AgreementError(
            f"the URL of the {name} names no database that can be used",
            hint="write sqlite:////folder/file.db or postgresql+psycopg://user@host/database",
        )
    # Parameters stay out of what SQLAlchemy says: they may be somebody's words.
    if parsed.drivername == "sqlite":
        engine = create_engine(
            parsed, hide_parameters=True, connect_args={"timeout": LOCK_TIMEOUT_S}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "options": f"-c lock_timeout={LOCK_TIMEOUT_S}s",
    }
    return create_engine(
        parsed,
        hide_parameters=True,
        pool_pre_ping=True,
        isolation_level="READ COMMITTED",  # who waited for the lock must see what was written
        connect_args=options,
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would begin by itself, and too weakly
    # A damaged byte must come out as it is, so that an audit can name the row.
    connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
    _to_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")


def _to_wal(connection: Any) -> None:
    """Switch to WAL: once for a file, but several may meet there, and SQLite does not wait then."""
    until = monotonic() + LOCK_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if monotonic() > until:
                raise
            sleep(WAL_AGAIN_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))
