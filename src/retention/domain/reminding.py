"""When somebody who owes an answer is asked again, and when others are told: inaction escalates.

It never approves anything: whatever comes of it is one more letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from retention.domain.clock import Period


@dataclass(frozen=True, slots=True)
class Reminded:
    """What was sent since the first asking: how many reminders, the last on which day."""

    times: int = 0
    last_on: date | None = None
    escalated_on: date | None = None


def reminder_due(since: date, periods: Sequence[Period], reminded: Reminded, today: date) -> int:
    """Return which reminder is due on *today*, counted from 1; 0 if none is.

    *periods* count from the first asking, on *since*.  Where several days have passed unused, by
    an outage of ours, only the latest of them is sent: nobody gets two letters at once.
    """
    due = sum(1 for period in periods if period.after(since) <= today)
    return due if due > reminded.times else 0


def escalation_due(
    since: date, periods: Sequence[Period], otherwise: Period, reminded: Reminded, today: date
) -> bool:
    """Tell whether the last reminder did not help: from the day after it on, until it was told.

    Also where it could not be sent: whoever cannot be reminded is a matter for others all the
    more.  Where no reminders are agreed it is due after *otherwise*.
    """
    if reminded.escalated_on is not None:
        return False
    last = max(period.after(since) for period in periods or (otherwise,))
    return today > max(last, reminded.last_on or last)
