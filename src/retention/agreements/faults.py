"""What is wrong in the files that people write: every fault at once, each with its place.

A fault says what was found and what was expected.  It shows words that the format knows, such as
periods and kinds, and never the text of a field: names, addresses or a secret pasted into the
wrong line must not end in a log.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from retention.errors import AgreementError

_PLAIN = re.compile(r"[A-Za-z0-9_.:/()\[\]{}+*?^$|,\\-]{1,30}")  # no space, no @, no secret
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,40}")


@dataclass(frozen=True, order=True, slots=True)
class Fault:
    """One thing to correct; *line* and *column* count from 1, as editors do."""

    file: str
    line: int
    column: int
    found: str
    expected: str
    hint: str

    def __str__(self) -> str:
        """Return the fault as one line that an editor can jump to."""
        place = f"{self.file}:{self.line}:{self.column}"
        return f"{place}: found {self.found}; expected {self.expected}. {self.hint}"


class FaultyAgreementsError(AgreementError):
    """The files do not stand as written; *faults* has every one, sorted by place."""

    def __init__(self, faults: list[Fault]) -> None:
        """List *faults*, of which there is at least one."""
        self.faults = tuple(sorted(set(faults)))
        files = len({fault.file for fault in self.faults})
        head = f"{_count(len(self.faults), 'fault')} in {_count(files, 'file')}"
        super().__init__(
            "\n".join([head, *map(str, self.faults)]),
            hint="correct each line named above; nothing is read until all the files stand",
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def key_name(key: object) -> str:
    """Return a key as a message may show it."""
    return f"`{key}`" if _KEY.fullmatch(str(key)) else "a quoted key"


def word(value: object) -> str:
    """Return a value that stands where the format wants one of its own words."""
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return f"'{value}'"
    return kind_of(value)


def kind_of(value: Any) -> str:
    """Return what kind of value this is, in the words of the file, without showing text."""
    if isinstance(value, (bool, int, float)):
        return str(value).lower()
    kinds: dict[type, str] = {
        str: "a text" if value else "an empty text",
        datetime: "a date with a time",
        date: str(value),
        time: "a time",
        list: "a list" if value else "an empty list",
        dict: "a table",
    }
    return kinds.get(type(value), "nothing")
