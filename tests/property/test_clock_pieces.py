"""Laws of the pieces that the clock is made of: periods, intervals, versions, approvals, notices."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from retention.domain.agreement import Agreement
from retention.domain.approval import approval_days, notice_over_on
from retention.domain.clock import Period, between, cut_off
from retention.domain.term import Term
from retention.domain.within import (
    Firmness,
    dated,
    earliest_of,
    latest_of,
    not_recorded,
)
from retention.domain.within import between as within
from tests.support.examples import CUT_OFFS

ONE = timedelta(days=1)
periods = st.builds(
    Period, years=st.integers(0, 60), months=st.integers(0, 36), days=st.integers(0, 400)
)
century = st.dates(date(1948, 7, 5), date(2120, 12, 31))


def last_possible(year, month, day):
    """Return the day of that number, or the last before it that the month has."""
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1


@given(century, periods)
def test_years_and_months_come_in_one_step_and_days_after(day, period):
    year, month = day.year + period.years, day.month + period.months
    while month > 12:
        year, month = year + 1, month - 12
    ends = last_possible(year, month, day.day)
    assert period.after(day) == date.fromordinal(ends.toordinal() + period.days)


@given(century, periods)
def test_subtracting_and_adding_a_period_never_ends_later(day, period):
    months = Period(period.years, period.months, 0)
    assert months.after(months.after(day, sign=-1)) <= day
    assert months.after(months.after(day), sign=-1) <= day


@given(century, st.sampled_from([*CUT_OFFS.values(), ((7, 31),), ((2, 29),)]))
def test_a_cut_off_is_the_first_end_on_or_after_the_day(day, ends):
    found = cut_off(ends, day)
    last_days = {last_possible(day.year + n, *end) for n in (-1, 0, 1) for end in ends}
    assert found == min((each for each in last_days if each >= day), default=day)


@given(century, century, periods)
def test_bounds_give_days_that_agree_with_one_another(through, gone_by, lead):
    for least, most in ((through, None), (None, gone_by), (through, gone_by)):
        found = between(least, most, lead=lead)
        inner = getattr(found, "days", found)
        assert inner.due_on == (least and least + ONE)
        assert inner.destroy_by == most
        first = min(each for each in (inner.due_on, most) if each)
        assert inner.review_opens_on == lead.after(first, sign=-1)
        assert (found is not inner) == bool(least and most and least >= most)


# What cannot be known lies between bounds, and they are the tightest there are.

NEVER = 99
intervals = st.tuples(st.integers(0, 9), st.integers(0, 3)).map(lambda n: (n[0], n[0] + n[1]))
parts = st.lists(
    st.one_of(
        st.builds(lambda n: ("known", n, n), st.integers(0, 9)),
        intervals.map(lambda n: ("imprecise", *n)),
        st.just(("unknown", 0, NEVER)),
        st.builds(lambda n: ("dated", n, n), st.integers(0, 9)),
    ),
    min_size=1,
    max_size=3,
)
ZERO = date(2020, 1, 1)


def at(number):
    return ZERO + timedelta(days=number)


def read(part, number):
    kind, first, last = part
    if kind == "unknown":
        return not_recorded(f"event-{number}")
    return dated(at(first)) if kind == "dated" else within(at(first), at(last))


def possible(part, *, for_minimum):
    """Return every day on which it can have been, as a minimum and as a maximum reads it."""
    kind, first, last = part
    if kind == "unknown" or (kind == "dated" and for_minimum):
        return [*range(11), NEVER] if kind == "unknown" else [first, NEVER]  # it may be renewed
    if kind == "imprecise" and not for_minimum:
        return [first]  # ruling 8: a maximum takes it for its first day
    return range(first, last + 1)


@given(parts, st.booleans())
def test_earliest_and_latest_are_what_every_possible_set_of_days_allows(some, latest):
    pick, of = (max, latest_of) if latest else (min, earliest_of)
    found = of([read(part, number) for number, part in enumerate(some)])
    least = [pick(each) for each in product(*(possible(p, for_minimum=True) for p in some))]
    most = [pick(each) for each in product(*(possible(p, for_minimum=False) for p in some))]
    assert found.minimum_from == (None if max(least) == NEVER else at(max(least)))
    assert found.by == (None if max(most) == NEVER else at(max(most)))
    unbounded = all(kind == "unknown" for kind, *_ in some) or (
        not latest and any(kind == "unknown" for kind, *_ in some)
    )
    assert found.earliest == (None if unbounded else at(min(most)))
    assert (found.firmness is Firmness.FIRM) == (found.earliest is not None and len({*most}) == 1)


# Agreements, approvals, notices.


def version(number, first, last):
    """Return a version of which nothing matters but its days."""
    blank = dict.fromkeys(Agreement.__slots__)
    agreement = Agreement(**blank)
    return replace(
        agreement,
        reference="TEST",
        version=number,
        classes=(),
        in_force_from=at(first),
        in_force_until=None if last is None else at(last),
    )


@st.composite
def versions(draw):
    """Return versions as (first, last), each beginning later than the one before."""
    firsts = sorted(draw(st.sets(st.integers(0, 40), min_size=1, max_size=4)))
    return [(first, draw(st.none() | st.integers(first, 45))) for first in firsts]


@given(versions(), st.integers(0, 50))
def test_the_chain_of_versions_breaks_on_the_first_day_that_none_covers(spans, on):
    """Day by day: the newest version that has begun governs, and covers the days up to its end."""

    def covered(day):
        begun = [last for first, last in spans if first <= day]
        return bool(begun) and (begun[-1] is None or day <= begun[-1])

    term = Term.of([version(n, *span) for n, span in enumerate(spans, start=1)], at(on))
    begun = [n for n, (first, _) in enumerate(spans, start=1) if first <= on]
    assert (None if term.governing is None else term.governing.version) == (
        begun[-1] if begun else None
    )
    if begun:
        begin = spans[begun[-1] - 1][0]
        broken = next((day for day in range(begin, 60) if not covered(day)), None)
        assert term.ends_on == (None if broken is None else at(broken - 1))
        assert term.is_over_on(at(on)) == (not covered(on))
    open_days = [n for n in range(spans[0][0], spans[-1][0]) if not covered(n)]
    assert [
        n for first, last in term.gaps for n in range(60) if first <= at(n) <= last
    ] == open_days


@given(century, st.integers(0, 60), st.integers(0, 60))
def test_cooling_off_lies_before_the_first_day_and_the_lapse_after_the_last(day, cool, lapse):
    begin, last = approval_days(day, lapses=Period(0, 0, lapse), cooling_off=Period(0, 0, cool))
    assert (begin - day).days == (cool + 1 if cool else 0)
    assert (last - day).days == lapse


@given(
    st.dictionaries(st.sampled_from("abcd"), century), st.sets(st.sampled_from("abc")),
    st.integers(0, 60),
)  # fmt: skip
def test_a_notice_is_over_when_every_controller_has_had_its_days(accepted, controllers, length):
    over = notice_over_on(sorted(controllers), accepted, Period(0, 0, length))
    if not controllers or controllers - set(accepted):
        assert over is None
        return
    had = [(over - accepted[each]).days - 1 for each in controllers]
    assert min(had) == (length or -1)
