"""Who may reach a place: withdrawn from everybody for cooling-off, and given back unchanged.

Every adapter passes ``tests/contract/test_access.py``, which is the *Laws* of these docstrings.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Change:
    """The rules of one store, whole, before and after; "" where it has none.

    *root* is the store's bucket, such as ``s3://records/``.  What the rules say is in no repr:
    a rule names people, and places.
    """

    root: str
    before: str = field(repr=False)
    after: str = field(repr=False)

    @property
    def is_made(self) -> bool:
        """Whether there is nothing to do: the rules are what they shall be."""
        return self.before == self.after


class WithdrawsAccess(Protocol):
    """A store whose contents can be closed to everybody but our own roles, and opened again.

    *mark* is the digest of a proposal: it tells our rule from that of another proposal, and from
    everybody else's.
    """

    def withdrawal(self, root: str, places: Sequence[str], mark: str) -> Change:
        """Return the change that closes *places* of *root* in the name of *mark*.

        Laws: nothing is changed yet; it only takes away: nobody could do afterwards what they
        could not before; nobody but our own roles reads, writes, deletes or lists in *places*, and
        those keep all that they had; who may change the rules still may; outside of *places*
        nothing changes; every other rule means what it meant; done already is done.
        Raises RefusedError where that cannot be said without touching a neighbour or one of our
        own roles, TooMuchError where it is more than the store takes, and StoreError.
        """
        ...

    def restoration(self, done: Change, mark: str) -> Change:
        """Return the change that takes the rule of *mark*, and nothing else, away again.

        *done* is the change by which it came.  Laws: nothing is changed yet; rules of other marks
        stand as they stood, in whichever order they come and go; where nothing else changed the
        rules are afterwards what they were before *done*; done already is done.
        Raises StaleError if our rule, or any that is nobody's mark, is not what *done* left: then
        somebody changed the rules meanwhile, and a person looks.  StoreError passes through.
        """
        ...

    def make(self, change: Change) -> None:
        """Make a planned *change*, and see that it stands.

        Laws: StaleError, and nothing is changed, if the rules are neither as they were before it
        nor as they shall be; safe to repeat.  StoreError if the store does not take it.
        """
        ...
