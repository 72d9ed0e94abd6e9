"""What stands in a form: lines, days and the word none.  A fault repeats nothing of what was typed.

A form has no field that may be left out: where nothing applies, people write the word *none*.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from retention.domain.canonical import Json
from retention.errors import AnswerError

NONE: Final = "none"
LINE_LETTERS_MAX: Final = 300
WORDS_LETTERS_MAX: Final = 4_000

Typed = Mapping[str, Json]


def line(typed: Typed, name: str, called: str) -> str:
    """Return one line; raise AnswerError if it is empty, has several, or is far too long."""
    found = words(typed, name, called)
    if len(found) > LINE_LETTERS_MAX or not found.isprintable():
        raise AnswerError(
            f"{called}: that is more than a line, or has signs that cannot be seen",
            hint=f"write one line of at most {LINE_LETTERS_MAX} letters",
        )
    return found


def line_or_none(typed: Typed, name: str, called: str) -> str:
    """Return one line, or "" for the word none; raise AnswerError as :func:`line` does."""
    found = line(typed, name, called)
    return "" if found.lower() == NONE else found


def words(typed: Typed, name: str, called: str) -> str:
    """Return what people wrote of their own; raise AnswerError if there is nothing, or too much."""
    found = typed.get(name)
    if not isinstance(found, str) or not found.strip():
        raise AnswerError(
            f"{called}: nothing is written there", hint="write the word none if nothing applies"
        )
    if len(found) > WORDS_LETTERS_MAX:
        raise AnswerError(
            f"{called}: that is too long", hint=f"at most {WORDS_LETTERS_MAX:,} letters"
        )
    return found.strip()


def day(text: str, called: str) -> date:
    """Return a day; raise AnswerError for anything but such as 2026-03-02."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.isoformat() != text:
        raise AnswerError(f"{called}: that is no day", hint="write it as 2026-03-02")
    return found
