"""The window of a forecast, and each known dataset in one place of it."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta

import pytest

from retention.domain.disposition import State
from retention.domain.forecast import Tally
from retention.domain.standing import (
    CLEAR,
    LISTED,
    MAIN,
    Standing,
    What,
    Window,
    month_of,
    place,
)
from tests.support.foreseen import DAY, Foreseen

S = Standing


@pytest.fixture(scope="module")
def world():
    return Foreseen.one_of_each()


@pytest.fixture
def fresh():
    """The same world, to be changed."""
    return Foreseen.one_of_each()


@pytest.fixture(scope="module")
def seen(world):
    return world.look()


def standing(world):
    return {row.name: row.standing for row in world.rows}


def marks(forecast, what):
    """Return what comes of one kind by day, class and name, however firm."""
    found = defaultdict(Tally)
    for mark, tally in forecast.marks.items():
        if mark.what is what:
            found[mark.on, f"{mark.agreement}/{mark.class_name}", mark.name].add(tally)
    return found


# The window


@pytest.mark.parametrize(
    ("on", "months", "last"),
    [
        (date(2026, 11, 2), 12, date(2027, 11, 30)),
        (date(2026, 11, 30), 1, date(2026, 12, 31)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 12, 1), 120, date(2036, 12, 31)),
    ],
)
def test_a_window_is_the_rest_of_this_month_and_as_many_more(on, months, last):
    assert Window(on, months).last == last
    assert len(Window(on, months).each_month()) == months + 1


@pytest.mark.parametrize("months", [-1, 0, 121])
def test_a_window_without_a_month_or_beyond_ten_years_is_refused(months):
    with pytest.raises(ValueError, match="1 to 120"):
        Window(DAY, months)


def test_first_and_last_day_are_in_the_window_and_their_neighbours_are_not():
    window, one = Window(DAY, 3), timedelta(days=1)
    days = (DAY - one, DAY, window.last, window.last + one)
    assert [window.has(day) for day in days] == [False, True, True, False]


# Where a dataset stands


def test_each_dataset_stands_where_what_is_known_puts_it(world, seen):
    assert standing(world) == {
        "EACH/plain/2012": S.GONE,
        "EACH/plain/2013": S.HELD,
        "EACH/plain/2014": S.OVERDUE,  # a precaution of ours alone keeps nothing
        "EACH/plain/2015": S.OVERDUE,
        "EACH/plain/2016": S.OPEN,
        "EACH/plain/2017": S.OPEN,
        "EACH/plain/2018": S.CONFLICTING,
        "EACH/plain/2019": S.OPEN,
        "EACH/plain/2020": S.HELD,
        "EACH/plain/2021": S.OPEN,
        "EACH/plain/2022": S.AHEAD,
        "EACH/plain/2030": S.AWAITING,
        "EACH/plain/2031": S.AWAITING,
        "EACH/returned/2017": S.STOPPED,
        "EACH/returned/2022": S.STOPPED,
        "EACH/draft/2015": S.PLACEHOLDER,
        "EACH/draft/2022": S.PLACEHOLDER,
        "EACH/licence/2022": S.AHEAD,
        "EACH/last/2022": S.AHEAD,
        "EACH/last/2030": S.AWAITING,
        "EACH/unheard-of/2022": S.UNCLASSIFIED,
        "OVER/plain/2020": S.EXPIRED,
    }
    assert {each for each in Standing if each in set(standing(world).values())} == set(Standing) - {
        S.LATER
    }


def test_every_dataset_is_counted_once(world, seen):
    assert seen.datasets == len(world.rows) == 22
    assert Counter(standing(world).values()) == {
        each: tally.datasets for each, tally in seen.standing.items()
    }
    assert seen.size_bytes == sum(row.size_bytes for row in world.rows)
    assert {each: len(seen.lists[each].rows) for each in seen.lists} == {
        each: tally.datasets for each, tally in seen.standing.items()
    }


def test_those_whose_review_opens_in_a_month_are_in_exactly_one(world, seen):
    assert seen.ahead == {date(2027, 4, 1): 1, date(2027, 7, 1): 1, date(2027, 8, 1): 1}
    assert sum(seen.ahead.values()) == seen.standing[S.AHEAD].datasets


def test_what_belongs_in_another_list_too_is_said(world, seen):
    also = {row.name: row.also for row in world.rows if row.also}
    assert also == {"EACH/plain/2014": (S.HELD,)}
    assert seen.also == {S.HELD: 1}


def test_several_reasons_are_all_said_and_the_first_decides(fresh):
    fresh.hold("EACH", "draft")
    fresh.hold("EACH", "returned")
    fresh.hold("OVER")
    fresh.hold("EACH", "plain", "EACH/plain/2018")
    fresh.hold("EACH", "plain", "EACH/plain/2030")
    fresh.look()
    found = {row.name: (row.standing, row.also) for row in fresh.rows}
    assert found["EACH/draft/2022"] == (S.PLACEHOLDER, (S.HELD,))
    assert found["EACH/returned/2017"] == (S.HELD, (S.STOPPED,))
    assert found["OVER/plain/2020"] == (S.HELD, (S.EXPIRED,))
    assert found["EACH/plain/2018"] == (S.HELD, (S.CONFLICTING,))
    assert found["EACH/plain/2030"] == (S.HELD, (S.AWAITING,))


def test_under_a_period_that_is_not_agreed_nothing_is_overdue(world, seen):
    (draft,) = [row for row in world.rows if row.name == "EACH/draft/2015"]
    assert draft.found.days.destroy_by < DAY, "the draft would have it gone"
    assert not draft.found.overdue
    assert (draft.standing, draft.also) == (S.PLACEHOLDER, ())


@pytest.mark.parametrize("state", [State.DISPOSED, State.RESIDUAL, State.CLOSED, State.LOST])
def test_what_the_ledger_says_is_gone_has_no_day_ahead(fresh, state):
    before = fresh.look()
    fresh.stands("EACH/plain/2022", state)
    after = fresh.look()
    assert standing(fresh)["EACH/plain/2022"] is S.GONE
    gone = {mark for mark, tally in before.marks.items() if tally != after.marks.get(mark)}
    assert {mark.class_name for mark in gone if mark.what in MAIN} == {"plain"}


@pytest.mark.parametrize("state", [State.NOTIFIED, State.IN_DISPOSAL, State.VERIFYING])
def test_a_case_that_runs_is_open(fresh, state):
    fresh.stands("EACH/plain/2019", state)
    fresh.look()
    (row,) = [row for row in fresh.rows if row.name == "EACH/plain/2019"]
    assert (row.standing, row.state) == (S.OPEN, state)


def test_where_the_clock_alone_has_brought_it_is_no_case(fresh):
    fresh.stands("EACH/plain/2019", State.DUE)
    fresh.look()
    assert [row.state for row in fresh.rows if row.name == "EACH/plain/2019"] == [None]


def test_a_review_that_opens_on_the_last_day_is_in_the_window(fresh):
    fresh.happened("EACH", "published", "2022", date(2022, 7, 29))
    seen = fresh.look(months=5)  # to 30 April 2027
    assert standing(fresh)["EACH/plain/2022"] is S.LATER
    seen = fresh.look(on=date(2026, 11, 30), months=5)
    assert standing(fresh)["EACH/plain/2022"] is S.LATER
    fresh.happened("EACH", "published", "2022", date(2022, 7, 28))
    seen = fresh.look(months=5)
    assert standing(fresh)["EACH/plain/2022"] is S.AHEAD
    assert marks(seen, What.REVIEW_OPENS)[seen.window.last, "EACH/plain", ""].datasets == 1


def test_what_must_be_looked_at_for_whatever_reason_is_never_passed_over_as_retained(world, seen):
    (row,) = [row for row in world.rows if row.name == "EACH/plain/2022"]
    raised = replace(row.found, raised=True)
    at = {"state": None, "expired": False, "stopped": False}
    assert place(row.found, seen.window, **at) == (S.AHEAD, ())
    assert place(raised, seen.window, **at) == (S.STOPPED, ())


def test_an_event_that_lies_ahead_stops_what_is_open(fresh):
    fresh.happened("EACH", "published", "2031", date(2021, 11, 30))
    base = fresh.library.every[0]
    none = replace(
        base.classes[0].rule, keep_at_least=type(base.disposal.lead)(0, 0, 0), destroy_by=None
    )
    fresh.library.every[0] = replace(base, classes=(replace(base.classes[0], rule=none),))
    fresh.happened("EACH", "published", "2030", DAY + timedelta(days=20))
    fresh.look()
    (row,) = [row for row in fresh.rows if row.name == "EACH/plain/2030"]
    assert any("lies ahead" in reason for reason in row.found.reasons)
    assert row.standing is S.STOPPED


def test_the_datasets_of_an_agreement_whose_files_are_gone_are_unclassified(fresh):
    fresh.library.every.pop()
    fresh.look()
    (row,) = [row for row in fresh.rows if row.found.dataset.reference == "OVER"]
    assert row.standing is S.UNCLASSIFIED
    assert row.version is None


def test_the_datasets_of_an_agreement_that_is_not_in_force_yet_are_unclassified(fresh):
    fresh.library.every[1] = replace(
        fresh.library.every[1], in_force_from=date(2027, 1, 1), in_force_until=None
    )
    seen = fresh.look()
    assert standing(fresh)["OVER/plain/2020"] is S.UNCLASSIFIED
    assert (date(2027, 1, 1), "OVER/", "version 1") in marks(seen, What.NEW_VERSION)


# The lists


def test_what_waits_for_somebody_and_what_does_not_are_all_there_is():
    assert set(LISTED) | CLEAR | {S.GONE} == set(Standing)
    assert len(LISTED) == len(set(LISTED))


def test_a_month_is_named_by_its_first_day():
    assert month_of(date(2027, 2, 28)) == date(2027, 2, 1)
