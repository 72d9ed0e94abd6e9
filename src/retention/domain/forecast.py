"""What the days ahead bring: each known dataset counted once, and each day of it in the calendar.

The months say what the calendar brings by itself; what waits for somebody is counted beside it, and
stands in a list that is never left out.  Nothing is foretold that is not known today: whoever
records an event, places a hold or signs a version changes the forecast.
"""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeVar

from retention.domain.standing import Row, Standing, Supposed, What, Window, month_of
from retention.domain.within import Firmness

LISTED_MAX: Final = 200  # rows of one list on a page; the rest is a number, in words

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, order=True, slots=True)
class Mark:
    """One line of the calendar: what comes on a day, for the datasets of one class.

    *class_name* and *action* are "" for what concerns a whole agreement; *name* tells events,
    supports and versions apart.
    """

    on: date
    agreement: str
    class_name: str
    what: What
    action: str = ""
    firmness: Firmness = Firmness.FIRM
    name: str = ""


@dataclass(slots=True)
class Tally:
    """How many datasets, with all their copies; *waiting* are those that wait for somebody."""

    datasets: int = 0
    size_bytes: int = 0
    waiting: int = 0
    waiting_bytes: int = 0
    first: str = ""  # the first of them by id: it tells one line of a calendar from another

    @property
    def clear(self) -> int:
        """How many wait for nothing but the day."""
        return self.datasets - self.waiting

    def add(self, other: "Tally") -> None:
        """Add what another one counted."""
        self.datasets += other.datasets
        self.size_bytes += other.size_bytes
        self.waiting += other.waiting
        self.waiting_bytes += other.waiting_bytes
        self.first = min(filter(None, (self.first, other.first)), default="")


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What the surveys of one agreement left: rows of no class by the last good one, and when."""

    agreement: str
    unclassified: int
    seen_on: date | None  # None: no survey has been good
    failed: bool = False  # the newest one did


@dataclass(frozen=True, slots=True)
class Unagreed:
    """A class whose period is yet to be agreed, whether or not a dataset of it is known."""

    agreement: str
    class_name: str
    describes: str


class Shortlist:
    """The first rows of a list that may be long, and how many rows there are in all."""

    def __init__(self, rows_max: int = LISTED_MAX) -> None:
        """Keep no more than *rows_max* rows."""
        self._rows_max = rows_max
        self._kept: list[tuple[date, str, Row]] = []
        self.total = 0

    def add(self, row: Row) -> None:
        """Count *row*, and keep it if it is among the first."""
        self.total += 1
        soonest = row.soonest
        if len(self._kept) == self._rows_max:
            if (soonest, row.name) > self._kept[-1][:2]:
                return
            self._kept.pop()
        insort(self._kept, (soonest, row.name, row), key=lambda each: each[:2])

    @property
    def rows(self) -> list[Row]:
        """The first rows, soonest first."""
        return [row for _, _, row in self._kept]


@dataclass(slots=True)
class Forecast:
    """Everything that a forecast says, gathered row by row in memory that has a bound.

    It grows with the classes and days that differ, and never with the number of datasets.
    """

    window: Window
    standing: dict[Standing, Tally] = field(default_factory=lambda: defaultdict(Tally))
    also: Counter[Standing] = field(default_factory=Counter)
    lists: dict[Standing, Shortlist] = field(default_factory=lambda: defaultdict(Shortlist))
    marks: dict[Mark, Tally] = field(default_factory=lambda: defaultdict(Tally))
    ahead: Counter[date] = field(default_factory=Counter)  # month → datasets whose review opens
    known: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    supposed: dict[Supposed, Tally] = field(default_factory=lambda: defaultdict(Tally))
    unagreed: list[Unagreed] = field(default_factory=list)
    surveyed: list[Surveyed] = field(default_factory=list)
    expired: dict[str, date] = field(default_factory=dict)  # agreement → the day it ended
    inventories: dict[str, date] = field(default_factory=dict)  # store → day of its counts

    @property
    def datasets(self) -> int:
        """How many datasets are known: each stands in exactly one place."""
        return sum(tally.datasets for tally in self.standing.values())

    @property
    def size_bytes(self) -> int:
        """How many bytes they have together, with every copy that a survey listed."""
        return sum(tally.size_bytes for tally in self.standing.values())

    def add(self, row: Row) -> None:
        """Count one dataset, where it stands and on each of its days."""
        found, name = row.found, row.name
        reference, class_name = found.dataset.reference, found.dataset.class_name
        one = Tally(1, row.size_bytes, first=name)
        self.standing[row.standing].add(one)
        if row.standing is not Standing.GONE:
            self.known[reference, class_name].add(one)
        self.also.update(row.also)
        self.lists[row.standing].add(row)
        if row.standing is Standing.AHEAD and found.days is not None:
            self.ahead[month_of(found.days.review_opens_on)] += 1
        firmness = Firmness.FIRM if found.timeline is None else found.timeline.firmness
        for what, day in row.days_in(self.window):
            told = firmness if what is What.GONE_BY else Firmness.FIRM
            mark = Mark(day, reference, class_name, what, row.action, told)
            waits = row.waits_on(day)
            self.marks[mark].add(Tally(1, row.size_bytes, int(waits), row.size_bytes * waits, name))
        for supposed in row.expected:
            self.supposed[supposed].add(one)

    def tallies(self, what: What, key: Callable[[Mark], Key]) -> dict[Key, Tally]:
        """Return what the window brings of one kind, added up by *key*: month, agreement, action.

        However it is added up, it comes to the same.
        """
        found: dict[Key, Tally] = defaultdict(Tally)
        for mark, tally in self.marks.items():
            if mark.what is what:
                found[key(mark)].add(tally)
        return dict(found)

    def calendar(self) -> list[tuple[Mark, Tally]]:
        """Return every line of the calendar, by day."""
        return sorted(self.marks.items(), key=lambda each: each[0])
