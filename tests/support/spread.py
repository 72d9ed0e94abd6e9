"""Which tests stay in one process when several run them: those of a module, and of one server.

A server is started once for each process that asks for it, and tests of a module may build on each
other: so all modules that ask for a server are in one process.
"""

import pytest

SERVERS = ("ceph", "stage", "postgres_url", "moto")  # fixtures of a session


def pytest_collection_modifyitems(items) -> None:
    asked: dict[str, set[str]] = {}
    for item in items:
        asked.setdefault(str(item.path), set()).update(getattr(item, "fixturenames", ()))
    for item in items:
        servers = [name for name in SERVERS if name in asked[str(item.path)]]
        item.add_marker(pytest.mark.xdist_group((*servers, item.path.name)[0]))
