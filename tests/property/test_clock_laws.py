"""Laws of the clock: what holds for every rule, every set of facts and every day."""

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from retention.domain.clock import Period
from retention.domain.dataset import DatasetId
from retention.domain.eligibility import Assessor, Phase, assess
from retention.domain.within import Firmness
from retention.domain.words import long_day
from tests.support.examples import DATASET, assessment, ground
from tests.support.situations import (
    EVENTS,
    days,
    duties,
    extension,
    holds,
    situations,
)

ONE = timedelta(days=1)
P = Period.parse


@given(situations, st.data())
def test_whatever_the_unknown_turns_out_to_be_nothing_was_due_too_early(row, data):
    before = assessment(row)
    line = before.timeline
    assume(line is not None)
    missing = [name for name in line.awaiting if name in EVENTS and name != "ended-not-renewed"]
    assume(missing)
    told = data.draw(st.sampled_from(missing))
    day = data.draw(days)
    after = assessment(row | {"recorded": [*row["recorded"], f"{told} {day}"]})
    if before.days is not None and before.days.retained_through is not None:
        assert after.days.retained_through <= before.days.retained_through
    if line.latest_by is not None:
        assert after.timeline.latest_by <= line.latest_by
    assert before.overdue <= after.overdue


@pytest.mark.parametrize("cut_off", ["none", "financial-year-end"])
def test_a_maximum_that_was_moved_is_certain_whenever_the_clock_began(cut_off):
    """Found by the law above: the gap of a clause differs with the day from which it counts."""
    row = {
        "trigger": "dsa-ended",
        "cut_off": cut_off,
        "keep_at_least": "P1Y",
        "destroy_by": "P3Y",
        "agreement": ["2017-11-27 to 2017-11-27"],
        "after_end": "dispose",
        "extensions": ["hqip until 2021-01-01 signed 2019-01-01 moving the maximum"],
        "recorded": ["ended-not-renewed 2019-01-02"],
        "on": date(2019, 1, 1),
    }
    told = assessment(row).timeline.latest_by
    began = [date(2017, 11, 27) - timedelta(days) for days in range(800)]
    afterwards = [
        assessment(row | {"recorded": [*row["recorded"], f"dsa-ended {day}"]}).timeline.latest_by
        for day in began
    ]
    assert max(afterwards) <= told
    assert told < date(2024, 2, 1), "two years' gap at the most, and no more"


@given(situations, st.integers(2019, 2028), st.data())
def test_an_imprecise_date_is_no_earlier_for_a_minimum_and_no_later_for_a_maximum(row, year, data):
    day = data.draw(st.dates(date(year, 1, 1), date(year, 12, 31)))
    row = row | {"trigger": "published", "extensions": [], "after_end": "keep-to-term"}
    vague, precise = (
        assessment(row | {"recorded": [*row["recorded"], f"published {said}"]})
        for said in (year, day)
    )
    assume(precise.days is not None)
    if precise.days.retained_through is not None:
        assert vague.days.retained_through >= precise.days.retained_through
    if precise.timeline.latest_by is not None:
        assert vague.timeline.latest_by <= precise.timeline.latest_by


# One thing more, and what it may not do.


@given(situations, days, st.integers(1, 800))
def test_a_later_event_makes_nothing_due_or_gone_sooner(row, day, more):
    later = day + timedelta(days=more)
    row = row | {"trigger": "published", "extensions": [], "also": []}
    first, second = (
        assessment(row | {"recorded": [*row["recorded"], f"published {each}"]})
        for each in (day, later)
    )
    assume(first.days is not None)
    for name in ("retained_through", "destroy_by"):
        one, other = (getattr(each.days, name) for each in (first, second))
        assert (one is None) == (other is None)
        assert one is None or one <= other


@given(situations, duties)
def test_a_further_duty_makes_nothing_due_earlier_nor_gone_later(row, duty):
    before = assessment(row | {"also": row.get("also", [])})
    after = assessment(row | {"also": [*row.get("also", []), duty]})
    line, longer = before.timeline, after.timeline
    assume(line is not None)
    if (
        line.minimum_known
        and before.days
        and before.days.retained_through
        and not row.get("extensions")
    ):
        through = after.days and after.days.retained_through
        assert through is None or through >= before.days.retained_through
    assert not longer.minimum_known or line.minimum_known
    if line.latest_by is not None and not row.get("extensions"):
        assert longer.latest_by <= line.latest_by
    if not row.get("extensions"):
        assert before.conflict <= after.conflict
        assert before.overdue <= after.overdue
    has_minimum = "keep_at_least" in row or "keep_exactly" in row
    if has_minimum and not row.get("extensions"):
        assert after.due <= before.due
    assert before.raised <= after.raised


@given(situations, st.booleans())
def test_an_unknown_event_more_makes_no_minimum_earlier_and_nothing_eligible(row, latest):
    known = row["trigger"] if isinstance(row["trigger"], str) else "published"
    which = "latest" if latest else "earliest"
    row = row | {"trigger": known, "extensions": []}
    before = assessment(row)
    after = assessment(row | {"trigger": {which: [known, "never-recorded"]}})
    assert after.eligible <= before.eligible
    assume(before.days is not None and before.timeline.started)
    if before.days.retained_through is not None:
        through = after.days and after.days.retained_through
        # With an end of the agreement beside it, the earliest of all may still be that end.
        assert through is None or through >= before.days.retained_through
        # Nobody knows the age of who may have been born at any time: that can be a year more.
        assert latest or through == before.days.retained_through or "age" in str(row)
    if not latest and before.timeline.firmness is not Firmness.WARNING:
        assert after.days.destroy_by == before.days.destroy_by
    assert (
        "never-recorded" in after.timeline.awaiting
        or after.timeline == before.timeline
        or (row.get("after_end") == "dispose")
    )


@given(situations, holds)
def test_a_hold_blocks_and_changes_no_day(row, more):
    before = assessment(row | {"holds": []})
    after = assessment(row | {"holds": more})
    same = {"reasons", "holds"}
    assert all(
        getattr(before, name) == getattr(after, name)
        for name in before.__slots__
        if name not in same
    )
    assert len(after.holds) == len(more)
    assert not (more and after.eligible)
    assert after.overdue == before.overdue == (after.held_past_maximum or after.over_retained)


@given(situations, st.lists(extension, min_size=1, max_size=2))
def test_an_extension_never_shortens(row, more):
    before = assessment(row | {"extensions": []})
    after = assessment(row | {"extensions": more})
    assume(before.days is not None)
    for name in ("retained_through", "due_on"):
        one, other = (getattr(each.days, name) for each in (before, after))
        assert one is None or other >= one
    if before.timeline.latest_by is not None:
        assert after.timeline.latest_by >= before.timeline.latest_by
    if not any("moving" in each for each in more):
        assert after.timeline.latest_by == before.timeline.latest_by
        assert after.timeline.overdue_spans == ()


@given(situations)
def test_only_the_newest_recording_of_an_event_counts(row):
    newest = {}
    for said in row["recorded"]:
        name = said.removeprefix("retract ").split()[0]
        newest.pop(name, None)
        newest[name] = said
    before, after = assessment(row), assessment(row | {"recorded": [*newest.values()]})
    assert (before.days, before.reasons, before.working) == (
        after.days,
        after.reasons,
        after.working,
    )


# What an answer says must fit together.


@given(situations)
def test_eligible_means_open_with_nothing_against_it(row):
    found = assessment(row)
    assert found.eligible == (found.reasons == ())
    if not found.eligible:
        assert not found.due
        return
    assert found.days.review_opens_on <= found.on
    assert found.timeline.minimum_known
    assert found.timeline.started
    assert found.trigger is not None, "a certificate names it"
    assert not found.conflict
    assert not found.holds
    assert found.phase in {Phase.REVIEW_OPEN, Phase.DUE}
    assert all(day <= found.on for _, day in found.timeline.begins)


@given(situations)
def test_due_means_that_every_minimum_has_run_out(row):
    found = assessment(row)
    if found.due:
        assert found.eligible
        assert found.days.retained_through is None or found.days.retained_through < found.on
    elif found.eligible:
        assert found.days.due_on > found.on


@given(situations)
def test_the_phase_is_where_the_days_put_it(row):
    found = assessment(row)
    days, line = found.days, found.timeline
    assume(line is not None)
    if found.conflict:
        expected = Phase.CONFLICT
    elif days is None or not (line.minimum_known and line.started):
        expected = Phase.AWAITING_TRIGGER
    elif found.on < days.review_opens_on:
        expected = Phase.RETAINED
    elif days.due_on is not None and days.due_on <= found.on:
        expected = Phase.DUE
    else:
        expected = Phase.REVIEW_OPEN
    assert found.phase is expected


@given(situations)
def test_the_days_fit_together(row):
    found = assessment(row)
    days = found.days
    assume(days is not None)
    lead = P(row.get("lead", "P90D"))
    first = min(each for each in (days.due_on, days.destroy_by) if each is not None)
    assert days.review_opens_on == lead.after(first, sign=-1)
    assert days.due_on == (days.retained_through and days.retained_through + ONE)
    if days.due_on and days.destroy_by:
        assert (days.due_on > days.destroy_by) == found.conflict
    assert found.timeline.latest_by is None or days.destroy_by <= found.timeline.latest_by


@given(situations)
def test_the_working_mentions_every_day_that_is_returned(row):
    found = assessment(row)
    line = found.timeline
    assume(line is not None)
    returned = [day for span in line.overdue_spans for day in span]
    returned += [day for _, day in line.begins]
    if found.days is not None:
        returned += [getattr(found.days, name) for name in found.days.__slots__]
    returned += [line.cut_off_on, line.latest_by]
    working = " ".join(found.working)
    assert [day for day in returned if day is not None and long_day(day) not in working] == []


@given(situations)
@example({"trigger": "published", "keep_at_least": "P1Y", "recorded": [], "on": date(2020, 1, 1)})
def test_nothing_waits_in_silence(row):
    """Not eligible, not raised and not held: then a day is set on which that will end."""
    found = assessment(row)
    if found.eligible or found.raised or found.holds:
        return
    ahead = [found.days.review_opens_on, *(day for _, day in found.timeline.begins)]
    assert max(ahead) > found.on
    later = assessment(row | {"on": max(ahead)})
    assert later.eligible or later.raised


@given(situations)
def test_what_must_be_gone_is_raised_from_the_day_after(row):
    found = assessment(row)
    if found.overdue or found.conflict:
        assert found.raised
    if found.timeline is not None and found.timeline.awaiting:
        assert found.raised
    assert found.overdue == (found.overdue_since is not None)
    assert found.overdue_since is None or found.overdue_since <= found.on


# The same question has the same answer, alone or among others.


def datasets():
    rounds, nations, kinds = ("2018", "2019", "2020"), ("wales", "england"), ("records", "others")
    for kind, nation, each in product(kinds, nations, rounds):
        yield DatasetId("TEST", kind, (("nation", nation), ("round", each)))
    yield DatasetId("OTHER", "records", (("nation", "wales"), ("round", "2019")))


@given(situations, days)
def test_many_datasets_are_assessed_as_each_alone(row, other):
    row = row | {"recorded": [*row["recorded"], f"published@2018 {other}"]}
    seen = ground(row)
    assessor = Assessor(seen, row["on"])
    alone = {each: assess(each, seen, on=row["on"]) for each in datasets()}
    for _ in range(2):
        for dataset in datasets():
            assert assessor.assess(dataset) == alone[dataset]
    assert any(str(each) == DATASET for each in alone)
