"""The worst trigger day that `check` finds is the worst there is, by the clock's own reckoning."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from retention.agreements.dates import (
    ROOM_DAYS,
    Bounded,
    least_days,
    most_days,
    too_late,
    too_long,
    worst,
)
from retention.domain.age import Age
from retention.domain.agreement import (
    CheckedBy,
    Copy,
    Covers,
    Duty,
    RetentionClass,
    Rule,
    Status,
    Trigger,
)
from retention.domain.clock import Conflict, Period
from retention.domain.timeline import certain

P = Period.parse
EVENT = Trigger.of("published")
CUTS = [(), ((3, 31),), ((4, 5),), ((2, 29),), ((3, 31), (6, 30), (9, 30), (12, 31)), tuple((m, 31) for m in range(1, 13))]  # fmt: skip
FIRST = date(2021, 4, 1)
NEAR = [FIRST + timedelta(days=n) for n in range(4 * 365 + 1)]

periods = st.builds(Period, st.integers(0, 7), st.integers(0, 13), st.integers(0, 400))
small = st.builds(Period, st.just(0), st.integers(0, 2), st.integers(0, 70))
kept = st.one_of(periods, st.builds(Age, st.integers(1, 7)))


@st.composite
def groups(draw):
    """Duties that count from one event, of which the first has a minimum and some a maximum."""
    exact = draw(st.booleans())
    cut = draw(st.sampled_from(CUTS))
    if exact:
        first = Rule(EVENT, cut, keep_exactly=draw(periods), dispose_within=draw(small))
    else:
        from_cut_off = bool(cut) and draw(st.booleans())
        least = draw(kept)
        # Near to one another, or nothing is decided by a day.
        most = Period(least.years, 12 + draw(st.integers(0, 8)), draw(st.integers(0, 60)))
        first = Rule(EVENT, cut, least, most, destroy_by_from_cut_off=from_cut_off)
    rules = [first]
    if draw(st.booleans()):
        rules.append(Rule(EVENT, draw(st.sampled_from(CUTS)), draw(kept)))
    if draw(st.booleans()):
        rules.append(Rule(EVENT, (), destroy_by=draw(periods)))
    waits = draw(st.lists(small, max_size=2))
    return Bounded(tuple(rules), tuple(waits))


def kind_of(group):
    first, *rest = group.rules
    copies = tuple(
        Copy("backup", CheckedBy.PERSON, where="vault", gone_within=wait) for wait in group.waits
    )
    return RetentionClass(
        name="any",
        status=Status.SIGNED,
        describes="any",
        identifiability="anonymised",
        special_category=False,
        datasets=(),
        controllers=(),
        rule=first,
        destroy_by_covers=Covers.ALL_COPIES if copies else Covers.LIVE,
        copies=copies,
        also=tuple(Duty("north", "1", each) for each in rest),
    )


def room(kind, day):
    found = certain(kind, day)
    days = found.days if isinstance(found, Conflict) else found
    return (days.destroy_by - days.due_on).days + 1


@settings(max_examples=60, deadline=None)
@given(groups())
def test_no_day_of_four_years_leaves_less_room_than_the_one_that_is_told(group):
    kind = kind_of(group)
    least = min(room(kind, day) for day in NEAR)
    found = worst(group)
    if found is None:
        assert least >= ROOM_DAYS
    elif room(kind, found) >= 1:
        assert room(kind, found) == least
    else:
        assert least < 1 or found > NEAR[-1]


@settings(max_examples=60, deadline=None)
@given(groups(), st.integers(0, 80 * 365))
def test_what_stands_is_in_conflict_on_no_day_of_eighty_years(group, number):
    found = worst(group)
    kind = kind_of(group)
    assume(found is None or room(kind, found) >= 1)
    assert room(kind, FIRST + timedelta(days=number)) >= 1


@given(st.builds(Period, st.integers(0, 99), st.integers(0, 40), st.integers(0, 999)), st.dates(date(1900, 1, 1), date(2150, 1, 1)))  # fmt: skip
def test_a_period_is_never_shorter_or_longer_than_is_said_of_it(period, day):
    assert least_days(period) <= (period.after(day) - day).days <= most_days(period)
    # Counted back, too, as copies and leads are.
    assert least_days(period) <= (day - period.after(day, sign=-1)).days <= most_days(period)


@settings(max_examples=100, deadline=None)
@given(small, small)
def test_cooling_off_is_too_long_if_it_is_on_some_day(cooling_off, lapses):
    days = [date(2023, 3, 1) + timedelta(days=n) for n in range(4 * 365 + 1)]
    told = any(cooling_off.after(day) >= lapses.after(day) for day in days)
    assert (too_long(cooling_off, lapses) is not None) is told


@settings(max_examples=60, deadline=None)
@given(small, st.tuples(small, small, small))
def test_a_lead_is_too_short_if_it_is_for_some_day(lead, waits):
    def overruns(day):
        end = lead.after(day, sign=-1)
        for wait in waits:
            end = wait.after(end)
        return end > day

    days = [date(2023, 3, 1) + timedelta(days=n) for n in range(4 * 365 + 1)]
    found = too_late(lead, waits)
    assert (found is not None) is any(map(overruns, days))
    assert found is None or overruns(found)


@pytest.mark.parametrize(
    ("least", "most", "first"),
    [
        ("P5Y", "P6Y", date(2021, 4, 1)),  # one day is left
        ("P5Y", "P5Y6M", date(2022, 4, 1)),  # a leap day makes it worse by one
        ("P5Y", "P6Y6M", None),
    ],
)
def test_the_worst_day_of_the_financial_year_is_its_first(least, most, first):
    assert worst(Bounded((Rule(EVENT, ((3, 31),), P(least), P(most)),), ())) == first
