"""Civil days in London from instants, and dates of which not everything is known."""

import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.calendar import YEARS, days_in, instant, london_day, stamp

# Since 1996 British summer time is from the last Sunday of March to that of October, 1:00 UTC.
instants = st.datetimes(datetime(1996, 1, 1), datetime(2120, 12, 31), timezones=st.just(UTC))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def last_sunday(year, month):
    """Return 1:00 UTC on the last Sunday of a month of 31 days."""
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=last.isoweekday() % 7)


@given(instants)
def test_a_london_day_is_that_of_utc_but_for_the_last_hour_in_summer(at):
    is_summer = last_sunday(at.year, 3) <= at < last_sunday(at.year, 10)
    assert london_day(at) == (at + timedelta(hours=is_summer)).date()


@given(instants, zones)
def test_a_day_does_not_depend_on_the_zone_in_which_an_instant_is_written(at, zone):
    assert london_day(at.astimezone(zone)) == london_day(at)


@given(instants, instants)
def test_days_are_in_the_order_of_their_instants(one, other):
    first, second = sorted((one, other))
    assert london_day(first) <= london_day(second)


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)]
)
def test_the_days_of_the_change_are_short_and_long(day, hours):
    noon = datetime(*day, 12, tzinfo=UTC)
    around = [noon + timedelta(minutes=30 * n) for n in range(-48, 49)]
    assert sum(london_day(at) == date(*day) for at in around) == 2 * hours


def test_the_zone_of_the_machine_does_not_matter(monkeypatch):
    at = datetime(2026, 3, 31, 23, 15, tzinfo=UTC)
    try:
        for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            assert london_day(at) == date(2026, 4, 1)
            assert stamp(at) == "2026-03-31T23:15:00.000Z"
    finally:
        monkeypatch.undo()
        time.tzset()


@given(instants, zones)
def test_a_stamp_reads_back_to_the_millisecond(at, zone):
    written = stamp(at.astimezone(zone))
    assert written.endswith("Z")
    assert timedelta(0) <= at - instant(written) < timedelta(milliseconds=1)


@pytest.mark.parametrize("ask", [london_day, stamp])
def test_an_instant_without_a_zone_is_refused(ask):
    with pytest.raises(ValueError, match="without a zone"):
        ask(datetime(2026, 3, 31, 23, 15))


@given(st.dates(date(1850, 1, 1), date(2200, 12, 31)))
def test_a_date_lies_within_its_month_and_its_year(day):
    assert days_in(day.isoformat()) == (day, day)
    first, last = days_in(f"{day:%Y-%m}")
    assert first <= day <= last
    assert first.day == (last + timedelta(days=1)).day == 1
    assert last - first < timedelta(days=31)
    first, last = days_in(f"{day:%Y}")
    assert first <= day <= last
    assert (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)
    assert first.year == last.year


@pytest.mark.parametrize("year", [YEARS[0], YEARS[1]])
def test_the_years_at_the_edge_are_read(year):
    assert days_in(str(year)) == (date(year, 1, 1), date(year, 12, 31))


@pytest.mark.parametrize("text", ["1849", "2201", "1849-12", "2201-01-01", "0000", "9999"])
def test_the_years_beyond_are_mistyped(text):
    with pytest.raises(ValueError, match="the year"):
        days_in(text)


@given(st.text(max_size=12))
def test_whatever_is_read_is_written_like_a_date(text):
    try:
        first, last = days_in(text)
    except ValueError:
        return
    assert text in {f"{first:%Y}", f"{first:%Y-%m}", f"{first:%Y-%m-%d}"}
    assert first <= last
