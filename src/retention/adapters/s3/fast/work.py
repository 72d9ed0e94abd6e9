"""Which range of keys is walked by whom, what is left of it, and what is finished.

Ranges that meet leave nothing between them, and a range is only ever cut ahead of the last key
that was given out of it: so what is finished in the end is all that was begun with.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Condition
from typing import Final

from retention.adapters.s3.fast.columns import part
from retention.ports.store import Page, Span

PAGES_MAX: Final = 10  # between two finishes, unless one key has more rows than they hold
PAGES_MIN: Final = 4  # that a range has had before it is worth cutting
_SAMPLE_EVERY: Final = 40

Finished = tuple[Page, Span | None]


@dataclass(eq=False, slots=True)
class Range:
    """What one lane walks: what is behind *after*, up to and with *through*."""

    after: str = field(repr=False)  # all that is finished of it lies before; may name a patient
    through: str | None = field(repr=False)
    key: str = field(repr=False)  # the last that was given out
    ceiling: str | None = field(default=None, repr=False)  # nothing seems to lie behind it
    sample: list[str] = field(default_factory=list, repr=False)  # keys of the last page
    pages: int = 0
    pages_unfinished: int = 0
    pages_needed: int = PAGES_MIN  # before anyone may try to cut it
    claimed: bool = False


@dataclass(slots=True)
class Claim:
    """What an idle lane knows of a range that it may cut into *pieces*."""

    range: Range = field(repr=False)
    low: str = field(repr=False)
    through: str | None = field(repr=False)
    ceiling: str | None = field(repr=False)
    sample: list[str] = field(repr=False)
    pieces: int


class Work:
    """All ranges of a sweep; any number of lanes may ask it."""

    def __init__(self, spans: Sequence[Span]) -> None:
        """Begin with *spans*, which do not overlap."""
        self._waiting = deque(Range(s.after, s.through, s.after) for s in spans)
        self._walked: set[Range] = set()
        self._idle = 0
        self._stopped = False
        self._changed = Condition()

    def take(self) -> Range | Claim | None:
        """Wait for a range to walk or one to cut; None if all is done, or nobody waits for it."""
        with self._changed:
            self._idle += 1
            try:
                while not self._stopped:
                    if self._waiting:
                        self._walked.add(found := self._waiting.popleft())
                        return found
                    if not self._walked:
                        return None
                    if claim := self._claim():
                        return claim
                    self._changed.wait()
                return None
            finally:
                self._idle -= 1

    def _claim(self) -> Claim | None:
        """Claim the range that has had the most pages: it is the most likely to have more."""
        fit = [r for r in self._walked if not r.claimed and r.pages >= r.pages_needed]
        if not fit:
            return None
        found = max(fit, key=lambda r: r.pages)
        found.claimed = True
        return Claim(found, found.key, found.through, found.ceiling, found.sample, self._idle + 1)

    def cut(self, claim: Claim, bounds: Sequence[str]) -> None:
        """Cut a range at those *bounds* that still lie ahead, and leave its pieces to others."""
        with self._changed:
            old = claim.range
            old.claimed = False
            ahead = [b for b in bounds if old.key < b and (old.through is None or b < old.through)]
            if old not in self._walked or not ahead:
                old.ceiling = claim.ceiling
                old.pages_needed = max(2 * old.pages, PAGES_MIN)
                return
            through = old.through
            old.through, old.ceiling = ahead[0], None
            old.pages_needed = old.pages + PAGES_MIN
            ends = [*ahead[1:], through]
            pieces = [Range(b, end, b) for b, end in zip(ahead, ends, strict=True)]
            pieces[-1].ceiling = claim.ceiling
            self._waiting.extend(pieces)
            self._changed.notify_all()

    def gave(self, walked: Range, page: Page, *, more: bool) -> list[Finished]:
        """Take note of the next *page* of a range, and return what of it lies inside.

        An item with a span finishes the range up to there; the last one ends it if its span
        ends with it.  It is over once :meth:`is_over` says so.
        """
        with self._changed:
            end = len(page)
            if walked.through is not None:
                end = bisect_right(page.keys, walked.through)
            before, inside = walked.key, part(page, 0, end)
            if inside.keys:
                walked.key = inside.keys[-1]
            if not more or end < len(page):
                self._walked.discard(walked)
                self._changed.notify_all()
                return [(inside, Span(walked.after, walked.through))]
            walked.pages += 1
            walked.pages_unfinished += 1
            walked.sample = inside.keys[::_SAMPLE_EVERY]
            if self._idle and walked.pages >= walked.pages_needed:
                self._changed.notify()
            return self._finished(walked, before, inside)

    def _finished(self, walked: Range, before: str, page: Page) -> list[Finished]:
        """Finish a range between two keys, if it is time: the last key of a page may go on."""
        if walked.pages_unfinished < PAGES_MAX or not page.keys:
            return [(page, None)]
        last = bisect_left(page.keys, page.keys[-1])
        through = page.keys[last - 1] if last else before
        if through <= walked.after or through == page.keys[-1]:
            return [(page, None)]
        span = Span(walked.after, through)
        walked.after, walked.pages_unfinished = through, 1
        return [(part(page, 0, last), span), (part(page, last, len(page)), None)]

    def is_over(self, walked: Range) -> bool:
        """Tell whether nothing is left of a range."""
        with self._changed:
            return self._stopped or walked not in self._walked

    def stop(self) -> None:
        """Give out nothing more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
