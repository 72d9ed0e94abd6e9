"""Which days follow from a trigger: the rulings of the clock, each with its example."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.clock import Conflict, Days, Period, between, cut_off

P = Period.parse
LEAD = P("P90D")
FY = ((3, 31),)
ENDS = [
    FY,
    ((4, 5),),
    ((12, 31),),
    ((3, 31), (6, 30), (9, 30), (12, 31)),
    tuple((month, 31) for month in range(1, 13)),
    ((2, 29),),
]
days = st.dates(date(1948, 7, 5), date(2100, 12, 31))
periods = st.builds(
    Period, years=st.integers(0, 60), months=st.integers(0, 36), days=st.integers(0, 400)
)


def days_of(found):
    return found.days if isinstance(found, Conflict) else found


@given(periods, days, days)
def test_a_later_event_never_ends_a_period_sooner(period, first, second):
    earlier, later = sorted((first, second))
    assert period.after(earlier) <= period.after(later)


@given(periods, periods, days)
def test_a_longer_period_never_ends_sooner(one, other, day):
    longer = Period(
        max(one.years, other.years), max(one.months, other.months), max(one.days, other.days)
    )
    assert longer.after(day) >= one.after(day)


@given(days, st.sampled_from(ENDS))
def test_a_cut_off_is_the_next_end_and_stays_where_it_is(day, ends):
    found = cut_off(ends, day)
    assert day <= found <= day + timedelta(days=366)
    assert cut_off(ends, found) == found
    assert cut_off((), day) == day


@given(days, periods, periods, periods)
def test_it_is_a_conflict_exactly_when_due_is_past_the_maximum(day, least, most, lead):
    got = between(least.after(day), most.after(day), lead=lead)
    inner = days_of(got)
    assert (inner.due_on > inner.destroy_by) is isinstance(got, Conflict)
    assert inner.review_opens_on <= min(inner.due_on, inner.destroy_by)


@given(days, periods)
def test_with_a_minimum_alone_nothing_must_ever_be_gone(day, period):
    got = between(period.after(day), None, lead=LEAD)
    assert got.destroy_by is None
    assert got.due_on - got.retained_through == timedelta(days=1)


@given(periods)
def test_a_period_reads_back_from_its_text(period):
    assert P(str(period)) == period


@pytest.mark.parametrize(
    ("text", "event", "through"),
    [
        ("P1Y", (2024, 2, 29), (2025, 2, 28)),
        ("P1M", (2024, 1, 31), (2024, 2, 29)),
        ("P4M", (1978, 9, 30), (1979, 1, 30)),
        ("P8Y", (2023, 3, 31), (2031, 3, 31)),
        ("P1Y1M", (2024, 2, 29), (2025, 3, 29)),
        ("P5Y", (2024, 2, 29), (2029, 2, 28)),
        ("P2M", (2020, 1, 31), (2020, 3, 31)),
    ],
)
def test_ruling_1_the_period_ends_on_the_same_numbered_day(text, event, through):
    assert P(text).after(date(*event)) == date(*through)


def test_ruling_1_the_day_after_is_due():
    got = between(P("P1Y").after(date(2024, 2, 29)), None, lead=LEAD)
    assert (got.retained_through, got.due_on) == (date(2025, 2, 28), date(2025, 3, 1))


def test_ruling_2_a_cut_off_moves_the_minimum_and_not_the_maximum():
    event = date(2020, 6, 30)
    carried = cut_off(FY, event)
    assert carried == date(2021, 3, 31)
    got = between(P("P5Y").after(carried), P("P6Y").after(event), lead=LEAD)
    assert got == Days(date(2026, 3, 31), date(2026, 4, 1), date(2026, 6, 30), date(2026, 1, 1))


def test_ruling_3_a_licence_that_ends_on_the_day_is_never_due():
    got = between(None, P("P0D").after(date(2026, 9, 30)), lead=LEAD)
    assert got == Days(None, None, date(2026, 9, 30), date(2026, 7, 2))


def room(least, most, event):
    got = days_of(between(P(least).after(cut_off(FY, event)), P(most).after(event), lead=LEAD))
    return (got.destroy_by - got.due_on).days + 1


def test_ruling_4_between_one_day_and_a_year():
    events = [date(2020, 3, 1) + timedelta(days=n) for n in range(1461)]
    rooms = {day: room("P5Y", "P6Y", day) for day in events}
    assert min(rooms.values()) == rooms[date(2021, 4, 1)] == 1
    assert max(rooms.values()) in {365, 366}


def test_ruling_4_a_maximum_too_short_for_the_cut_off_is_a_conflict():
    got = between(P("P5Y").after(date(2022, 3, 31)), P("P5Y6M").after(date(2021, 4, 1)), lead=LEAD)
    assert isinstance(got, Conflict)


def test_ruling_18_lead_is_subtracted_by_the_same_arithmetic():
    got = between(date(2025, 3, 30), None, lead=P("P1M"))
    assert (got.due_on, got.review_opens_on) == (date(2025, 3, 31), date(2025, 2, 28))


def test_neither_minimum_nor_maximum_starts_no_clock():
    with pytest.raises(ValueError, match="neither"):
        between(None, None, lead=LEAD)


@pytest.mark.parametrize(
    "text",
    ["", "P", "8Y", "P8Y6", "P1W", "PT1H", "P-1Y", "P1.5Y", "p8y", "P6M8Y", "P8Y\n", "P８Y"],
)
def test_what_is_not_a_period(text):
    with pytest.raises(ValueError, match="is not a period"):
        P(text)
