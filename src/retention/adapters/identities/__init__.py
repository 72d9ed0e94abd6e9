"""Who may log in, in SQLite or PostgreSQL."""

from retention.adapters.identities.identities import SqlIdentities, migrate

__all__ = ["SqlIdentities", "migrate"]
