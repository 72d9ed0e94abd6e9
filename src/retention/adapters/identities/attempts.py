"""Wrong answers in a row, kept so that a restart forgets none of them."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, and_, delete, func, insert, select

from retention.adapters.identities.tables import ATTEMPT
from retention.domain.lockout import locked_for
from retention.ports.identities import Check

PASSWORD: Final = "password"  # noqa: S105  # what was tried, not a password
CODE: Final = "code"
_NOBODY: Final = ""  # whoever is not there is counted in one row, so that it costs the same


def locked_until(connection: Connection, person: str) -> datetime | None:
    """Return until when *person* is locked, or was; None if never since the last right answer."""
    query = select(func.max(ATTEMPT.c.locked_until)).where(ATTEMPT.c.person == person)
    found = connection.scalar(query)
    return datetime.fromtimestamp(found / 1000, UTC) if found else None


def is_locked(connection: Connection, person: str, at: datetime) -> bool:
    """Tell whether *person* is locked at *at*."""
    until = locked_until(connection, person)
    return until is not None and at < until


def count_wrong(connection: Connection, person: str, what: str, at: datetime) -> Check:
    """Count a wrong answer of *person*, and lock if it was one too many."""
    wrong = _wrong(connection, person, what) + 1
    length = locked_for(wrong)
    until = 0 if length is None else int((at + length).timestamp() * 1000)
    _keep(connection, person, what, wrong, until)
    return Check.WRONG if length is None else Check.LOCKS


def count_for_nobody(connection: Connection, what: str) -> Check:
    """Do the work of :func:`count_wrong` where nothing counts: nobody there, disabled, locked."""
    _wrong(connection, _NOBODY, what)  # as much is asked as of anybody
    _keep(connection, _NOBODY, what, 0, 0)
    return Check.WRONG


def forget(connection: Connection, person: str, *whats: str) -> bool:
    """Forget what was counted for *person*; tell whether there was anything."""
    gone = delete(ATTEMPT).where(ATTEMPT.c.person == person, ATTEMPT.c.what.in_(whats))
    return connection.execute(gone).rowcount > 0


def _wrong(connection: Connection, person: str, what: str) -> int:
    query = select(ATTEMPT.c.wrong).where(ATTEMPT.c.person == person, ATTEMPT.c.what == what)
    return connection.scalar(query) or 0


def _keep(connection: Connection, person: str, what: str, wrong: int, until: int) -> None:
    here = and_(ATTEMPT.c.person == person, ATTEMPT.c.what == what)
    connection.execute(delete(ATTEMPT).where(here))
    row = {"person": person, "what": what, "wrong": wrong, "locked_until": until}
    connection.execute(insert(ATTEMPT), row)
