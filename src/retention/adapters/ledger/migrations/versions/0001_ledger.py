"""The ledger: entries, the nodes over them, checkpoints, and triggers that let nothing change.

Nothing here may ever be rebuilt: a later migration adds, and neither drops nor copies.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLES = ("entry", "node", "checkpoint")
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# What each new row must be.  A gap is refused, and with it REPLACE, which would otherwise remove
# a row without asking the trigger that forbids removal.
FITS = {
    "entry": """
        NEW."index" = (SELECT coalesce(max("index") + 1, 0) FROM entry)
        AND NEW.position =
            (SELECT coalesce(max(position) + 1, 0) FROM entry WHERE stream = NEW.stream)""",
    "node": "NEW.i = (SELECT coalesce(max(i) + 1, 0) FROM node WHERE level = NEW.level)",
    "checkpoint": """
        NEW.size > (SELECT coalesce(max(size), -1) FROM checkpoint)
        AND NEW.size <= (SELECT coalesce(max("index") + 1, 0) FROM entry)""",
}


def upgrade() -> None:
    """Make the tables, then the triggers."""
    _tables()
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        _postgres_refusal()
    for table in TABLES:
        (_sqlite_triggers if sqlite else _postgres_triggers)(table)


def _tables() -> None:
    op.create_table(
        "entry",
        sa.Column("index", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("stream", "position", name="entry_stream_position"),
        sa.CheckConstraint("length(leaf) = 32", name="entry_leaf_is_sha256"),
        sqlite_strict=True,
    )
    op.create_index("entry_kind", "entry", ["kind", "index"])
    op.create_table(
        "node",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("i", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("length(hash) = 32", name="node_hash_is_sha256"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
        sqlite_strict=True,
    )


def _sqlite_triggers(table: str) -> None:
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END"
        )
    op.execute(
        f"CREATE TRIGGER {table}_fits BEFORE INSERT ON {table} WHEN ({FITS[table]}) IS NOT TRUE "
        f"BEGIN SELECT raise(ABORT, 'the ledger has no gaps and no second versions'); END"
    )


def _postgres_refusal() -> None:
    op.execute(
        "CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
    )


def _postgres_triggers(table: str) -> None:
    op.execute(
        f"CREATE FUNCTION ledger_{table}_fits() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF ({FITS[table]}) IS NOT TRUE THEN "
        f"RAISE EXCEPTION 'the ledger has no gaps and no second versions'; "
        f"END IF; RETURN NEW; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_fits BEFORE INSERT ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION ledger_{table}_fits()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()"
    )
    for trigger in (f"{table}_fits", f"{table}_append_only"):
        # ALWAYS: they hold in a session that plays the replica, too.
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
