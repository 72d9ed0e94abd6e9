"""What every process of the demonstration composes: folder, stepped clock, invented policies."""

from collections.abc import Mapping
from pathlib import Path

from retention import wiring
from retention.demo.clock import SteppedClock
from retention.errors import RefusedError
from retention.settings import Settings

FOLDER = "RETENTION_DEMO_FOLDER"


def compose(environment: Mapping[str, str]) -> wiring.Composition:
    """Return the composition of the demonstration whose folder the environment names.

    Raises RefusedError over agreements that are not a demonstration's: a stepped clock would
    make real data due.
    """
    folder = Path(environment[FOLDER])
    settings = Settings.read(environment, folder)
    work = wiring.Composition(settings, SteppedClock(wiring.SystemClock(), folder / "clock"))
    if not work.library.engine().demonstration:
        raise RefusedError(
            "these agreements are not a demonstration's", hint="the demo runs on policies/demo"
        )
    return work


def install() -> None:
    """Give this process the demonstration's composition."""
    wiring.install(compose(wiring.environment()))
