"""Whether Prefect lives: it answers, its workers ask for work, and what was planned begins.

Asked over HTTP, so that whoever watches loads no Prefect.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from retention.adapters.prefect.runs import ask, upcoming
from retention.domain.calendar import stamp
from retention.domain.timetable import Stale

LATE_MAX: Final = timedelta(minutes=30)
SILENT_MAX: Final = timedelta(minutes=3)  # a worker says every half minute that it is there
_SERVE: Final = "See that `retention up` runs: systemctl status retention"
_PLAN: Final = "Start `retention up` again: it makes every schedule stand"


@dataclass(frozen=True, slots=True)
class Watched:
    """Which pools have a worker, and which flows a schedule."""

    pools: Sequence[str]
    flows: Sequence[str]
    now: datetime


def no_answer() -> Stale:
    """Return what is said where nobody serves."""
    return Stale("Prefect does not answer, so nothing runs by itself", "", _SERVE)


def pulse(api_url: str, auth: str, watched: Watched) -> list[Stale]:
    """Return what is not as it should be; *auth* is ``name:secret`` of a service."""
    try:
        return [
            *_silent(api_url, auth, watched),
            *_late(api_url, auth, watched),
            *_unplanned(api_url, auth, watched),
        ]
    except ConnectionError:
        return [no_answer()]


def _silent(api_url: str, auth: str, watched: Watched) -> Iterator[Stale]:
    for pool in watched.pools:
        workers = ask(api_url, auth, f"work_pools/{pool}/workers", {})
        heard = [_at(each["last_heartbeat_time"]) for each in workers]
        last = max((at for at in heard if at is not None), default=None)
        if last is None:
            yield Stale(f"No worker ever asked for the work of the {pool}", "", _SERVE)
        elif last < watched.now - SILENT_MAX:
            yield Stale(f"No worker asks for the work of the {pool}", stamp(last), _SERVE)


def _late(api_url: str, auth: str, watched: Watched) -> Iterator[Stale]:
    asked = {
        "flow_runs": {
            "state": {"name": {"any_": ["Scheduled", "Late", "Resuming", "AwaitingRetry"]}},
            "expected_start_time": {"before_": stamp(watched.now - LATE_MAX)},
        },
        "sort": "EXPECTED_START_TIME_ASC",
    }
    late = [at for each in ask(api_url, auth, "flow_runs", asked) if (at := _due(each))]
    late = [at for at in late if at < watched.now - LATE_MAX]
    if late:
        runs = "1 run has" if len(late) == 1 else f"{len(late)} runs have"
        yield Stale(f"{runs} not begun, though their time has come", stamp(min(late)), _SERVE)


def _unplanned(api_url: str, auth: str, watched: Watched) -> Iterator[Stale]:
    planned = {run.name for run in upcoming(api_url, auth)}
    for flow in watched.flows:
        if flow not in planned:
            yield Stale(f"No next run of {flow} is planned", "", _PLAN)


def _due(run: dict[str, Any]) -> datetime | None:
    """Return when a run was to begin: of one that waits or was resumed, its state says so."""
    state = run.get("state") or {}
    details = state.get("state_details") or {}
    return _at(details.get("scheduled_time") or run.get("expected_start_time"))


def _at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
