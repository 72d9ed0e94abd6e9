"""What a forecast says, in words: the same on page, screen and calendar."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from retention.domain.forecast import Mark, Tally
from retention.domain.standing import Row, Standing, What
from retention.domain.within import Firmness
from retention.views.figures import count, day, number, size

TITLES: Mapping[Standing, str] = MappingProxyType(
    {
        Standing.OVERDUE: "Overdue",
        Standing.HELD: "Held",
        Standing.CONFLICTING: "Conflicting",
        Standing.EXPIRED: "Expired, unconfirmed",
        Standing.STOPPED: "Stopped",
        Standing.AWAITING: "Awaiting an event",
        Standing.PLACEHOLDER: "Placeholder",
        Standing.UNCLASSIFIED: "Unclassified",
        Standing.OPEN: "Open now",
        Standing.AHEAD: "Review opens in these months",
        Standing.LATER: "Later",
        Standing.GONE: "Gone",
    }
)
MEANINGS: Mapping[Standing, str] = MappingProxyType(
    {
        Standing.OVERDUE: "Past the last day on which it may exist, and nobody else keeps it.",
        Standing.HELD: "A hold stops every disposal; the clock runs on beneath it.",
        Standing.CONFLICTING: "It must be kept longer than it may be kept: people must decide.",
        Standing.EXPIRED: "Its agreement has ended, and nobody has recorded what that means.",
        Standing.STOPPED: "A signed term, an instruction or a day ahead stands in the way.",
        Standing.AWAITING: "The event that starts its clock has not been recorded.",
        Standing.PLACEHOLDER: "Its period is yet to be agreed: it is shown, and never proposed.",
        Standing.UNCLASSIFIED: "No class or no agreement in force says what is to become of it.",
        Standing.OPEN: "Its review is open: notice, review and approval may happen now.",
        Standing.AHEAD: "Nothing is to be done before its review opens.",
        Standing.LATER: "Its review opens after these months.",
        Standing.GONE: "By the ledger it was disposed of or lost; backups may still age out.",
    }
)
COMES: Mapping[What, str] = MappingProxyType(
    {
        What.REVIEW_OPENS: "review opens",
        What.DUE: "disposal may begin",
        What.GONE_BY: "last day: must be gone",
        What.LATEST_BY: "last day in any case: must be gone",
        What.ASK_ABOUT: "ask about the missing event",
        What.REVIEW_AT_LATEST: "review at the latest, with or without the event",
        What.EXPECTED: "event expected",
        What.AGREEMENT_ENDS: "agreement ends, and no successor is signed",
        What.SUPPORT_ENDS: "legal support ends",
        What.NEW_VERSION: "comes into force",
    }
)
_SOFT: Mapping[Firmness, str] = MappingProxyType(
    {
        Firmness.FIRM: "",
        Firmness.AT_THE_LATEST: " at the latest; an event that is missing may bring it sooner",
        Firmness.WARNING: ", unless the event that is missing came later",
    }
)


def comes(mark: Mark) -> str:
    """Return what comes on the day of one line of the calendar."""
    if mark.what in {What.EXPECTED, What.SUPPORT_ENDS, What.NEW_VERSION}:
        return f"{COMES[mark.what]}: {mark.name}"
    return COMES[mark.what] + _SOFT[mark.firmness]


def whose(mark: Mark) -> str:
    """Return what one line of the calendar is about: a class, or a whole agreement."""
    return f"{mark.agreement}/{mark.class_name}" if mark.class_name else mark.agreement


def how_many(tally: Tally) -> str:
    """Return how many datasets, how large, and how many of them wait for somebody."""
    if not tally.datasets:
        return "no known dataset"
    told = f"{count(tally.datasets, 'dataset')}, {size(tally.size_bytes)}"
    if not tally.waiting:
        return told
    if tally.waiting == tally.datasets:
        return f"{told}; {'it waits' if tally.datasets == 1 else 'all wait'} for somebody"
    return (
        f"{told}; {number(tally.waiting)} {'waits' if tally.waiting == 1 else 'wait'} for somebody"
    )


def left_out(shown: int, total: int, what: str = "datasets") -> str:
    """Return what a shortened list is: never the list.  Empty if nothing was left out."""
    if shown >= total:
        return ""
    return (
        f"These are the first {number(shown)} of {number(total)} {what}; "
        f"the other {number(total - shown)} are in `retention forecast --json`."
    )


def note(row: Row) -> str:
    """Return in a sentence why a dataset stands where it does, and which day matters."""
    told = [*_NOTES.get(row.standing, _reasons)(row)]
    told += [f"also {TITLES[each].lower()}" for each in row.also if each is not Standing.HELD]
    if row.standing is not Standing.HELD:
        told += list(_holds(row))
    return "; ".join(told)


def ago(past: date, today: date) -> str:
    """Return how long ago a day is: 1 day, 125 days."""
    return count((today - past).days, "day")


def _overdue(row: Row) -> Iterator[str]:
    last = _last_day(row)
    assert last is not None
    yield f"had to be gone by {day(last)}, {ago(last, row.found.on)} ago"


def _held(row: Row) -> Iterator[str]:
    yield from _holds(row)
    gone_by = row.day(What.GONE_BY)
    if (last := _last_day(row)) is not None:
        yield f"held past its maximum of {day(last)}"
    elif gone_by is not None:
        yield f"its maximum ends on {day(gone_by)}{_soft(row)}"


def _last_day(row: Row) -> date | None:
    """Return the last day on which it might exist, if that is past."""
    since = row.found.overdue_since
    return None if since is None else since - timedelta(days=1)


def _holds(row: Row) -> Iterator[str]:
    for hold in row.found.holds:
        since = "" if hold.placed_on is None else f" since {day(hold.placed_on)}"
        ours = ", ours alone" if hold.is_ours_alone else ""
        yield f"held by {hold.id} ({hold.ground}{ours}){since}"


def _conflicting(row: Row) -> Iterator[str]:
    days, line = row.found.days, row.found.timeline
    through = None if days is None else days.retained_through
    gone_by = (row.day(What.LATEST_BY) or row.day(What.GONE_BY)) if line is not None else None
    if through is None or gone_by is None:
        yield from row.found.conflicts
    else:
        yield f"must be kept through {day(through)}"
        yield f"must be gone by {day(gone_by)}"


def _awaiting(row: Row) -> Iterator[str]:
    found = row.found
    missing = [] if found.timeline is None else found.timeline.awaiting
    days = {each.event: each.expected_on for each in row.expected}
    for name in missing:
        yield f"nobody has recorded {name}, {_expected(days.get(name), found.on)}"
    if not missing:
        yield "nothing has started its clock yet"
    if found.ask_on is not None:
        yield f"ask about it from {day(found.ask_on)}"
    if found.review_at_latest is not None:
        late = found.review_at_latest < found.on
        told = "it should have been reviewed by" if late else "a review at the latest on"
        yield f"{told} {day(found.review_at_latest)}"
    if (gone_by := row.day(What.GONE_BY)) is not None:
        yield f"gone by {day(gone_by)}{_soft(row)}"


def _expected(on: date | None, today: date) -> str:
    if on is None:
        return "and no day is set for it"
    if on < today:
        return f"expected on {day(on)}, {ago(on, today)} ago"
    return f"expected on {day(on)}"


def _placeholder(row: Row) -> Iterator[str]:
    days = row.found.days
    if days is None:
        yield "no period is agreed"
        return
    yield f"if it is agreed as drafted, its review opens on {day(days.review_opens_on)}"
    if days.destroy_by is not None:
        yield f"and it must be gone by {day(days.destroy_by)}"


def _gone(row: Row) -> Iterator[str]:
    assert row.state is not None
    yield f"by the ledger: {row.state.value.replace('_', ' ')}"


def _open(row: Row) -> Iterator[str]:
    days = row.found.days
    assert days is not None
    if row.state is not None:
        yield row.state.value.replace("_", " ")
    if days.due_on is not None:
        is_due = days.due_on <= row.found.on
        yield f"{'due since' if is_due else 'disposal may begin from'} {day(days.due_on)}"
    if days.destroy_by is not None:
        yield f"must be gone by {day(days.destroy_by)}{_soft(row)}"


def _ahead(row: Row) -> Iterator[str]:
    days = row.found.days
    assert days is not None
    yield f"review opens on {day(days.review_opens_on)}"
    if days.due_on is not None:
        yield f"disposal may begin from {day(days.due_on)}"
    if days.destroy_by is not None:
        yield f"must be gone by {day(days.destroy_by)}{_soft(row)}"
    if row.waits_on(days.review_opens_on):
        yield "its agreement ends before, and no successor is signed"


def _soft(row: Row) -> str:
    """Return how firm the last day is, and which one is certain where it only warns."""
    line, certain = row.found.timeline, row.day(What.LATEST_BY)
    told = "" if line is None else _SOFT[line.firmness]
    return told if certain is None else f"{told}; in any case by {day(certain)}"


def _reasons(row: Row) -> Iterator[str]:
    holds = {f"held by {hold.id} ({hold.ground})" for hold in row.found.holds}
    yield from (each for each in row.found.reasons if each not in holds)


_NOTES = MappingProxyType(
    {
        Standing.OVERDUE: _overdue,
        Standing.HELD: _held,
        Standing.CONFLICTING: _conflicting,
        Standing.AWAITING: _awaiting,
        Standing.PLACEHOLDER: _placeholder,
        Standing.GONE: _gone,
        Standing.OPEN: _open,
        Standing.AHEAD: _ahead,
        Standing.LATER: _ahead,
    }
)
