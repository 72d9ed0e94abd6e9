from tests.support.killed_flows import install

install()
from flows.dispose import dispose as dispose  # noqa: E402, PLC0414  # once it is in a hurry
