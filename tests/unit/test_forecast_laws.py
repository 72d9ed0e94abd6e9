"""What holds of every forecast: it counts each dataset once, adds up, and comes true."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention.domain.disposition import State
from retention.domain.eligibility import Phase, assess
from retention.domain.forecast import Tally
from retention.domain.standing import CLEAR, LISTED, MAIN, Standing, What, month_of
from retention.steps.registers import Registers
from retention.views.forecast_json import document
from retention.views.forecast_page import page
from retention.views.forecast_text import text
from retention.views.forecast_words import note
from retention.views.ics import forecast_calendar
from tests.support.foreseen import DAY, NOW, Foreseen, Versions, each_kind, ended, of_two_duties

CLASSES = ("plain", "returned", "draft", "licence", "last", "two", "unheard-of")
NUMBERS = ("datasets", "size_bytes", "waiting", "waiting_bytes")

days = st.dates(date(2012, 1, 1), date(2030, 12, 31))


@st.composite
def worlds(draw):
    """An organisation of two agreements, with some datasets, events, holds and cases.

    One of its classes is of several duties: a day that warns, and another that is certain.
    """
    until = draw(st.sampled_from([None, date(2026, 12, 31), date(2027, 6, 30), date(2031, 1, 1)]))
    base = each_kind()
    first = replace(base, in_force_until=until, classes=(*base.classes, of_two_duties()))
    world = Foreseen(Versions(first, ended()))
    rounds = [str(year) for year in range(2012, 2033)]
    for name in CLASSES:
        known = draw(st.lists(st.sampled_from(rounds), max_size=4, unique=True))
        world.know("EACH", name, [{"round": each} for each in known], placeholders=["round"])
    world.know("OVER", "plain", [{"round": "2020"}], placeholders=["round"])
    for year in draw(st.lists(st.sampled_from(rounds), max_size=12, unique=True)):
        world.happened("EACH", "published", year, draw(days.filter(lambda day: day <= DAY)))
    if draw(st.booleans()):
        world.happened("EACH", "licence-ended", "", draw(days))
    names = [each.dataset for each in world.catalogue.holdings("EACH")] or [""]
    for name in draw(st.lists(st.sampled_from(names), max_size=2)):
        world.hold("EACH", "", name, ground=draw(st.sampled_from(["court", "precaution"])))
    for name in draw(st.lists(st.sampled_from(names), max_size=2, unique=True)):
        if name:
            world.stands(name, draw(st.sampled_from([State.RESIDUAL, State.IN_REVIEW, State.LOST])))
    if draw(st.booleans()) and "EACH/plain/2018" in names:
        world.extended("EACH", "plain", "EACH/plain/2018", until=draw(days))
    return world


windows = st.tuples(st.dates(date(2026, 1, 1), date(2028, 12, 31)), st.integers(1, 30))
law = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)


def numbers(tally):
    return [getattr(tally, name) for name in NUMBERS]


def total(tallies):
    added = Tally()
    for each in tallies:
        added.add(each)
    return numbers(added)


@law
@given(worlds(), windows)
def test_each_known_dataset_is_in_exactly_one_place(world, window):
    seen = world.look(*window)
    known = {each.dataset for each in world.catalogue.holdings()}
    assert sorted(row.name for row in world.rows) == sorted(known)
    assert seen.datasets == len(known)
    assert {k: t.datasets for k, t in seen.standing.items()} == Counter(
        row.standing for row in world.rows
    )
    assert sum(seen.ahead.values()) == seen.standing[Standing.AHEAD].datasets
    assert set(seen.ahead) <= set(seen.window.each_month())
    for row in world.rows:
        assert row.standing not in row.also


@law
@given(worlds(), windows)
def test_however_it_is_added_up_it_comes_to_the_same(world, window):
    seen = world.look(*window)
    for what in What:
        whole = total(tally for mark, tally in seen.marks.items() if mark.what is what)
        for key in (
            lambda mark: month_of(mark.on),
            lambda mark: mark.agreement,
            lambda mark: mark.action,
            lambda mark: (mark.agreement, mark.class_name),
        ):
            assert total(seen.tallies(what, key).values()) == whole
    counted = {what: [0, 0, 0, 0] for what in What}
    for row in world.rows:
        for what, day in row.days_in(seen.window):
            one = [1, row.size_bytes, row.waits_on(day), row.size_bytes * row.waits_on(day)]
            counted[what] = [a + b for a, b in zip(counted[what], one, strict=True)]
    for what in (*MAIN, What.LATEST_BY, What.ASK_ABOUT, What.REVIEW_AT_LATEST):
        assert total(t for m, t in seen.marks.items() if m.what is what) == counted[what]


@law
@given(worlds(), windows)
def test_the_months_part_the_window(world, window):
    seen = world.look(*window)
    months = seen.window.each_month()
    assert months == sorted(set(months))
    for mark in seen.marks:
        assert seen.window.on <= mark.on <= seen.window.last
        assert months.count(month_of(mark.on)) == 1
    day = seen.window.on
    while day <= seen.window.last:
        assert month_of(day) in months
        day += timedelta(days=17)


@law
@given(worlds(), windows)
def test_no_day_stands_before_the_assessment_says(world, window):
    seen = world.look(*window)
    for row in world.rows:
        found = row.found
        said = {
            What.REVIEW_OPENS: found.days and found.days.review_opens_on,
            What.DUE: found.days and found.days.due_on,
            What.GONE_BY: found.days and found.days.destroy_by,
            What.LATEST_BY: found.timeline and found.timeline.latest_by,
            What.ASK_ABOUT: found.ask_on,
            What.REVIEW_AT_LATEST: found.review_at_latest,
        }
        for what, day in row.days_in(seen.window):
            assert day == said[what]
    for mark in seen.marks:
        if mark.what in {What.REVIEW_OPENS, What.DUE}:
            assert mark.on > seen.window.on


@law
@given(worlds(), windows, st.data())
def test_a_forecast_comes_true_if_nothing_is_recorded(world, window, data):
    """What is retained today stands on each later day where its days put it."""
    seen = world.look(*window)
    registers = Registers.read(world.ledger)
    for row in world.rows:
        if row.found.phase is not Phase.RETAINED:
            continue
        days = row.found.days
        later = {days.review_opens_on - timedelta(days=1), days.review_opens_on}
        later |= {days.due_on} if days.due_on is not None else set()
        later.add(data.draw(st.dates(seen.window.on, seen.window.last)))
        for day in sorted(each for each in later if each >= seen.window.on):
            term = next(t for t in world.library.terms(day) if t.reference == "EACH")
            then = assess(row.found.dataset, registers.ground(term), on=day)
            assert then.days == days
            expected = Phase.RETAINED
            if day >= days.review_opens_on:
                due = days.due_on is not None and day >= days.due_on
                expected = Phase.DUE if due else Phase.REVIEW_OPEN
            assert then.phase is expected
            if row.standing in CLEAR and day >= days.review_opens_on:
                assert then.eligible is not row.waits_on(day)


@law
@given(worlds(), windows)
def test_a_forecast_of_a_later_day_is_the_later_part_of_this_one(world, window):
    """The days of those that are retained stay on their days as the window moves on."""
    on, months = window
    here = world.look(on, months)
    retained = {row.name for row in world.rows if row.standing is Standing.AHEAD}
    early = {(row.name, *each) for row in world.rows for each in row.days_in(here.window)}
    there = world.look(on + timedelta(days=40), months)
    late = {(row.name, *each) for row in world.rows for each in row.days_in(there.window)}
    for name, what, day in early:
        if name in retained and what in MAIN and day > there.window.on:
            assert (name, what, day) in late


@law
@given(worlds(), windows)
def test_why_each_stands_where_it_does_is_always_said(world, window):
    seen = world.look(*window)
    for row in world.rows:
        assert note(row).strip("; ")
        assert "None" not in note(row)
    said = page(seen, world.library.engine(), made_at=NOW)
    assert all(f"<code>{row.name}</code>" in said for row in world.rows if row.standing in LISTED)
    assert list(text(seen, 100))
    assert forecast_calendar(seen, "Invented", stamped_at=NOW)


@law
@given(worlds(), windows)
def test_the_document_for_programs_says_the_same(world, window):
    seen = world.look(*window)
    said = json.loads("".join(document(seen, iter(world.rows))))
    assert [row["dataset"] for row in said["datasets"]] == [row.name for row in world.rows]
    stood = {k: v["datasets"] for k, v in said["standing"].items() if v["datasets"]}
    assert stood == Counter(row["standing"] for row in said["datasets"])
    for what in MAIN:
        lines = [each for each in said["calendar"] if each["what"] == what]
        for sums in ("by_month", "by_agreement", "by_action"):
            parts = [each for each in said[sums] if each["what"] == what]
            for name in NUMBERS:
                assert sum(e[name] for e in parts) == sum(e[name] for e in lines)
