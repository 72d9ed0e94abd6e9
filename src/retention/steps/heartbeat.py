"""Whether what should happen by itself happens, told by the ledger and by nothing else.

What Prefect remembers proves nothing here: a scheduler that died must not look like a quiet week.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from retention.domain.calendar import instant, london_day, stamp
from retention.domain.entry import Draft, Entry
from retention.domain.store import about
from retention.domain.timetable import Stale, Timed
from retention.domain.words import long_day
from retention.errors import StaleError
from retention.ports.catalogue import INVENTORY
from retention.ports.ledger import Ledger
from retention.steps.freshness import WITHIN

_SERVE = "See that `retention up` runs, and what its last run in Prefect says"
_SURVEY = "`retention survey` lists it now and says what is in the way"


def flow_stream(flow: str) -> str:
    """Return the stream in which the days of a flow stand."""
    return f"flow:{flow}"


def note_ran(flow: str, ledger: Ledger, now: datetime) -> None:
    """Write that *flow* ran to its end today.

    Safe to run again, and at once with others: a day stands there once.
    """
    stream, on = flow_stream(flow), london_day(now).isoformat()
    records = ledger.stream(stream)
    if records and records[-1].text("on") >= on:
        return
    try:
        draft = Draft(stream, Entry.FLOW_RAN, {"flow": flow, "on": on})
        ledger.append(draft, expect=len(records))
    except StaleError:
        return  # another run of the same flow was faster by a moment


@dataclass(frozen=True, slots=True)
class Watching:
    """What the questions of a heartbeat take.

    *times* is flow to schedule; a good survey of a store may be *survey_within* old, and everything
    may be late by *grace*.
    """

    ledger: Ledger
    stores: Sequence[str]
    times: Mapping[str, Timed]
    now: datetime
    survey_within: timedelta
    grace: timedelta


def stale(watching: Watching) -> list[Stale]:
    """Return everything that should have happened and has not; it only looks."""
    since = _begun(watching.ledger)
    if since is None:
        return [Stale("The ledger has no entry", "", "Begin with `retention up`")]
    return [*_flows(watching, since), *_stores(watching, since)]


def _begun(ledger: Ledger) -> datetime | None:
    """Return from when on flows are expected: their first day on the ledger, or its beginning."""
    flows = next(iter(ledger.of_kind(Entry.FLOW_RAN)), None)
    first = flows or next(iter(ledger.of_kind(*Entry)), None)
    return None if first is None else first.at


def _flows(watching: Watching, since: datetime) -> Iterator[Stale]:
    newest = {
        r.text("flow"): r for r in watching.ledger.newest(Entry.FLOW_RAN, prefix=flow_stream(""))
    }
    for flow, timed in watching.times.items():
        expected = timed.last_before(watching.now - watching.grace)
        last = newest.get(flow)
        if expected <= since or (last and last.text("on") >= london_day(expected).isoformat()):
            continue
        ran = f"it last did on {long_day(london_day(last.at))}" if last else "it never did"
        yield Stale(
            f"{flow} should have run to its end on {long_day(london_day(expected))}: {ran}",
            stamp(expected),
            _SERVE,
        )


def _stores(watching: Watching, since: datetime) -> Iterator[Stale]:
    for store in watching.stores:
        good = [
            r
            for r in watching.ledger.stream(about(store))
            if r.kind is Entry.STORE_SURVEYED and not r.number("failed")
        ]
        seen = instant(good[-1].text("as_of")) if good else since
        by_inventory = bool(good) and good[-1].text("source") == INVENTORY
        within = WITHIN[INVENTORY] if by_inventory else watching.survey_within
        if seen + within + watching.grace >= watching.now:
            continue
        says = f"since {long_day(london_day(seen))}" if good else "ever"
        yield Stale(f"No good survey of the store {store} {says}", stamp(seen), _SURVEY)
