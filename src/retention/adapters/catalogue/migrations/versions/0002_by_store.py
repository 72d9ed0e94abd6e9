"""The catalogue by store: what each last good survey saw, and what surveys at work have kept.

What stood by agreement stays, of no store, until the next survey of its place replaces it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
COUNTS = ("versions", "markers", "uploads", "size_bytes")
COPY = ("class_name", "binding", "kind")


def upgrade() -> None:
    """Make the tables anew, and carry over what stood."""
    op.rename_table("holding", "holding_by_agreement")
    _table(
        "holding",
        ("store", "agreement", "dataset", "place"),
        (*COPY, *COUNTS, "oldest_at?", "newest_at?", "seen_at", "source", "traits_text"),
    )
    old = ", ".join(
        ("agreement", "dataset", "place", *COPY, *COUNTS, "oldest_at", "newest_at", "seen_at")
    )
    op.execute(
        f"INSERT INTO holding (store, source, traits_text, {old})"  # noqa: S608  # our own names
        f" SELECT '', 'listing', '{{}}', {old} FROM holding_by_agreement"
    )
    op.drop_table("holding_by_agreement")
    totals = (*COUNTS, "oldest_at?", "newest_at?", "traits_text")
    folder = ("under", "folder", "why")
    _table("stray", ("store", *folder), (*totals, "first_seen_at", "surveys"))
    _table(
        "survey",
        ("store",),
        (
            "place",
            "source",
            "began_at",
            "ended_at",
            "as_of",
            "digest",
            "terms",
            *COUNTS,
            "stray_rows",
        ),
    )
    _table("run", ("store",), ("id", "source", "terms", "began_at", "holder", "beat_at?"))
    _table("span", ("run", "number"), ("sealed",))
    _table("part", ("run", "agreement", "dataset", "place", "number"), (*COPY, *totals))
    _table("stray_part", ("run", *folder, "number"), totals)
    _table("noticed", ("kind", "subject"), ("since",))


def _table(name: str, key: tuple[str, ...], others: tuple[str, ...]) -> None:
    op.create_table(
        name,
        *(sa.Column(each, _kind(each), primary_key=True) for each in key),
        *(sa.Column(each.rstrip("?"), _kind(each), nullable="?" in each) for each in others),
        sqlite_strict=True,
    )


def _kind(name: str) -> "sa.types.TypeEngine[int] | sa.types.TypeEngine[str]":
    numbers = {*COUNTS, "stray_rows", "surveys", "number"}
    return NUMBER if name in numbers else sa.Text()
