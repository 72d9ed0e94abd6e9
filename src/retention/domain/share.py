"""A share of one disposal, as an argument: the digest of the proposal, and which of how many.

Who has which share is for speed alone: all shares end together, and whoever is done helps others.
"""

import re
from dataclasses import dataclass
from typing import Self

_FORM = re.compile(r"([^#]+)(?:#([1-9][0-9]{0,3})/([1-9][0-9]{0,3}))?")


@dataclass(frozen=True, slots=True)
class Share:
    """Number *which* of *of* shares of the disposal of a *proposal*."""

    proposal: str
    which: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` wrote; raise ValueError for anything else."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError("a share is written DIGEST#2/4")
        which, of = int(found[2] or 1), int(found[3] or 1)
        if which > of:
            raise ValueError(f"there is no share {which} of {of}")
        return cls(found[1], which, of)

    def __str__(self) -> str:
        """Return it as an argument: the digest alone, if there is one share."""
        return self.proposal if self.of == 1 else f"{self.proposal}#{self.which}/{self.of}"

    def parts(self, many: int) -> list["Share"]:
        """Return this share cut into *many* of equal size."""
        of = self.of * many
        return [Share(self.proposal, self.which + self.of * number, of) for number in range(many)]
