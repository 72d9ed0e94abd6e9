"""The composition root: here ports meet adapters, and environment and clock are read.

A process composes once.  An entry point may install a composition of its own (the demonstration
does, with a clock that steps); what is composed here has the real clock and cannot have another.
"""

from retention.wiring.composition import Composition, SystemClock
from retention.wiring.process import (
    POOLS,
    asking,
    compose,
    disposal_tasks,
    environment,
    gate_ports,
    install,
    services,
)

__all__ = [
    "POOLS",
    "Composition",
    "SystemClock",
    "asking",
    "compose",
    "disposal_tasks",
    "environment",
    "gate_ports",
    "install",
    "services",
]
