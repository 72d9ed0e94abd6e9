"""What a hold is about, in one line: ``NACEL/patient-level, nation wales, received 2026-03-02``.

Its parts are separated by commas; each says one thing, and whatever is said must fit.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from retention.errors import AnswerError
from retention.steps.acts import typed
from retention.steps.record.naming import guess
from retention.steps.record.scopes import Scope

HOLDS: Final = "What it holds"
EVEN_IF_NONE: Final = "even if none"
WORDS: Mapping[str, str] = MappingProxyType(
    {  # how a part begins, and what it says
        "controller": "controller",
        "nation": "nation",
        "covers from": "covers_from",
        "covers through": "covers_through",
        "received": "received_on",
        "answered by": "answer_to",
    }
)
_DAYS = frozenset({"covers_from", "covers_through", "received_on"})
_WHERE_DEPTH = 2  # REF, REF/CLASS, and beyond that the id of a dataset


@dataclass(frozen=True, slots=True)
class HoldLine:
    """What the line says: the scope, and of a request when it came and who answers it."""

    scope: Scope
    received_on: date | None
    answer_to: str
    even_if_none: bool


def read_line(text: str) -> HoldLine:
    """Read what a hold is about; raise AnswerError for a part that says nothing, or is said twice.

    Whether what it names exists is for whoever plans the hold.
    """
    said: dict[str, str] = {}
    for part in re.split(r"[,;]", text):
        name, value = _part(" ".join(part.split()))
        if name in said:
            raise AnswerError(
                f"{HOLDS}: one thing is said twice", hint="a hold that is about two is two holds"
            )
        said[name] = value
    days = {name: typed.day(said[name], HOLDS) for name in _DAYS & said.keys()}
    parts = said.get("where", "").split("/")
    is_dataset = len(parts) > _WHERE_DEPTH
    scope = Scope(
        "" if is_dataset else parts[0],
        "" if is_dataset or len(parts) < _WHERE_DEPTH else parts[1],
        said["where"] if is_dataset else "",
        said.get("controller", ""),
        said.get("nation", ""),
        days.get("covers_from"),
        days.get("covers_through"),
    )
    return HoldLine(scope, days.get("received_on"), said.get("answer_to", ""), EVEN_IF_NONE in said)


def _part(text: str) -> tuple[str, str]:
    lowered = text.lower()
    if lowered == EVEN_IF_NONE:
        return EVEN_IF_NONE, text
    for begins, name in WORDS.items():
        if lowered.startswith(f"{begins} "):
            return name, text[len(begins) + 1 :]
    if text and " " not in text:
        return "where", text
    raise AnswerError(
        f"{HOLDS}: one part of the line says nothing that a hold can be about",
        hint=guess(lowered, (*WORDS, EVEN_IF_NONE), "part them with commas"),
    )
