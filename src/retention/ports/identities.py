"""Who may log in: mutable credentials, in a database of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Account:
    """A login; roles stand in people.toml and not here."""

    person: str
    disabled: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What may have changed since somebody proved who they are.

    *generation* grows with each new password and when one is disabled; it is 0 for a person
    without an account, who may still come by a proxy.
    """

    generation: int
    disabled: bool = False
    locked_until: datetime | None = None  # after wrong answers; it may be past
    factor: bool = False  # whether one-time codes were set up, and one of them confirmed


class Check(Enum):
    """What an answer was worth."""

    RIGHT = auto()
    WRONG = auto()  # or locked: whoever asks is not told which
    LOCKS = auto()  # wrong, and from now on this login is refused for a while
    USED = auto()  # a code that was right, and was spent before


class Identities(Protocol):
    """People's passwords and one-time codes.

    Laws: a password is checked in the same time whether or not the person exists, is disabled or
    is locked; a disabled person's password is never right, nor is anybody's while locked; wrong
    answers in a row lock for the times of ``domain.lockout`` and a right one ends the row; what
    was counted is kept, but nothing is kept for people who are not there; a code is right once;
    the plain password is never kept.
    """

    def add(self, person: str, password: str, *, first: bool = False) -> None:
        """Add a person; RefusedError if already there.

        *first* succeeds only on an empty database.  A password is at least 12 characters long.
        """
        ...

    def passwd(self, person: str, password: str) -> None:
        """Set a new password, and unlock; RefusedError if there is no such person."""
        ...

    def disable(self, person: str) -> None:
        """Disable a person for good; RefusedError if there is no such person."""
        ...

    def unlock(self, person: str) -> bool:
        """Forget wrong answers; tell whether there were any.  RefusedError if nobody is there."""
        ...

    def check(self, person: str, password: str, at: datetime) -> Check:
        """Tell whether this is the password of an enabled person who is not locked at *at*."""
        ...

    def standing(self, person: str) -> Standing:
        """Return what may have changed; of a person without an account, too."""
        ...

    def accounts(self) -> Sequence[Account]:
        """Return all accounts, sorted by person."""
        ...

    def begin_factor(self, person: str) -> str:
        """Return a new secret for one-time codes, in base 32; it counts once it is confirmed.

        What was confirmed before stays in force until then.
        """
        ...

    def confirm_factor(self, person: str, code: str, at: datetime) -> bool:
        """Put the new secret in force if *code* is one of its own, which is spent with that."""
        ...

    def remove_factor(self, person: str) -> bool:
        """Forget a person's secrets; tell whether there were any."""
        ...

    def take_code(self, person: str, code: str, at: datetime) -> Check:
        """Spend a one-time code: one of many at once is RIGHT.  Wrong ones count, and lock."""
        ...
