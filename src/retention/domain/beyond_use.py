"""Copies that cannot be deleted at once, and that are put beyond use until they are.

Somebody looked, and answers for each of four tests; one that fails, and it is not beyond use.
Source: ICO guidance on deleting personal data (2014), "putting information beyond use".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from retention.errors import CertificateError

TESTS: Final = (
    "it is not used for any decision about an individual",
    "it is not given to anybody else",
    "it is protected by technical and organisational security",
    "it is deleted as soon as that becomes possible",
)


@dataclass(frozen=True, slots=True)
class BeyondUse:
    """What somebody answered to each of the four tests, and when they looked."""

    tests: tuple[bool, ...]
    by: str  # id of a person
    on: date

    def __post_init__(self) -> None:
        """Refuse an answer too many or too few."""
        if len(self.tests) != len(TESTS):
            raise CertificateError(
                f"what is beyond use is tested {len(TESTS)} times, not {len(self.tests)}",
                hint="answer each of them with true or false",
            )

    @property
    def holds(self) -> bool:
        """Whether every test is met."""
        return all(self.tests)

    @property
    def failing(self) -> tuple[int, ...]:
        """The numbers of the tests that fail, from 1."""
        return tuple(number for number, met in enumerate(self.tests, start=1) if not met)

    def facts(self) -> dict[str, str]:
        """Return it as plain text, such as stands in a proposal."""
        met = "".join("1" if each else "0" for each in self.tests)
        return {
            "beyond_use": met,
            "beyond_use_by": self.by,
            "beyond_use_on": self.on.isoformat(),
        }

    @classmethod
    def read(cls, declared: Mapping[str, str]) -> Self | None:
        """Read what :meth:`facts` wrote; None if nobody said anything of it."""
        if not (met := declared.get("beyond_use", "")):
            return None
        tests = tuple(each == "1" for each in met)
        return cls(tests, declared["beyond_use_by"], date.fromisoformat(declared["beyond_use_on"]))
