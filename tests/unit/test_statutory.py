"""Until when a request must be answered, by the calendar and with a pencil."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.hold import ROUTED, Ground, Hold
from retention.domain.statutory import ALLOWED, answer_by, clock_of, clock_words, is_working_day

D = date.fromisoformat
DAYS = st.dates(date(2000, 1, 1), date(2060, 1, 1))


@pytest.mark.parametrize(
    ("received", "nation", "by"),
    [
        ("2019-09-03", "", "2019-10-03"),  # the ICO's own: the corresponding day
        ("2026-03-31", "", "2026-04-30"),  # April has no 31st: its last day
        ("2027-01-30", "", "2027-03-01"),  # 28 February is a Sunday
        ("2028-01-30", "", "2028-02-29"),  # a leap year
        ("2024-11-25", "", "2024-12-27"),  # Christmas Day and Boxing Day, everywhere
        ("2026-11-26", "", "2026-12-29"),  # Saturday, Sunday, and Boxing Day in lieu
        ("2026-02-03", "", "2026-03-03"),
        ("2026-04-04", "", "2026-05-05"),  # the early May bank holiday, everywhere
        # A holiday in some part of the country only: earlier is safe where nobody knows which.
        ("2026-03-06", "", "2026-04-06"),
        ("2026-03-06", "england", "2026-04-07"),  # Easter Monday
        ("2026-03-06", "scotland", "2026-04-06"),
        ("2025-12-02", "scotland", "2026-01-05"),  # 2 January
        ("2025-12-02", "wales", "2026-01-02"),
        ("2026-02-17", "northern-ireland", "2026-03-18"),  # St Patrick's Day
        ("2026-02-17", "england", "2026-03-17"),
        ("2026-02-17", "jersey", "2026-03-17"),
    ],
)
@pytest.mark.parametrize("ground", [Ground.SUBJECT_REQUEST, Ground.RESTRICTION])
def test_a_month_ends_on_the_corresponding_day_or_the_next_working_one(
    ground, received, nation, by
):
    assert answer_by(ground, D(received), nation) == D(by)


@pytest.mark.parametrize(
    ("received", "by"),
    [
        ("2026-11-24", "2026-12-23"),  # St Andrew's Day counts for everybody
        ("2012-12-10", "2013-01-11"),  # 2 January, a bank holiday in Scotland alone
        ("2026-03-30", "2026-04-29"),  # Good Friday, and Easter Monday
        ("2026-07-10", "2026-08-11"),  # the Boyne in lieu, and the summer holiday of Scotland
        ("2026-06-01", "2026-06-30"),  # 15 June 2026, proclaimed for Scotland
        ("2022-09-01", "2022-09-30"),  # 19 September 2022, a state funeral
        ("2026-02-28", "2026-03-30"),  # received on a Saturday; St Patrick's Day
    ],
)
@pytest.mark.parametrize("nation", ["", "england"])
def test_freedom_of_information_has_twenty_days_that_are_working_days_everywhere(
    received, by, nation
):
    assert answer_by(Ground.FOI, D(received), nation) == D(by)


@given(DAYS)
def test_the_last_day_is_a_working_day_and_the_twentieth(received):
    by = answer_by(Ground.FOI, received)
    between = [received + timedelta(days=n) for n in range(1, (by - received).days + 1)]
    assert sum(map(is_working_day, between)) == 20
    assert is_working_day(by)


@given(DAYS, st.sampled_from(["", "england", "scotland", "wales", "northern-ireland"]))
def test_a_month_is_at_least_four_weeks_and_never_ends_on_a_weekend(received, nation):
    by = answer_by(Ground.SUBJECT_REQUEST, received, nation)
    assert timedelta(days=28) <= by - received <= timedelta(days=36)
    assert by.weekday() < 5


@given(DAYS, st.sampled_from(["england", "scotland", "wales", "northern-ireland"]))
def test_where_nobody_knows_the_nation_the_day_is_never_later_than_any(received, nation):
    known = answer_by(Ground.SUBJECT_REQUEST, received, nation)
    assert answer_by(Ground.SUBJECT_REQUEST, received) <= known


@pytest.mark.parametrize("ground", Ground)
def test_the_grounds_that_are_routed_have_a_clock_and_no_others(ground):
    hold = Hold("H-0001", ground, "INV", received_on=date(2026, 3, 2))
    assert (clock_of(hold) is not None) == (ground in ROUTED) == (ground in ALLOWED)


def test_a_hold_without_a_day_of_receipt_has_no_clock():
    assert clock_of(Hold("H-0001", "subject-request", "INV")) is None


def test_the_nation_of_a_hold_moves_its_clock():
    hold = Hold("H-0001", "subject-request", "INV", nation="england", received_on=D("2026-03-06"))
    assert clock_of(hold) == D("2026-04-07")


@pytest.mark.parametrize(
    ("today", "says"),
    [
        ("2026-04-01", "9 days from today"),
        ("2026-04-09", "tomorrow"),
        ("2026-04-10", "by 10 April 2026, today"),
        ("2026-04-12", "2 days ago: it is late"),
    ],
)
def test_how_much_is_left_is_said(today, says):
    said = clock_words("subject-request", D("2026-04-10"), D(today))
    assert says in said
    assert "UK GDPR, article 12(3)" in said
