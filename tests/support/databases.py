"""A fresh database of each kind, to run one suite on all of them."""

import pytest

MEMORY = "memory"
SQLITE = "sqlite"
POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)


def fresh_url(request, tmp_path):
    """Return the URL of a new and empty database of the kind in ``request.param``."""
    if request.param == "postgres":
        return request.getfixturevalue("postgres_url")()
    return f"sqlite:///{tmp_path}/fresh.db"


def migrated_twice(migrate, url):
    """Migrate, and again, for that must change nothing."""
    migrate(url)
    migrate(url)
    return url
