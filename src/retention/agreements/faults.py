"""What is wrong in the files that people write: every fault at once, each with its place.

A fault says what was found and what was expected.  It shows words that the format knows, such as
periods and kinds, and never the text of a field: names, addresses or a secret pasted into the
wrong line must not end in a log.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from retention.errors import AgreementError

_PLAIN = re.compile(r"[A-Za-z0-9_.:/()\[\]{}+*?^$|,\\-]{1,30}")  # no space, no @, no secret
_LONG = re.compile(_PLAIN.pattern.replace("{1,30}", "{1,300}"))
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


@dataclass(frozen=True, order=True, slots=True)
class Remark:
    """Something that stands and that a person should know, with its place."""

    file: str
    line: int
    column: int
    says: str

    def __str__(self) -> str:
        """Return it as one line that an editor can jump to."""
        return f"{self.file}:{self.line}:{self.column}: {self.says}"


class FaultyAgreementsError(AgreementError):
    """The files do not stand as written; *faults* has every one, sorted by place."""

    def __init__(self, faults: Iterable[Fault], remarks: Iterable[Remark] = ()) -> None:
        """List *faults*, of which there is at least one, with the *remarks* beside them."""
        self.faults = tuple(sorted(set(faults)))
        self.remarks = tuple(sorted(set(remarks)))
        files = len({fault.file for fault in self.faults})
        head = f"{counted(len(self.faults), 'fault')} in {counted(files, 'file')}"
        super().__init__(
            "\n".join([head, *map(str, self.faults)]),
            hint="correct each line named above; nothing is read until all the files stand",
        )


def counted(number: int, noun: str) -> str:
    """Return a number of things, such as ``2 faults``."""
    many = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{number} {noun}" if number == 1 else f"{number} {many}"


def key_name(key: object) -> str:
    """Return a key as a message may show it."""
    return f"`{key}`" if _KEY.fullmatch(str(key)) else "a quoted key"


def word(value: object) -> str:
    """Return a value that stands where the format wants one of its own words."""
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return f"'{value}'"
    return kind_of(value)


def is_plain(text: str) -> bool:
    """Tell whether a place or expression may be quoted in a message."""
    return _LONG.fullmatch(text) is not None


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
