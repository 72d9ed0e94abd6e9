"""Whatever is written for a period is one, in one spelling, or is refused."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.domain.clock import Period

numbers = st.integers(0, 9999)
pieces = st.lists(st.sampled_from(["P", "Y", "M", "D", "W", "T", "H", "-", "+", ".", " ", "0", "1", "12", "999", "9999", "10000", "p", "y", "\n", "٣", "²", "P5Y"]), max_size=9)  # fmt: skip
texts = st.one_of(st.text(max_size=20), pieces.map("".join))


@settings(max_examples=1000)
@given(texts)
def test_any_text_is_a_period_or_is_refused(text):
    try:
        period = Period.parse(text)
    except ValueError:
        return
    # What was read is what was written: digits in the order Y, M, D, and nothing beside them.
    assert re.fullmatch(r"P([0-9]+Y)?([0-9]+M)?([0-9]+D)?", text)
    written = {unit: int(number) for number, unit in re.findall(r"([0-9]+)([YMD])", text)}
    assert written
    assert (period.years, period.months, period.days) == tuple(written.get(u, 0) for u in "YMD")
    assert Period.parse(str(period)) == period


@given(st.integers(0, 999), st.integers(0, 999), numbers)
def test_every_period_is_read_back_from_its_text(years, months, days):
    period = Period(years, months, days)
    assert Period.parse(str(period)) == period


@given(st.integers(0, 999), st.integers(0, 999), numbers, st.dates(date(1850, 1, 1), date(2200, 12, 31)), st.sampled_from([1, -1]))  # fmt: skip
def test_no_period_leaves_the_calendar_from_a_day_that_a_file_may_have(
    years, months, days, day, sign
):
    """Dates in agreements and events are of the years 1850 to 2200: no arithmetic can overflow."""
    assert isinstance(Period(years, months, days).after(day, sign=sign), date)


@pytest.mark.parametrize(
    "text",
    ["", "P", "PY", "5Y", "P5", "P5W", "P1YT5H", "P-5Y", "P5Y ", " P5Y", "P5Y\n", "p5y", "P5D1Y", "P5M1Y",
     "P1000Y", "P5.5Y", "P٣Y", "P²Y", "P5Y5Y", "5 years", "P1_0Y", "P 5Y", "P5Y\x00"],
)  # fmt: skip
def test_what_looks_like_a_period_and_is_none(text):
    with pytest.raises(ValueError):
        Period.parse(text)
