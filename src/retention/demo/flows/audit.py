"""The flow as it is, with the demonstration's composition beneath it."""

from flows.audit import audit as audit  # noqa: PLC0414  # named for the deployment
from retention.demo.composition import install

install()
