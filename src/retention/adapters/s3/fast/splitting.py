"""Finds where a range that another lane walks can be cut, so that something lies behind."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from retention.adapters.s3.fast.asking import Asker
from retention.adapters.s3.fast.listing import Asked
from retention.adapters.s3.fast.middle import alphabet_of, middle, spread, successor
from retention.adapters.s3.fast.parse import Quick
from retention.adapters.s3.fast.walk import PAGE_ROWS_MAX, ask_versions
from retention.adapters.s3.fast.work import Claim

DELIMITER: Final = "/"
LEVELS_MAX: Final = 8  # of folders that are looked at, from the place on
LEVELS_KEPT_MAX: Final = 64
PROBES_MAX: Final = 6  # for the middle, once it is known how far keys may go


@dataclass(slots=True)
class Level:
    """What is known of the folders right under one prefix."""

    folders: list[str] = field(default_factory=list, repr=False)
    known_through: str | None = field(default="", repr=False)  # None if all of them are known


class Splitter:
    """Asks for common prefixes once, and for single rows where there are none."""

    def __init__(self, place: tuple[str, str], quick: Quick) -> None:
        """Split ranges of *place*, a bucket and a prefix."""
        self._bucket, self._prefix = place
        self._quick = quick
        self._lock = Lock()
        self._levels: dict[str, Level] = {}

    def bounds(self, asker: Asker, claim: Claim) -> list[str]:
        """Return keys that cut what *claim* is about, ascending; none if there is no telling.

        Bounds need not be keys, but there are servers that lose a row behind one that is none.
        Sets the ceiling of the claim to what was learned of where its keys end.
        """
        for folders in self._folders(asker, claim):
            places = spread(folders, claim.pieces)
            keys = (self._behind(asker, folder, claim.through) for folder in places)
            if found := sorted({key for key in keys if key is not None}):
                return found
        key = self._probed(asker, claim)
        return [] if key is None else [key]

    def _folders(self, asker: Asker, claim: Claim) -> Iterator[list[str]]:
        """Yield the folders that a range has ahead, level by level, where it has any."""
        level = self._prefix
        for _ in range(LEVELS_MAX):
            folders = self._level(asker, level, claim.low)
            inside = folders[bisect_right(folders, claim.low) :]
            if claim.through is not None:
                inside = inside[: bisect_left(inside, claim.through)]
            if inside:
                yield inside
            end = claim.low.find(DELIMITER, len(level))
            if end < 0:
                return
            level = claim.low[: end + 1]

    def _level(self, asker: Asker, prefix: str, low: str) -> list[str]:
        """Return the folders right under *prefix*, at least some of those behind *low*."""
        with self._lock:  # whoever comes meanwhile waits for the same answer
            level = self._levels.setdefault(prefix, Level())
            if level.known_through is not None and low >= level.known_through:
                asked = Asked(self._bucket, prefix, low, delimiter=DELIMITER)
                said = ask_versions(asker, asked, PAGE_ROWS_MAX, self._quick)
                level.folders = sorted(said.prefixes)
                goes_on = said.more and level.folders
                level.known_through = level.folders[-1] if goes_on else None
            while len(self._levels) > LEVELS_KEPT_MAX:
                del self._levels[next(iter(self._levels))]
            return level.folders

    def _probed(self, asker: Asker, claim: Claim) -> str | None:
        """Return a key near the middle, or None."""
        floor: str | None = None
        if claim.ceiling is None:
            floor, claim.ceiling = self._reach(asker, claim)
        alphabet = alphabet_of(claim.sample)
        for _ in range(PROBES_MAX):
            bound = middle(claim.low, claim.ceiling, alphabet)
            if bound is None:
                break
            if key := self._behind(asker, bound, claim.through):
                return key
            claim.ceiling = bound
        return floor

    def _reach(self, asker: Asker, claim: Claim) -> tuple[str | None, str | None]:
        """Return a key that is far ahead, and a bound that none lies behind.

        The more letters of the last key are kept, the more keys lie behind what follows it: the
        fewest letters that leave something are found by halving.
        """
        low = claim.low
        floor = None
        ceiling = successor(self._prefix) if claim.through is None else claim.through
        few, many = len(self._prefix) + 1, len(low) + 1
        while few < many:
            kept = (few + many) // 2
            bound = successor(low[:kept])
            if bound is not None and (key := self._behind(asker, bound, claim.through)):
                floor, many = key, kept
            else:
                ceiling, few = bound or ceiling, kept + 1
        return floor, ceiling

    def _behind(self, asker: Asker, bound: str, through: str | None) -> str | None:
        """Return the first key behind *bound*, if there is room for more before *through*."""
        if not bound.startswith(self._prefix) or (through is not None and bound >= through):
            return None
        answer = ask_versions(asker, Asked(self._bucket, self._prefix, bound), 1)
        key = answer.page.keys[0] if answer.page.keys else None
        return None if key is None or (through is not None and key >= through) else key
