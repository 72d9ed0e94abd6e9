"""When a reminder is due, when others are told; and that neither approves anything."""

from datetime import date, timedelta

import pytest

from retention.domain.clock import Period
from retention.domain.reminding import Reminded, escalation_due, reminder_due

P = Period.parse
SINCE = date(2026, 11, 2)
TWICE = (P("P7D"), P("P14D"))
NOTICE = P("P30D")


@pytest.mark.parametrize(
    ("days", "sent", "due"),
    [(6, 0, 0), (7, 0, 1), (7, 1, 0), (13, 1, 0), (14, 1, 2), (14, 2, 0), (40, 0, 2), (40, 2, 0)],
)
def test_each_reminder_is_due_once_and_only_the_latest_after_an_outage(days, sent, due):
    today = SINCE + timedelta(days)
    assert reminder_due(SINCE, TWICE, Reminded(sent), today) == due


@pytest.mark.parametrize(
    ("periods", "reminded", "days", "due"),
    [
        (TWICE, Reminded(), 14, False),
        (TWICE, Reminded(), 15, True),  # nobody could be reminded
        (TWICE, Reminded(2, SINCE + timedelta(14)), 14, False),
        (TWICE, Reminded(2, SINCE + timedelta(14)), 15, True),
        (TWICE, Reminded(2, SINCE + timedelta(40)), 40, False),
        (TWICE, Reminded(2, SINCE + timedelta(40)), 41, True),
        (TWICE, Reminded(2, SINCE + timedelta(14), SINCE + timedelta(15)), 90, False),
        ((), Reminded(), 30, False),
        ((), Reminded(), 31, True),
    ],
)
def test_others_are_told_once_from_the_day_after_the_last_reminder(periods, reminded, days, due):
    today = SINCE + timedelta(days)
    assert escalation_due(SINCE, periods, NOTICE, reminded, today) == due
