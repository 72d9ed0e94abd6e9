"""Which tests stay in one process when several run them: those of a module, and of one server.

A server is started once for each process that asks for it, and tests of a module may build on each
other: so all modules that ask for a server are in one process.  Whoever hands tests out has not
collected them: what a module asks for is read from its text.
"""

import re
from functools import cache
from pathlib import Path

import pytest

SERVERS = ("ceph", "stage", "postgres_url", "moto")  # fixtures of a session


@cache
def group_of(module: Path) -> str:
    """Return the name under which the tests of *module* stay together."""
    words = set(re.findall(r"\w+", module.read_text("utf-8"))) if module.is_file() else set()
    return next((name for name in SERVERS if name in words), str(module))


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class ByServer(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return group_of(config.rootpath / nodeid.partition("::")[0])

    return ByServer(config, log)
