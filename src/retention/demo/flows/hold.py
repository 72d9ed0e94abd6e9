"""The flow as it is, with the demonstration's composition beneath it."""

from flows.hold import hold as hold  # noqa: PLC0414  # named for the deployment
from retention.demo.composition import install

install()
