"""Where to cut a range of keys in two, knowing some of them; a guess that costs nothing if wrong.

A bound need not be a key: what lies behind it is the second half, whatever that is.
"""

from collections.abc import Iterable, Sequence
from typing import Final

_DEPTH_MAX: Final = 8  # letters that are looked at behind what low and high have in common
_LAST: Final = 0x10FFFF
# No key has a surrogate; and where a store repeats a bound bare, XML could not carry the others.
_PASSED_OVER: Final = (range(0x20), range(0xD800, 0xE000), range(0xFFFE, 0x10000))


def alphabet_of(keys: Iterable[str]) -> str:
    """Return the letters of *keys* in order, without those that XML cannot carry."""
    return "".join(sorted(c for c in set("".join(keys)) if c >= " " and c not in "\ufffe\uffff"))


def successor(prefix: str) -> str | None:
    """Return a bound above all keys that begin with *prefix*, and no more above than need be.

    None if there is none.
    """
    for end in range(len(prefix), 0, -1):
        code = ord(prefix[end - 1]) + 1
        code = next((over.stop for over in _PASSED_OVER if code in over), code)
        if code <= _LAST:
            return prefix[: end - 1] + chr(code)
    return None


def middle(low: str, high: str | None, alphabet: str) -> str | None:
    """Return a bound strictly between *low* and *high*, about half way, or None.

    *high* of None is above all.  Half way is counted in the letters of *alphabet*.
    """
    start = 0 if high is None else _in_common(low, high)
    limit = high
    for at in range(start, min(len(low) + 1, start + _DEPTH_MAX)):
        least = low[at] if at < len(low) else ""
        most = limit[at : at + 1] if limit is not None else None
        if most == "":  # high ends here, so nothing from low on may be longer
            return None
        between = [c for c in alphabet if c > least and (most is None or c < most)]
        if between:
            return low[:at] + between[len(between) // 2]
        if most is not None and limit is not None and len(limit) > at + 1 and most > least:
            return limit[: at + 1]  # shorter than high, so below it
        limit = None if most is None or most > least else limit
    return None


def _in_common(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def spread(bounds: Sequence[str], pieces: int) -> list[str]:
    """Return at most *pieces* - 1 of *bounds*, which ascend, that cut them evenly."""
    places = {len(bounds) * n // pieces for n in range(1, pieces)}
    return [bounds[at] for at in sorted(places) if at < len(bounds)]
