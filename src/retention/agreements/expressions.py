"""What the expression of a placeholder can match: anything at all, and what another matches too.

An expression becomes an automaton, and two are walked side by side until both accept one value, a
whole non-empty path segment.  What is found is tried on the real expressions before it is believed.
What no automaton has (a back-reference, a word boundary) is left undecided: nothing is said of it.
Source: Thompson, *Regular expression search algorithm*, CACM 11(6), 1968.
"""

import re
from collections import deque
from dataclasses import dataclass, field
from functools import cache
from typing import Final

ANYTHING: Final = "[^/]+"  # every whole path segment
_STATES_MAX = 1_500
_PAIRS_MAX = 30_000
_LAST = 0x10FFFF

Ranges = tuple[tuple[int, int], ...]  # of code points, sorted, inclusive


class _UndecidedError(Exception):
    """One expression, or a pair, is more than is decided here."""


@cache
def impossible(expression: str) -> bool:
    """Tell whether *expression* matches no whole path segment, for certain."""
    try:
        return _common(expression, ANYTHING) is None
    except _UndecidedError:
        return False


@cache
def common(one: str, other: str) -> str | None:
    """Return a value that both match, or None if there is none or nobody can tell."""
    try:
        found = _common(one, other)
    except _UndecidedError:
        return None
    if found is None or not all(re.fullmatch(each, found) for each in (one, other)):
        return None
    return found


def _of(*pairs: tuple[str, str]) -> Ranges:
    return tuple(sorted((ord(first), ord(last)) for first, last in pairs))


# Not every digit or letter of every script: what is found is tried on the expression itself.
_DIGITS = _of(("0", "9"), ("\u0660", "\u0669"))
_SPACES = _of(("\t", "\r"), (" ", " "), ("\xa0", "\xa0"), ("\u2000", "\u200a"))
_WORDS = _of(("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"), ("\xc0", "\xd6"), ("\u0660", "\u0669"))


def _not(ranges: Ranges) -> Ranges:
    found, begin = [], 0
    for first, last in ranges:
        if begin < first:
            found.append((begin, first - 1))
        begin = max(begin, last + 1)
    if begin <= _LAST:
        found.append((begin, _LAST))
    return tuple(found)


def _both(one: Ranges, other: Ranges) -> Ranges:
    met = (
        (max(first, begin), min(last, end))
        for first, last in one
        for begin, end in other
        if max(first, begin) <= min(last, end)
    )
    return tuple(sorted(met))


_CLASSES: Final = {
    "d": _DIGITS,
    "s": _SPACES,
    "w": _WORDS,
    "D": _not(_DIGITS),
    "S": _not(_SPACES),
    "W": _not(_WORDS),
}
_ESCAPES: Final = {"n": 10, "t": 9, "r": 13, "f": 12, "v": 11, "a": 7}
_SLASH: Final = _not(((ord("/"), ord("/")),))
_COUNT = re.compile(r"\{([0-9]*)(?:(,)([0-9]*))?\}")


@dataclass(slots=True)
class _Automaton:
    """States from 0; an edge needs a character of its ranges, or a place, or nothing."""

    edges: list[list[tuple[Ranges | str, int]]] = field(default_factory=list)
    start: int = 0
    end: int = 0

    def state(self) -> int:
        if len(self.edges) >= _STATES_MAX:
            raise _UndecidedError
        self.edges.append([])
        return len(self.edges) - 1

    def join(self, one: int, other: int, by: Ranges | str = "") -> None:
        self.edges[one].append((by, other))


class _Reader:
    """Reads one expression, and builds its automaton as it goes.

    What is repeated is read again for each time, so that nothing needs a tree in between.
    """

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.made = _Automaton()

    def read(self) -> _Automaton:
        self.made.start, self.made.end = self._choice()
        if self.at != len(self.text):
            raise _UndecidedError
        return self.made

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self) -> str:
        self.at += 1
        if self.at > len(self.text):
            raise _UndecidedError
        return self.text[self.at - 1]

    def _choice(self) -> tuple[int, int]:
        begin, end = self.made.state(), self.made.state()
        while True:
            first, last = self._sequence()
            self.made.join(begin, first)
            self.made.join(last, end)
            if self._peek() != "|":
                return begin, end
            self.at += 1

    def _sequence(self) -> tuple[int, int]:
        begin = end = self.made.state()
        while self._peek() not in {"", "|", ")"}:
            first, last = self._repeated()
            self.made.join(end, first)
            end = last
        return begin, end

    def _repeated(self) -> tuple[int, int]:
        start = self.at
        first, last = self._one()
        after = self.at
        least, most = self._count()
        if (least, most) == (1, 1):
            return first, last
        resume, begin = self.at, self.made.state()
        end = begin
        for number in range(max(least, most or 0, 1)):
            self.at = start
            first, last = self._one()
            self.made.join(end, first)
            if number >= least:
                self.made.join(end, last)
            end = last
        assert self.at == after
        self.at = resume
        if most is None:
            self.made.join(end, first)
        if most == 0:  # {0}: written, and never there
            end = begin
        elif least == 0:
            self.made.join(begin, end)
        return begin, end

    def _count(self) -> tuple[int, int | None]:
        """Return how often the last part is there: once, unless something says otherwise."""
        sign = self._peek()
        found = _COUNT.match(self.text, self.at)
        if sign in {"*", "+", "?"} and sign:
            self.at += 1
            least, most = int(sign == "+"), 1 if sign == "?" else None
        elif found is not None and (found[1] or found[2]):
            self.at = found.end()
            least = int(found[1] or 0)
            most = least if not found[2] else int(found[3]) if found[3] else None
        else:
            return 1, 1
        if self._peek() == "?":  # as few as possible: the same values
            self.at += 1
        if self._peek() == "+" or max(least, most or 0) > _STATES_MAX:
            raise _UndecidedError  # never giving back: other values
        return least, most

    def _one(self) -> tuple[int, int]:
        char = self._take()
        if char == "(":
            return self._group()
        if char in {"^", "$"}:
            return self._edge(char)
        if char == ".":
            return self._edge(_not(((10, 10),)))
        if char == "[":
            return self._edge(self._set())
        if char == "\\":
            return self._edge(self._escape())
        return self._edge(((ord(char), ord(char)),))

    def _edge(self, by: Ranges | str) -> tuple[int, int]:
        begin, end = self.made.state(), self.made.state()
        self.made.join(begin, end, by)
        return begin, end

    def _group(self) -> tuple[int, int]:
        if self._peek() == "?":
            self.at += 1
            if self._take() != ":":
                raise _UndecidedError
        found = self._choice()
        if self._take() != ")":
            raise _UndecidedError
        return found

    def _escape(self) -> Ranges | str:
        char = self._take()
        if char in {"A", "Z"}:
            return "^" if char == "A" else "$"
        return self._escaped(char)

    def _escaped(self, char: str) -> Ranges:
        if char in _CLASSES:
            return _CLASSES[char]
        code = _ESCAPES.get(char, ord(char))
        if char.isalnum() and char not in _ESCAPES:
            raise _UndecidedError
        return ((code, code),)

    def _set(self) -> Ranges:
        negated = self._peek() == "^"
        self.at += negated
        found: list[tuple[int, int]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            low = self._member()
            if self._peek() == "-" and self.text[self.at + 1 : self.at + 2] not in {"", "]"}:
                self.at += 1
                high = self._member()
                found.append((low[0][0], high[-1][1]))
            else:
                found += low
        self.at += 1
        ranges = tuple(sorted(found))
        return _not(ranges) if negated else ranges

    def _member(self) -> Ranges:
        char = self._take()
        if char == "\\":
            return self._escaped(self._take())
        return ((ord(char), ord(char)),)


@cache
def _automaton(expression: str) -> _Automaton:
    return _Reader(expression).read()


# Two states, whether either may take no more, and whether anything was taken.
_Pair = tuple[int, int, bool, bool, bool]


def _common(one: str, other: str) -> str | None:
    """Return the shortest value that both match, or None; raise if that is not decided."""
    left, right = _automaton(one), _automaton(other)
    begin: _Pair = (left.start, right.start, False, False, False)
    seen: set[_Pair] = {begin}
    waiting = deque([(begin, "")])
    while waiting:
        pair, value = waiting.popleft()
        if pair[:2] == (left.end, right.end) and pair[4]:
            return value
        for after, char in _next(left, right, pair):
            if after not in seen:
                seen.add(after)
                # Steps that take nothing come first: the queue stays sorted by length.
                put = waiting.append if char else waiting.appendleft
                put((after, value + char))
        if len(seen) > _PAIRS_MAX:
            raise _UndecidedError
    return None


def _next(left: _Automaton, right: _Automaton, pair: _Pair) -> list[tuple[_Pair, str]]:
    p, q, p_ends, q_ends, taken = pair
    found: list[tuple[_Pair, str]] = []
    for by, after in left.edges[p]:
        if isinstance(by, str) and (by != "^" or not taken):
            found.append(((after, q, p_ends or by == "$", q_ends, taken), ""))
    for by, after in right.edges[q]:
        if isinstance(by, str) and (by != "^" or not taken):
            found.append(((p, after, p_ends, q_ends or by == "$", taken), ""))
    if p_ends or q_ends:
        return found
    for by, after in left.edges[p]:
        for also, later in right.edges[q]:
            if isinstance(by, str) or isinstance(also, str):
                continue
            if met := _both(_both(by, also), _SLASH):
                found.append(((after, later, False, False, True), chr(met[0][0])))
    return found
