"""What the ledger says of the agreements that came into force: read without any key."""

from sqlalchemy import select

from retention.adapters import database
from retention.adapters.ledger.rows import ENTRY, record_of
from retention.domain.entry import Entry
from retention.errors import LedgerBrokenError


def recorded_versions(url: str) -> dict[tuple[str, int], str]:
    """Return the digest with which each version came into force, by reference and version.

    Raises StoreError if there is no ledger at *url*, or it cannot be reached.
    """
    query = select(ENTRY).where(ENTRY.c.kind == Entry.AGREEMENT).order_by(ENTRY.c.index)
    opened = database.Database(url, name="ledger", damaged=LedgerBrokenError)
    try:
        with opened.reading() as connection:
            records = [record_of(row) for row in connection.execute(query).mappings()]
    finally:
        opened.close()
    first: dict[tuple[str, int], str] = {}
    for r in records:
        first.setdefault((r.text("agreement"), r.number("version")), r.text("digest"))
    return first
