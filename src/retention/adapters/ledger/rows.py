"""The tables of the ledger, and what a row must be to be believed."""

import json
from typing import Any

from sqlalchemy import (
    BigInteger,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from retention.domain.calendar import instant, stamp
from retention.domain.canonical import canonical
from retention.domain.entry import Entry as EntryKind
from retention.domain.entry import Record
from retention.domain.merkle import leaf_hash
from retention.errors import EvidenceError, LedgerBrokenError

Number = BigInteger().with_variant(Integer, "sqlite")  # the one whole number of a STRICT table


class LedgerTable(SQLModel):
    """Tables of the ledger and of no other database."""

    metadata = MetaData()


class Entry(LedgerTable, table=True):
    """One entry; *facts* is canonical JSON and *leaf* the hash that the tree commits to."""

    __table_args__ = (
        UniqueConstraint("stream", "position", name="entry_stream_position"),
        Index("entry_kind", "kind", "index"),
    )

    index: int = Field(primary_key=True, sa_type=Number, sa_column_kwargs={"autoincrement": False})
    stream: str = Field(sa_type=Text)
    position: int = Field(sa_type=Number)
    at: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    facts: str = Field(sa_type=Text)
    leaf: bytes = Field(sa_type=LargeBinary)


class Node(LedgerTable, table=True):
    """The root of one complete subtree: 2**level entries, the *i*-th of that size."""

    level: int = Field(primary_key=True, sa_type=Integer)
    i: int = Field(primary_key=True, sa_type=Number, sa_column_kwargs={"autoincrement": False})
    hash: bytes = Field(sa_type=LargeBinary)


class Checkpoint(LedgerTable, table=True):
    """A signed note over the first *size* entries."""

    size: int = Field(primary_key=True, sa_type=Number, sa_column_kwargs={"autoincrement": False})
    note: str = Field(sa_type=Text)


ENTRY = LedgerTable.metadata.tables["entry"]
NODE = LedgerTable.metadata.tables["node"]
CHECKPOINT = LedgerTable.metadata.tables["checkpoint"]


def row_of(record: Record) -> dict[str, Any]:
    """Return the columns of *record*, each in its one spelling."""
    return {
        "index": record.index,
        "stream": record.stream,
        "position": record.position,
        "at": stamp(record.at),
        "kind": record.kind.value,
        "facts": canonical(record.facts).decode(),
        "leaf": leaf_hash(record.leaf()),
    }


def is_sound(row: RowMapping) -> bool:
    """Tell whether the columns of *row* are, byte for byte, what its leaf commits to."""
    try:
        facts = json.loads(row["facts"])
        said = canonical(
            {
                "at": row["at"],
                "facts": facts,
                "index": row["index"],
                "kind": row["kind"],
                "position": row["position"],
                "stream": row["stream"],
            }
        )
        facts_as_written: bytes = row["facts"].encode()
        leaf: bytes = row["leaf"]
        return canonical(facts) == facts_as_written and leaf_hash(said) == leaf
    except (ValueError, TypeError, RecursionError):  # no JSON, no UTF-8, no spelling of its own
        return False


def record_of(row: RowMapping) -> Record:
    """Return the record in *row*.

    Raises LedgerBrokenError if it was altered: what does not prove itself is not acted on.
    """
    if not is_sound(row):
        raise broken(row["index"], "is not what its leaf says")
    try:
        kind = EntryKind(row["kind"])
    except ValueError:
        raise EvidenceError(
            f"entry {row['index']} is of a kind that this version does not know",
            hint="a newer version of the program wrote it: use that one",
        ) from None
    facts = json.loads(row["facts"])
    return Record(row["index"], row["stream"], row["position"], instant(row["at"]), kind, facts)


def broken(index: int, what: str) -> LedgerBrokenError:
    """Return the error that names entry *index* and says *what* is wrong with it."""
    return LedgerBrokenError(
        f"entry {index} {what}",
        hint="stop all disposals, keep this file as it is, and restore from a backup that audits",
    )
