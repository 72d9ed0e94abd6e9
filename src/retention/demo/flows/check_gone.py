"""The flow as it is, with the demonstration's composition beneath it."""

from flows.check_gone import check_gone as check_gone  # noqa: PLC0414  # named for the deployment
from retention.demo.composition import install

install()
