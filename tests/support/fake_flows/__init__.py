"""The flows as they are, with the composition of the tests beneath them."""

from retention import wiring
from tests.support import fake_work


def install() -> None:
    wiring.install(fake_work.from_environment())
