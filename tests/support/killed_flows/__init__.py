"""The flows as they are, on the composition of a folder that a test made, in a hurry."""

from retention import wiring
from tests.support.composed import be_quick, compose


def install() -> None:
    """Give this process the composition of the folder that its environment names."""
    be_quick()
    wiring.install(compose(wiring.environment()))
