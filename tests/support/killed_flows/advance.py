from tests.support.killed_flows import install

install()
from flows.advance import advance as advance  # noqa: E402, PLC0414  # once it is in a hurry
