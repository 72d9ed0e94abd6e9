"""Waiting in bounded time for something that another process does."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import TypeVar

from retention.domain.entry import Record

GATE_WITHIN_S = 10.0  # the gate writes its record as soon as Prefect took the answer
LOOK_EVERY_S = 0.25

T = TypeVar("T")


def patiently(
    look: Callable[[], T | None], *, within_s: float, every_s: float = LOOK_EVERY_S
) -> T | None:
    """Look until there is something, or *within_s* seconds are over; look at least once."""
    until = monotonic() + within_s
    while (found := look()) is None and monotonic() < until:
        sleep(every_s)
    return found


def for_the_gate(look: Callable[[], Record | None]) -> Record | None:
    """Wait for the record of an answer that Prefect has taken."""
    return patiently(look, within_s=GATE_WITHIN_S)


def seconds(many: float) -> None:
    """Sleep: what is waited for is another process."""
    sleep(many)
