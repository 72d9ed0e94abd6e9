"""What must not be forgotten at a restart: wrong answers in a row, and one-time codes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the generation of a login, and two tables."""
    op.add_column(
        "account", sa.Column("generation", sa.Integer, nullable=False, server_default="1")
    )
    op.create_table(
        "attempt",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("what", sa.Text, primary_key=True),
        sa.Column("wrong", sa.Integer, nullable=False),
        sa.Column("locked_until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "factor",
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("pending", sa.Text, nullable=False),
        sa.Column("last_step", sa.BigInteger, nullable=False),
    )
