"""The rows of an inventory as DuckDB reads them, with one name and one type for each column.

Statements are put together here from words of our own and the paths of our own files: no value
of a row, of a manifest or of a place is ever part of one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from retention.adapters.s3.inventory.manifest import unreliable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TEXTS = frozenset({"VARCHAR"})
_FLAGS = frozenset({"BOOLEAN"})
_NUMBERS = frozenset({"BIGINT", "INTEGER", "UBIGINT", "UINTEGER"})
_INSTANTS = frozenset(
    {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"}
)
# What the columns of a Parquet file may be: old and new writers annotate instants differently.
_TYPES: Final = {
    "bucket": _TEXTS,
    "key": _TEXTS,
    "version_id": _TEXTS,
    "is_latest": _FLAGS,
    "is_delete_marker": _FLAGS,
    "size": _NUMBERS,
    "last_modified_date": _INSTANTS,
    "e_tag": _TEXTS,
    "storage_class": _TEXTS,
    "checksum_algorithm": _TEXTS | {"VARCHAR[]"},
    "encryption_status": _TEXTS,
    "object_lock_retain_until_date": _INSTANTS,
    "object_lock_mode": _TEXTS,
    "object_lock_legal_hold_status": _TEXTS,
}
# What a row is called here, the column it comes from, and its kind where an inventory lacks that.
_ROWS: Final = (
    ("bucket", "bucket", "VARCHAR"),
    ("key", "key", "VARCHAR"),
    ("version_id", "version_id", "VARCHAR"),
    ("is_marker", "is_delete_marker", "BOOLEAN"),
    ("size", "size", "BIGINT"),
    ("modified", "last_modified_date", "TIMESTAMPTZ"),
    ("etag", "e_tag", "VARCHAR"),
    ("class", "storage_class", "VARCHAR"),
    ("checksum", "checksum_algorithm", "VARCHAR"),  # or a list, which Sums makes text of
    ("encryption", "encryption_status", "VARCHAR"),
    ("until", "object_lock_retain_until_date", "TIMESTAMPTZ"),
    ("lock", "object_lock_mode", "VARCHAR"),
    ("held", "object_lock_legal_hold_status", "VARCHAR"),
)
_PARQUET = "read_parquet(<files>, hive_partitioning = false, binary_as_string = true)"
_CSV = """read_csv(
    <files>, columns = {<columns>}, header = false, auto_detect = false, compression = 'gzip',
    delim = ',', quote = '"', escape = '"', strict_mode = true, null_padding = false
)"""
_REWRITE = "COPY (SELECT <typed> FROM <csv>) TO <file> (FORMAT parquet, COMPRESSION snappy)"
_TYPED = {
    _TEXTS: "<column>",
    _FLAGS: "CAST(<column> AS BOOLEAN)",
    _NUMBERS: "CAST(<column> AS BIGINT)",
    _INSTANTS: "CAST(<column> AS TIMESTAMPTZ)",
}


def rewrite(engine: "DuckDBPyConnection", csv: Path, parquet: Path, columns: Sequence[str]) -> None:
    """Write the rows of *csv*, which has these *columns*, to *parquet*, and check how many it has.

    Keys are decoded: S3 writes them in CSV as it does for ``encoding-type=url``, a space as ``+``.
    """
    names = [name or f"unread_{number}" for number, name in enumerate(columns)]
    typed = [f"{_typed(name)} AS {name}" for name in columns if name]
    source = _CSV.replace("<files>", _texts([str(csv)]))
    source = source.replace("<columns>", ", ".join(f"'{name}': 'VARCHAR'" for name in names))
    text = _REWRITE.replace("<typed>", ", ".join(typed)).replace("<csv>", source)
    engine.execute(text.replace("<file>", _text(str(parquet))))


def _typed(name: str) -> str:
    if name == "key":
        return "url_decode(replace(key, '+', ' '))"
    kind = next(kind for kind in _TYPED if kind <= _TYPES[name])
    return _TYPED[kind].replace("<column>", name)


def check_columns(engine: "DuckDBPyConnection", parquet: Path, columns: Sequence[str]) -> None:
    """Raise StoreError unless the file has the *columns* that its manifest names."""
    source = _PARQUET.replace("<files>", _texts([str(parquet)]))
    rows = engine.execute(f"DESCRIBE FROM {source}").fetchall()
    found = {name: kind for name, kind, *_ in rows}
    for name in columns:
        if name and found.get(name) not in _TYPES[name]:
            raise unreliable(f"a file has no column {name} such as its manifest says")


def show(engine: "DuckDBPyConnection", parquets: Sequence[Path], columns: Sequence[str]) -> None:
    """Let the view ``rows`` show the rows of *parquets*, which have these *columns*."""
    selected = [
        f"{column if column in columns else f'CAST(NULL AS {kind})'} AS {name}"
        for name, column, kind in _ROWS
    ]
    source = _PARQUET.replace("<files>", _texts([str(each) for each in parquets]))
    view = f"CREATE OR REPLACE TEMP VIEW rows AS FROM {source} SELECT "
    engine.execute(view + ", ".join(selected))


def _texts(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _text(value: str) -> str:
    quoted = value.replace("'", "''")
    return f"'{quoted}'"
