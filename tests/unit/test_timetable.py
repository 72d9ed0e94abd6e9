"""When flows start by themselves: what we expect is what Prefect plans, on every day of the year."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prefect.client.schemas.schedules import CronSchedule as Asked
from prefect.server.schemas.schedules import CronSchedule as Planned

from flows.timetable import CRONS
from retention.domain.calendar import LONDON
from retention.domain.timetable import Timed

SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)  # on which the clocks change


def planned(cron, since, many):
    dates = Planned(cron=cron, timezone=LONDON).get_dates(many, start=since)
    return [datetime.fromtimestamp(each.timestamp(), UTC) for each in asyncio.run(dates)]


@pytest.mark.parametrize("flow", CRONS)
@pytest.mark.parametrize("change", [SPRING, AUTUMN])
def test_what_prefect_plans_over_a_change_of_clocks_is_what_we_expect(flow, change):
    timed = Timed.parse(CRONS[flow])
    since = datetime(change.year, change.month, change.day, tzinfo=UTC) - timedelta(days=40)
    for at in planned(CRONS[flow], since, 80 if timed.weekday is None and not timed.day else 12):
        assert timed.last_before(at) == at
        assert timed.last_before(at - timedelta(seconds=1)) < at
        local = at.astimezone(ZoneInfo(LONDON))
        assert (local.hour, local.minute) == (timed.hour, timed.minute)
        assert local.hour != 1


@pytest.mark.parametrize("flow", CRONS)
def test_on_the_days_on_which_the_clocks_change_nothing_starts_twice_and_nothing_is_left_out(flow):
    timed = Timed.parse(CRONS[flow])
    for change in (SPRING, AUTUMN):
        since = datetime(change.year, change.month, change.day, tzinfo=UTC) - timedelta(days=1)
        on = [at for at in planned(CRONS[flow], since, 6) if at.date() == change]
        assert len(on) == timed.is_on(change)


@given(
    flow=st.sampled_from(sorted(CRONS)),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
)
def test_between_the_last_time_and_now_prefect_plans_none(flow, now):
    timed = Timed.parse(CRONS[flow])
    last = timed.last_before(now)
    assert last <= now
    (after,) = planned(CRONS[flow], last + timedelta(seconds=1), 1)
    assert after > now


ODD = {
    "at 1": "30 1 * * *",
    "many minutes": "*/5 3 * * *",
    "every hour": "0 * * * *",
    "the 31st": "0 4 31 * *",
    "a month": "0 4 1 2 *",
    "both": "0 4 1 * 1",
    "too few": "0 4 *",
    "words": "0 4 * * MON",
}


@pytest.mark.parametrize("cron", ODD.values(), ids=ODD)
def test_what_is_no_plain_time_is_refused(cron):
    with pytest.raises(ValueError, match=r"."):
        Timed.parse(cron)


def test_every_schedule_of_the_table_is_one_that_prefect_takes():
    for cron in CRONS.values():
        assert Asked(cron=cron, timezone=LONDON).cron == cron
