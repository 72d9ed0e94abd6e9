"""The catalogue in SQLite or PostgreSQL."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from itertools import starmap
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Integer, MetaData, Text, collate, delete, insert, select
from sqlmodel import Field, SQLModel

from retention.adapters import database
from retention.domain.canonical import canonical
from retention.ports.catalogue import Holding

NAME = "catalogue"
MIGRATIONS = Path(__file__).with_name("migrations")

Number = BigInteger().with_variant(Integer, "sqlite")  # the one whole number of a STRICT table


class CatalogueTable(SQLModel):
    """Tables of the catalogue and of no other database."""

    metadata = MetaData()


class HoldingRow(CatalogueTable, table=True):
    """A holding; *binding* is canonical JSON, instants are ISO 8601 in UTC."""

    __tablename__ = "holding"

    agreement: str = Field(primary_key=True, sa_type=Text)
    dataset: str = Field(primary_key=True, sa_type=Text)
    place: str = Field(primary_key=True, sa_type=Text)
    class_name: str = Field(sa_type=Text)
    binding: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    versions: int = Field(sa_type=Number)
    markers: int = Field(sa_type=Number)
    uploads: int = Field(sa_type=Number)
    size_bytes: int = Field(sa_type=Number)
    oldest_at: str | None = Field(sa_type=Text)
    newest_at: str | None = Field(sa_type=Text)
    seen_at: str = Field(sa_type=Text)


HOLDING = CatalogueTable.metadata.tables["holding"]
PAGE = 2000  # rows that are fetched at a time
_COLUMNS = [HOLDING.c[each.name] for each in fields(Holding)]


def migrate(url: str) -> None:
    """Bring the catalogue's tables at *url* to their newest form; safe to run again."""
    database.migrate(url, name=NAME, folder=MIGRATIONS)


class SqlCatalogue(database.Adapter):
    """A :class:`retention.ports.catalogue.Catalogue` at a database URL; migrate it first."""

    def __init__(self, url: str) -> None:
        super().__init__(url, name=NAME)

    def replace(self, agreement: str, holdings: Iterable[Holding]) -> None:
        """Bring one agreement to date, as a whole or not at all.

        *holdings* is read to its end before anything is written, so that a survey that breaks off
        changes nothing.  Raises ValueError for a holding of another agreement, or one given twice.
        """
        rows: dict[tuple[str, str], dict[str, Any]] = {}
        for holding in holdings:
            if holding.agreement != agreement or (holding.dataset, holding.place) in rows:
                raise ValueError("a holding is of another agreement, or was given twice")
            rows[holding.dataset, holding.place] = _row_of(holding)
        with self._database.writing() as connection:
            connection.execute(delete(HOLDING).where(HOLDING.c.agreement == agreement))
            if rows:
                connection.execute(insert(HOLDING), list(rows.values()))

    def holdings(self, agreement: str | None = None) -> Iterator[Holding]:
        """Yield the holdings of one agreement or of all, sorted by dataset and place.

        One moment is read, in memory that does not grow with the number of rows.
        """
        binary = "BINARY" if self._database.is_sqlite else "C"  # by code points, in any locale
        query = select(*_COLUMNS).order_by(
            collate(HOLDING.c.dataset, binary), collate(HOLDING.c.place, binary)
        )
        if agreement is not None:
            query = query.where(HOLDING.c.agreement == agreement)
        with self._database.reading() as connection:
            rows = connection.execute(query, execution_options={"yield_per": PAGE})
            yield from starmap(_holding_of, rows)


def _row_of(holding: Holding) -> dict[str, Any]:
    row = {each.name: getattr(holding, each.name) for each in fields(holding)}
    row["binding"] = canonical(holding.binding).decode()
    for name in ("oldest_at", "newest_at", "seen_at"):
        row[name] = _text(row[name])
    return row


def _holding_of(
    dataset: str, agreement: str, class_name: str, binding: str, kind: str, place: str,
    versions: int, markers: int, uploads: int, size_bytes: int,
    oldest_at: str | None, newest_at: str | None, seen_at: str,
) -> Holding:  # fmt: skip
    return Holding(
        dataset, agreement, class_name, _binding(binding), kind, place,
        versions, markers, uploads, size_bytes,
        None if oldest_at is None else datetime.fromisoformat(oldest_at),
        None if newest_at is None else datetime.fromisoformat(newest_at),
        datetime.fromisoformat(seen_at),
    )  # fmt: skip


@lru_cache(maxsize=4096)  # the copies of one dataset follow one another, and bindings recur
def _binding(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in json.loads(text))


def _text(at: datetime | None) -> str | None:
    if at is None:
        return None
    if at.tzinfo is None:
        raise ValueError("an instant without a zone cannot be written down")
    return at.astimezone(UTC).isoformat()
