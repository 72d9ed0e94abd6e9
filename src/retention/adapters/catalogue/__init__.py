"""What the last good survey saw, in SQLite or PostgreSQL."""

from retention.adapters.catalogue.catalogue import SqlCatalogue, migrate

__all__ = ["SqlCatalogue", "migrate"]
