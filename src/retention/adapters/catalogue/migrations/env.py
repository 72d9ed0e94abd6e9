"""Where Alembic begins: the connection and the transaction are given."""

from retention.adapters.database import run_migrations

run_migrations()
