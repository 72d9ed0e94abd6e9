"""Who may log in: mutable credentials, in a database of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Account:
    """A login; roles stand in people.toml and not here."""

    person: str
    disabled: bool


class Identities(Protocol):
    """People's passwords and services' secrets, as argon2 hashes.

    Laws: a password is checked in the same time whether or not the person exists; a disabled
    person's password is never right; the plain password is never kept.
    """

    def add(self, person: str, password: str, *, first: bool = False) -> None:
        """Add a person; RefusedError if already there.

        *first* succeeds only on an empty database.  A password is at least 12 characters long.
        """
        ...

    def passwd(self, person: str, password: str) -> None:
        """Set a new password; RefusedError if there is no such person."""
        ...

    def disable(self, person: str) -> None:
        """Disable a person for good; RefusedError if there is no such person."""
        ...

    def knows(self, person: str, password: str) -> bool:
        """Tell whether this is the password of an enabled person."""
        ...

    def accounts(self) -> Sequence[Account]:
        """Return all accounts, sorted by person."""
        ...
