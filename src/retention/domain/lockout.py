"""How long a login is refused after wrong passwords: a table that grows, and ends growing.

Guessing is slowed down, and nobody is kept out for a day by somebody else's guesses.
Source: NIST SP 800-63B-4 (2025), section 3.2.2, on the limit of consecutive failed attempts.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

WRONG_MAX: Final = 5  # in a row; the last of them locks
MINUTES: Final[Sequence[int]] = (1, 2, 4, 8, 15)  # the first time, the second, ... and then on


def locked_for(wrong: int) -> timedelta | None:
    """Return for how long the *wrong*th wrong answer in a row locks, or None if it does not.

    What is tried while a login is locked is not counted, so that each row is a lock of its own.
    """
    if wrong < WRONG_MAX or wrong % WRONG_MAX:
        return None
    nth = wrong // WRONG_MAX - 1
    return timedelta(minutes=MINUTES[min(nth, len(MINUTES) - 1)])
