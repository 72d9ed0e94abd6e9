"""Each day of a forecast in its month, what events would bring, and the bounds of it all."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest

from retention.domain.agreement import Extensions, Support, Trigger, Which
from retention.domain.forecast import LISTED_MAX, Shortlist, Surveyed, Tally
from retention.domain.pattern import Pattern
from retention.domain.standing import (
    MAIN,
    Standing,
    What,
    Window,
)
from retention.domain.within import Firmness
from retention.steps.forecast import foresee
from retention.views.forecast_words import note
from tests.support.foreseen import DAY, Foreseen, Versions, each_kind, of_two_duties
from tests.support.memory import MemoryLedger

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


# Their days


def test_what_opens_falls_due_and_must_go_stands_on_its_day(seen):
    assert {key: (t.datasets, t.waiting) for key, t in marks(seen, What.REVIEW_OPENS).items()} == {
        (date(2027, 4, 2), "EACH/plain", ""): (1, 0),
        (date(2027, 4, 2), "EACH/returned", ""): (1, 1),
        (date(2027, 4, 2), "EACH/draft", ""): (1, 1),
        (date(2027, 7, 2), "EACH/licence", ""): (1, 1),  # after the agreement's end
        (date(2027, 8, 1), "EACH/last", ""): (1, 1),
    }
    assert {key: (t.datasets, t.waiting) for key, t in marks(seen, What.DUE).items()} == {
        (date(2027, 7, 1), "EACH/plain", ""): (1, 1),
        (date(2027, 7, 1), "EACH/returned", ""): (1, 1),
        (date(2027, 7, 1), "EACH/draft", ""): (1, 1),
    }
    assert {key: (t.datasets, t.waiting) for key, t in marks(seen, What.GONE_BY).items()} == {
        (date(2027, 6, 30), "EACH/plain", ""): (1, 0),
        (date(2027, 9, 30), "EACH/licence", ""): (1, 1),
        (date(2027, 10, 30), "EACH/last", ""): (2, 2),
    }


def test_of_a_conflict_only_the_maximum_runs_on(fresh):
    fresh.extended("EACH", "plain", "EACH/plain/2015", until=date(2026, 12, 31))
    seen = fresh.look(on=date(2026, 6, 1))
    (row,) = [row for row in fresh.rows if row.name == "EACH/plain/2015"]
    assert (row.standing, row.found.days.due_on) == (S.CONFLICTING, date(2027, 1, 1))
    assert list(row.days_in(seen.window)) == [(What.GONE_BY, date(2026, 6, 30))]


def test_how_firm_a_last_day_is_is_kept_apart(seen):
    firm = {(mark.class_name, mark.firmness) for mark in seen.marks if mark.what is What.GONE_BY}
    assert firm == {
        ("plain", Firmness.FIRM),
        ("licence", Firmness.AT_THE_LATEST),
        ("last", Firmness.FIRM),
        ("last", Firmness.WARNING),
    }


def test_beside_a_day_that_only_warns_stands_the_one_that_is_certain(fresh):
    base = fresh.library.every[0]
    fresh.library.every[0] = replace(base, classes=(*base.classes, of_two_duties()))
    fresh.know("EACH", "two", [{"round": "2017"}], placeholders=["round"])
    seen = fresh.look(months=24)
    (row,) = [row for row in fresh.rows if row.name == "EACH/two/2017"]
    assert row.found.timeline.firmness is Firmness.WARNING
    assert marks(seen, What.GONE_BY)[date(2027, 10, 30), "EACH/two", ""].datasets == 1
    assert marks(seen, What.LATEST_BY)[date(2028, 6, 30), "EACH/two", ""].datasets == 1
    assert note(row).endswith(
        "by 30 October 2027, unless the event that is missing came later; in any case by"
        " 30 June 2028"
    )
    assert {mark.class_name for mark in seen.marks if mark.what is What.LATEST_BY} == {"two"}


def test_the_days_overdue_before_an_extension_that_is_signed_late_stay_overdue(fresh):
    base = fresh.library.every[0]
    may_be = replace(base.disposal, extension=Extensions(base.disposal.lead, 1, ("north",)))
    fresh.library.every[0] = replace(base, disposal=may_be)
    fresh.extended("EACH", "plain", "EACH/plain/2015", until=date(2028, 1, 1),
                   signed_on=date(2026, 12, 1), moves_maximum=1)  # fmt: skip
    fresh.look()
    (row,) = [row for row in fresh.rows if row.name == "EACH/plain/2015"]
    assert row.day(What.GONE_BY) > DAY
    assert row.standing is S.OVERDUE
    assert note(row) == "had to be gone by 30 June 2026, 125 days ago"


def test_what_happened_today_lies_behind_and_a_last_day_today_does_not(fresh):
    opens = fresh.look(on=date(2027, 4, 2))
    assert standing(fresh)["EACH/plain/2022"] is S.OPEN
    assert date(2027, 4, 2) not in {mark.on for mark in opens.marks if mark.what in MAIN}
    last = fresh.look(on=date(2027, 6, 30))
    assert (date(2027, 6, 30), "EACH/plain", "") in marks(last, What.GONE_BY)


def test_after_an_agreement_has_ended_what_opens_waits_for_somebody(fresh):
    ahead = [row for row in fresh.look().lists[S.AHEAD].rows if row.expires_on]
    assert {row.expires_on for row in ahead} == {date(2027, 7, 1)}
    renewed = replace(
        each_kind(), version=2, in_force_from=date(2027, 7, 1), in_force_until=date(2030, 1, 1)
    )
    fresh.library.every.append(renewed)
    seen = fresh.look()
    assert {row.expires_on for row in fresh.rows if row.name.startswith("EACH/plain")} == {
        date(2030, 1, 2)
    }
    assert marks(seen, What.DUE)[date(2027, 7, 1), "EACH/plain", ""].waiting == 0
    assert not marks(seen, What.AGREEMENT_ENDS)
    assert (date(2027, 7, 1), "EACH/", "version 2") in marks(seen, What.NEW_VERSION)


def test_a_version_that_is_in_force_from_today_is_no_day_ahead(fresh):
    for day, ahead in ((DAY, False), (DAY + timedelta(days=1), True)):
        fresh.library.every[1:] = [replace(each_kind(), version=2, in_force_from=day)]
        assert bool(marks(fresh.look(), What.NEW_VERSION)) is ahead


def test_the_days_of_an_agreement_itself_stand_there_with_its_datasets(seen):
    known = 21 - 1  # less the one that is gone
    assert marks(seen, What.AGREEMENT_ENDS)[date(2027, 6, 30), "EACH/", ""].datasets == known
    support = date(2027, 9, 30), "EACH/", "00/CAG/0000"
    assert marks(seen, What.SUPPORT_ENDS)[support].datasets == known
    assert seen.expired == {"OVER": date(2026, 3, 31)}


def test_asking_and_the_latest_review_stand_on_their_days(fresh):
    seen = fresh.look(on=date(2026, 10, 1), months=30)
    assert marks(seen, What.ASK_ABOUT)[date(2026, 10, 30), "EACH/plain", ""].datasets == 1
    latest = marks(seen, What.REVIEW_AT_LATEST)
    assert latest[date(2028, 9, 30), "EACH/plain", ""].waiting == 1


# Events


def test_an_event_that_is_expected_stands_on_its_day_and_a_late_one_in_the_list(seen):
    expected = marks(seen, What.EXPECTED)
    assert set(expected) == {
        (date(2027, 2, 1), "EACH/", "published 2032"),
        (date(2027, 2, 1), "OVER/", "published 2032"),
    }
    late = {each.value for each in seen.supposed if each.expected_on < seen.window.on}
    assert late == {"2030"}


def test_what_would_follow_from_an_event_is_what_follows_when_it_is_recorded(fresh):
    seen = fresh.look()
    supposed = {
        each.class_name: (each, tally)
        for each, tally in seen.supposed.items()
        if each.agreement == "EACH" and each.value == "2030"
    }
    assert {name: tally.datasets for name, (_, tally) in supposed.items()} == {
        "plain": 1,
        "last": 1,
        "returned": 0,  # no dataset of these is known yet
        "draft": 0,
    }
    assert supposed["last"][0].missing == ()
    fresh.happened("EACH", "published", "2030", date(2026, 9, 30))
    fresh.look()
    for row in fresh.rows:
        if row.name in {"EACH/plain/2030", "EACH/last/2030"}:
            would = supposed[row.found.dataset.class_name][0]
            assert (would.days, would.firmness) == (row.found.days, row.found.timeline.firmness)
    assert not any(each.value == "2030" and each.agreement == "EACH" for row in fresh.rows
                   for each in row.expected)  # fmt: skip


def test_an_event_that_comes_alone_may_not_be_enough(fresh):
    base = fresh.library.every[0]
    both = replace(
        base.classes[0].rule, trigger=Trigger(("published", "licence-ended"), Which.LATEST)
    )
    fresh.library.every[0] = replace(base, classes=(replace(base.classes[0], rule=both),))
    supposed = [
        each for each in fresh.look().supposed if (each.agreement, each.value) == ("EACH", "2030")
    ]
    assert [each.missing for each in supposed] == [("licence-ended",)]


def test_what_is_known_of_datasets_is_told_and_nothing_is_supposed_beside_it(fresh):
    """Welsh data do not depend on the English support: without a nation one would think so."""
    base = fresh.library.every[0]
    nations = (Pattern.parse("s3://records/y/{nation:[a-z]+}/{round:[0-9]{4}}/"),)
    last = replace(base.class_named("last"), datasets=nations)
    english = Support("00/CAG/0000", ("england",), date(2027, 9, 30))
    fresh.library.every[0] = replace(base, classes=(last,), support=(english,))
    fresh.catalogue.replace("EACH", [])
    fresh.know("EACH", "last", [{"nation": "wales", "round": "2030"}])
    told = [
        each for each in fresh.look().supposed if (each.agreement, each.value) == ("EACH", "2030")
    ]
    (row,) = [row for row in fresh.rows if row.name.startswith("EACH")]
    assert tuple(told) == row.expected


def test_a_dataset_says_when_the_event_that_it_awaits_is_expected(world, seen):
    expected = {row.name: [e.expected_on for e in row.expected] for row in world.rows}
    assert expected["EACH/plain/2030"] == [date(2026, 9, 30)]
    assert expected["EACH/plain/2031"] == []


# What is no dataset


def test_placeholder_classes_are_listed_also_without_a_dataset(seen):
    assert [(each.agreement, each.class_name) for each in seen.unagreed] == [
        ("EACH", "draft"),
        ("EACH", "bare"),
    ]
    assert seen.known["EACH", "draft"].datasets == 2
    assert ("EACH", "bare") not in seen.known


def test_rows_of_no_class_come_from_the_last_good_survey(seen):
    assert seen.surveyed == [
        Surveyed("EACH", 57, DAY),
        Surveyed("OVER", 0, DAY, failed=True),
    ]


def test_an_agreement_that_was_never_surveyed_is_said_to_be(fresh):
    fresh.library.every.append(replace(each_kind(), reference="NEVER"))
    assert fresh.look().surveyed[1] == Surveyed("NEVER", 0, None)
    fresh.survey("NEVER", unclassified=3, failed=31)
    assert fresh.look().surveyed[1] == Surveyed("NEVER", 0, None, failed=True)


def test_a_forecast_of_nothing_is_empty_and_whole():
    empty = Foreseen(Versions())
    seen = empty.look()
    assert (seen.datasets, seen.marks, seen.surveyed) == (0, {}, [])


def test_a_forecast_writes_nothing(fresh):
    size = fresh.ledger.size()
    fresh.ledger.on_call = lambda name: (
        name in {"ledger.append", "ledger.append_all"} and (pytest.fail(name))
    )
    fresh.look()
    assert fresh.ledger.size() == size


# Bounds


def test_a_list_keeps_the_first_and_counts_the_rest(world, seen):
    rows = sorted(world.rows, key=lambda row: (row.soonest, row.name))
    for at_most in (1, 5, len(rows), 100):
        short = Shortlist(at_most)
        for row in Random(at_most).sample(rows, len(rows)):
            short.add(row)
        assert short.rows == rows[:at_most]
        assert short.total == len(rows)


def test_many_datasets_make_no_more_lines_than_their_classes_and_days():
    world = Foreseen(Versions(each_kind()))
    world.happened("EACH", "published", "2022", date(2022, 6, 30))
    kind = each_kind().classes[0]
    bindings = [{"round": "2022", "box": str(number)} for number in range(3000)]
    world.know("EACH", kind.name, bindings, placeholders=["round", "box"], size=7)
    seen = world.look()
    assert seen.standing[S.AHEAD] == Tally(3000, 21_000, first="EACH/plain/2022/0")
    assert len(seen.lists[S.AHEAD].rows) == LISTED_MAX
    assert len([mark for mark in seen.marks if mark.what in MAIN]) == 2
    assert marks(seen, What.REVIEW_OPENS)[date(2027, 4, 2), "EACH/plain", ""].datasets == 3000


def test_the_ledger_is_read_a_few_times_for_an_agreement_and_not_for_each_dataset():
    calls = Counter()
    world = Foreseen.one_of_each()
    counting = MemoryLedger(world.clock, on_call=lambda name: calls.update([name]))
    for record in world.ledger.records:
        counting.records.append(record)
        counting._streams[record.stream].append(record)
    world.ledger = counting
    world.look()
    assert sum(calls.values()) < 12


def test_the_step_tells_how_far_it_is():
    told = []
    world = Foreseen.one_of_each()

    class Progress:
        def at(self, what, done, of=None):
            told.append((what, done, of))

    from retention.domain.forecast import Forecast

    rows = foresee(
        Forecast(Window(DAY, 1)),
        library=world.library,
        catalogue=world.catalogue,
        ledger=world.ledger,
        progress=Progress(),
    )
    assert len(list(rows)) == 22
    assert told == [("forecast", 22, 22)]
