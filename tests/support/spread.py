"""Which tests stay in one process when several run them: those that share a server, or a module.

A server is started once for each process that asks for it; so each has all of its tests in one.
"""

import pytest

SERVERS = ("ceph", "stage", "postgres_url", "moto")  # fixtures of a session


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        asked = getattr(item, "fixturenames", ())
        group = next((name for name in SERVERS if name in asked), item.path.name)
        item.add_marker(pytest.mark.xdist_group(group))
