"""What an approver may decide of a frozen list, and how the exceptions are written.

An exception is one plain line: what it is about, a verb, and why::

    2: hold because the coroner may ask for it
    england/2019: extend until 2027-03-31 because the appeal is not heard yet
    4, 7-9: return instead because the registry takes them over

Every fault of every line is told at once, by the number of its line: nobody should have to send
a form five times.  Nothing of what was typed is repeated, for it could name a patient.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from retention.errors import AnswerError

LINES_MAX: Final = 2_000
BECAUSE_LETTERS_MIN: Final = 10
BECAUSE_LETTERS_MAX: Final = 4_000
NONE: Final = "none"
ALL: Final = "all"


class Verdict(StrEnum):
    """What is decided of the list."""

    APPROVE_ALL = "approve all"
    APPROVE_EXCEPT = "approve except"
    EXTEND = "extend"
    RETURN = "return instead"
    HOLD = "hold"
    RECLASSIFY = "reclassify"
    REFUSE = "refuse"

    @property
    def mark(self) -> str:
        """How the ledger calls it."""
        return self.value.replace(" ", "-")

    @property
    def approves(self) -> bool:
        """Whether anything is approved by it."""
        return self in {Verdict.APPROVE_ALL, Verdict.APPROVE_EXCEPT}


APPROVING: Final = frozenset(each.mark for each in Verdict if each.approves)


class Verb(StrEnum):
    """What is to become of a dataset that is not approved."""

    EXTEND = "extend"  # until a day
    RETURN = "return instead"
    HOLD = "hold"  # as a precaution, or on a ground that is said
    RECLASSIFY = "reclassify"  # to another class
    REFUSE = "refuse"  # not now: it goes back to review


class HoldGround(StrEnum):
    """On what ground an approver may hold; requests with a clock of their own need their day."""

    PRECAUTION = "precaution"
    STATUTORY = "statutory"
    COURT = "court"
    COMPLAINT = "complaint"


WHOLE = MappingProxyType(
    {
        Verdict.EXTEND: Verb.EXTEND,
        Verdict.RETURN: Verb.RETURN,
        Verdict.HOLD: Verb.HOLD,
        Verdict.RECLASSIFY: Verb.RECLASSIFY,
        Verdict.REFUSE: Verb.REFUSE,
    }
)
_SAYS_MORE = {Verb.EXTEND, Verb.RECLASSIFY}  # until when, or to what: a bare verb is not enough
_LINE = re.compile(
    r"(?P<target>[^:]+):\s*(?:"
    r"(?P<extend>extend)\s+until\s+(?P<until>\S+)"
    r"|(?P<reclassify>reclassify)\s+to\s+(?P<to>\S+)"
    r"|(?P<hold>hold)(?:\s+for\s+(?P<ground>\S+))?"
    r"|(?P<back>return instead)"
    r"|(?P<refuse>refuse)"
    r")(?:\s+because\s+(?P<because>.+))?",
    re.IGNORECASE,
)
_RANGE = re.compile(r"([0-9]{1,6})(?:\s*-\s*([0-9]{1,6}))?")
_NUMBER = re.compile(r"[0-9]{1,6}")
_CLASS = re.compile(r"[a-z][a-z0-9-]{0,99}")
HOW: Final = (
    "one line for each, such as `2: hold because …`, `england/2019: extend until 2027-03-31 "
    "because …`, `4: return instead because …`, `5: reclassify to CLASS because …` or `6: refuse "
    "because …`; or the word none"
)


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What is to become of one dataset instead, and why; *number* is that on the list, from 1."""

    number: int
    verb: Verb
    because: str
    until: date | None = None
    to: str = ""
    ground: HoldGround = HoldGround.PRECAUTION


@dataclass(frozen=True, slots=True)
class Decision:
    """One answer, read: its verdict, and what becomes of each dataset that it does not approve."""

    verdict: Verdict
    exceptions: tuple[Otherwise, ...]  # sorted by number, each once

    @property
    def numbers(self) -> frozenset[int]:
        """The datasets that are not approved."""
        return frozenset(each.number for each in self.exceptions)


def read_decision(
    decision: str, lines: str, reason: str, datasets: Sequence[str], left: Collection[int]
) -> Decision:
    """Read an answer about *datasets*, of which those numbered *left* are asked about.

    *reason* is that of the whole answer: it counts for a dataset of which a line gives none,
    where the whole list is decided alike.
    Raises AnswerError, with every fault of every line, for what cannot stand.
    """
    try:
        verdict = Verdict(decision)
    except ValueError:
        raise AnswerError(
            "there is no such decision", hint=f"choose {', '.join(Verdict)}"
        ) from None
    found, faults = _read(lines, datasets, left)
    if not faults and (fault := _misfit(verdict, found, left)):
        faults = [fault]
    if faults:
        more = f" (and {len(faults) - 10} more)" if len(faults) > 10 else ""  # noqa: PLR2004  # a form has no room for all
        raise AnswerError("; ".join(faults[:10]) + more, hint=HOW)
    verb = WHOLE.get(verdict)
    whole = {} if verb is None or verb in _SAYS_MORE else {n: Otherwise(n, verb, "") for n in left}
    others = {**whole, **{each.number: each for each in found}}
    told = tuple(
        each if each.because else replace(each, because=reason)
        for _, each in sorted(others.items())
    )
    return Decision(verdict, told)


def _misfit(verdict: Verdict, found: Sequence[Otherwise], left: Collection[int]) -> str:
    """Say why the lines do not fit the decision, or ""."""
    named = {each.number for each in found}
    if verdict is Verdict.APPROVE_ALL:
        return "'approve all' has no exceptions: write none, or choose 'approve except'" * bool(
            found
        )
    if verdict is Verdict.APPROVE_EXCEPT:
        return _misfit_of_some(found, named == set(left))
    verb = WHOLE[verdict]
    if any(each.verb is not verb for each in found):
        return f"'{verdict}' decides of the whole list: its lines can only say {verb}"
    if verb in _SAYS_MORE and named != set(left):
        more = "until when" if verb is Verb.EXTEND else "to which class"
        return f"'{verdict}' needs to say {more}: a line for each number, or one for all"
    return ""


def _misfit_of_some(found: Sequence[Otherwise], nothing_left: bool) -> str:  # noqa: FBT001  # of one call
    if not found:
        return "'approve except' names what is not approved, a line for each"
    if nothing_left:
        return "that leaves nothing to approve: choose what is to become of the whole list"
    if silent := [each.number for each in found if not each.because]:
        return f"number {_listed(silent)}: say why, after the word because"
    return ""


def _read(
    lines: str, datasets: Sequence[str], left: Collection[int]
) -> tuple[list[Otherwise], list[str]]:
    told = [(n, text.strip()) for n, text in enumerate(lines.splitlines(), start=1) if text.strip()]
    if [text.casefold() for _, text in told] == [NONE]:
        return [], []
    if not told:
        return [], ["the exceptions are empty: write the word none if there is none"]
    if len(told) > LINES_MAX:
        return [], [f"there are more than {LINES_MAX:,} lines"]
    found: dict[int, Otherwise] = {}
    faults: list[str] = []
    for n, text in told:
        try:
            said = {each.number: each for each in _line(text, datasets, left)}
        except ValueError as fault:
            faults.append(f"line {n}: {fault}")
            continue
        if twice := sorted(said.keys() & found.keys()):
            faults.append(f"line {n}: number {_listed(twice)} stands in an earlier line, too")
        found |= said
    return list(found.values()), faults


def _line(text: str, datasets: Sequence[str], left: Collection[int]) -> Iterator[Otherwise]:
    """Yield what one line says; ValueError says what is wrong with it."""
    if (said := _LINE.fullmatch(" ".join(text.split()))) is None:
        raise ValueError("it cannot be read as what it is about, a verb, and why")
    because = (said["because"] or "").strip()
    if because and not BECAUSE_LETTERS_MIN <= len(because) <= BECAUSE_LETTERS_MAX:
        raise ValueError(f"its reason has {BECAUSE_LETTERS_MIN} to {BECAUSE_LETTERS_MAX} letters")
    numbers = _numbers(said["target"].strip(), datasets, left)
    until = _day(said["until"]) if said["until"] else None
    to = said["to"] or ""
    if to and not _CLASS.fullmatch(to):
        raise ValueError("that can be the name of no class")
    ground = _ground(said["ground"])
    for number in numbers:
        yield Otherwise(number, _verb(said), because, until, to, ground)


def _verb(said: re.Match[str]) -> Verb:
    names = {"extend": Verb.EXTEND, "reclassify": Verb.RECLASSIFY, "hold": Verb.HOLD}
    names |= {"back": Verb.RETURN, "refuse": Verb.REFUSE}
    return next(verb for name, verb in names.items() if said[name])


def _ground(word: str | None) -> HoldGround:
    if word is None:
        return HoldGround.PRECAUTION
    try:
        return HoldGround(word.casefold())
    except ValueError:
        raise ValueError(
            f"a hold here is for one of: {', '.join(HoldGround)}; for a request with a clock of "
            "its own, start the act that places holds"
        ) from None


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise ValueError("its day is not written as 2027-03-31") from None


def _numbers(target: str, datasets: Sequence[str], left: Collection[int]) -> list[int]:
    if target.casefold() == ALL:
        return sorted(left)
    parts = [part.strip() for part in target.split(",")]
    ends = _ends(datasets) if any(map(_RANGE.fullmatch, parts)) else {}
    found = [number for part in parts for number in _part(part, datasets, ends)]
    if off := [number for number in found if number not in left]:
        raise ValueError(f"number {_listed(off)} is not among those that are asked about")
    return found


def _part(part: str, datasets: Sequence[str], ends: Mapping[int, int]) -> Sequence[int]:
    """Return the numbers that one part of a target names: a number, a range, or a dataset."""
    if span := _RANGE.fullmatch(part):
        first = int(span[1])
        last = int(span[2] or first)
        if not 1 <= first <= last <= len(datasets):
            raise ValueError(f"the list has numbers 1 to {len(datasets)}")
        meant = range(first, last + 1)
        if any(ends.get(n, n) != n for n in meant) or any(
            _names(part, name) for name in datasets if span[2]
        ):
            raise ValueError(
                "what it is about is a number of the list and the end of another dataset's name: "
                "write the last two parts of the name, such as england/2019"
            )
        return meant
    fits = [n for n, name in enumerate(datasets, start=1) if part and _names(part, name)]
    if len(fits) != 1:
        many = f"fits {len(fits)} datasets: write their numbers, " + _listed(fits)
        raise ValueError("what it is about " + (many if fits else "is no dataset of the list"))
    return fits


def _ends(datasets: Sequence[str]) -> Mapping[int, int]:
    """Return which dataset is the only one whose name ends in a number, by that number."""
    found: dict[int, list[int]] = {}
    for number, name in enumerate(datasets, start=1):
        end = name.rpartition("/")[2].partition("#")[0]
        if _NUMBER.fullmatch(end):
            found.setdefault(int(end), []).append(number)
    return {end: numbers[0] for end, numbers in found.items() if len(numbers) == 1}


def _names(part: str, dataset: str) -> bool:
    """Tell whether *part* is a dataset's id, or its end in whole pieces, such as england/2019."""
    return f"/{dataset}".endswith(f"/{part.strip('/')}")


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:5]))
    return shown + (" and others" if len(numbers) > 5 else "")  # noqa: PLR2004  # a fault is short
