"""The catalogue: one row for each copy of each dataset, as the last good survey saw it."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "holding",
        sa.Column("agreement", sa.Text, primary_key=True),
        sa.Column("dataset", sa.Text, primary_key=True),
        sa.Column("place", sa.Text, primary_key=True),
        sa.Column("class_name", sa.Text, nullable=False),
        sa.Column("binding", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("versions", NUMBER, nullable=False),
        sa.Column("markers", NUMBER, nullable=False),
        sa.Column("uploads", NUMBER, nullable=False),
        sa.Column("size_bytes", NUMBER, nullable=False),
        sa.Column("oldest_at", sa.Text),
        sa.Column("newest_at", sa.Text),
        sa.Column("seen_at", sa.Text, nullable=False),
        sqlite_strict=True,
    )
