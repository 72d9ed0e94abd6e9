"""The calendar of a forecast, read back by a parser that is not ours."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.standing import MAIN, What
from retention.views.ics import Entry, calendar, forecast_calendar
from tests.support.foreseen import NOW, Foreseen, Versions, each_kind

US = "Invented Processor Ltd"
NASTY = 'a,b;c\\d\ne "f" :x=é統' + "ü" * 90


def entry(**changes):
    return Entry(**{"uid": "u@retention", "on": date(2027, 2, 28), "summary": "s",
                    "description": "d", "category": "c"} | changes)  # fmt: skip


def events(written):
    read = icalendar.Calendar.from_ical(written)
    assert read.errors == []
    return [each for each in read.walk("VEVENT") if each.errors == []]


def of(world, organisation=US, at=NOW, **looking):
    return forecast_calendar(world.look(**looking), organisation, stamped_at=at)


@pytest.fixture
def world():
    return Foreseen.one_of_each()


def test_each_line_of_the_forecast_is_one_all_day_entry(world):
    seen = world.look()
    found = events(of(world))
    assert len(found) == len(seen.marks) + 1
    for each in found:
        assert type(each["DTSTART"].dt) is date
        assert each["DTEND"].dt == each["DTSTART"].dt + timedelta(days=1)
        assert each["DTSTAMP"].dt == NOW
    assert sorted(e["DTSTART"].dt for e in found[1:]) == sorted(mark.on for mark in seen.marks)


def test_an_entry_says_what_comes_for_whom_and_how_many_of_them_wait(world):
    said = {str(each["SUMMARY"]) for each in events(of(world))}
    soft = "last day: must be gone at the latest; an event that is missing may bring it sooner"
    assert {
        "EACH: agreement ends, and no successor is signed (20 datasets, 22 GB)",
        "EACH: legal support ends: 00/CAG/0000 (20 datasets, 22 GB)",
        "EACH: event expected: published 2032",
        "EACH/plain: disposal may begin (1 dataset, 779 MB; it waits for somebody)",
        f"EACH/licence: {soft} (1 dataset, 1.34 MB; it waits for somebody)",
        "Retention forecast made (22 datasets known)",
    } <= said


def test_what_waits_for_somebody_is_in_every_calendar(world):
    (made,) = [e for e in events(of(world)) if "forecast made" in e["SUMMARY"]]
    assert "Overdue: 2; Held: 2; Conflicting: 1" in made["DESCRIPTION"]
    (empty,) = events(of(Foreseen(Versions())))
    assert "waits for somebody: nothing" in empty["DESCRIPTION"]


def test_an_entry_opens_no_door_to_destruction(world):
    for each in events(of(world))[1:]:
        assert "it authorises no destruction" in each["DESCRIPTION"]


def test_names_differ_within_a_calendar_and_between_organisations(world):
    here = [str(each["UID"]) for each in events(of(world))]
    there = [str(each["UID"]) for each in events(of(world, "Another Ltd"))]
    assert len(set(here)) == len(here)
    assert not set(here) & set(there)


def test_the_same_forecast_has_the_same_names_at_another_time(world):
    later = NOW + timedelta(hours=5)
    first, again = of(world), of(world, at=later)
    assert [e["UID"] for e in events(first)] == [e["UID"] for e in events(again)]
    assert first.replace(b"T090000Z", b"T140000Z") == again


def test_an_entry_takes_its_name_along_when_its_day_or_number_changes(world):
    def named():
        return {str(e["UID"]): e for e in events(of(world)) if "EACH/plain" in e["SUMMARY"]}

    before = named()
    world.know("EACH", "plain", [{"round": "2022b"}], placeholders=["round"])
    world.happened("EACH", "published", "2022b", date(2022, 6, 30))
    world.library.every[0] = replace(
        each_kind(),
        events=(replace(each_kind().events[0], per="round"), each_kind().events[1]),
    )
    grown = named()
    assert set(grown) == set(before)
    world.happened("EACH", "published", "2022", date(2022, 5, 31))
    world.happened("EACH", "published", "2022b", date(2022, 5, 31))
    moved = named()
    assert set(moved) == set(before)
    (opens,) = [u for u, e in before.items() if "review opens" in e["SUMMARY"]]
    assert before[opens]["DTSTART"].dt == date(2027, 4, 2)
    assert "2 datasets" in grown[opens]["SUMMARY"]
    assert moved[opens]["DTSTART"].dt == date(2027, 3, 3)


def test_no_dataset_is_named(world):
    written = of(world).decode().replace("\r\n ", "")
    assert not any(row.name in written for row in world.rows)


def test_each_of_the_main_days_has_its_category(world):
    categories = {c for e in events(of(world)) for c in e["CATEGORIES"].cats}
    assert {what.value.replace("_", " ") for what in (*MAIN, What.EXPECTED)} <= categories


# The format


def test_lines_end_and_fold_as_the_standard_says():
    written = calendar([entry(summary=NASTY, description=NASTY * 9)], "n", NOW)
    assert written.endswith(b"END:VCALENDAR\r\n")
    for line in written.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line
        assert b"\r" not in line
        line.decode()  # no character is split
    assert max(map(len, written.split(b"\r\n"))) > 70


def test_what_has_a_meaning_in_a_calendar_is_escaped():
    written = calendar([entry(summary=NASTY[:18])], "a;b", NOW)
    assert b'\r\nSUMMARY:a\\,b\\;c\\\\d\\ne "f" :x=' in written
    assert b"\r\nX-WR-CALNAME:a\\;b\r\n" in written


def test_a_line_of_just_75_octets_is_not_folded():
    for length in (66, 67, 68):  # and "SUMMARY:" before it
        written = calendar([entry(summary="x" * length)], "n", NOW)
        (line,) = [each for each in written.split(b"\r\n") if each.startswith(b"SUMMARY")]
        assert len(line) == min(8 + length, 75)


def test_an_instant_is_written_in_utc():
    at = datetime(2026, 11, 2, 1, 30, tzinfo=timezone(timedelta(hours=5)))
    assert b"DTSTAMP:20261101T203000Z\r\n" in calendar([entry()], "n", at)
    assert b"DTSTAMP:20261102T013000Z" in calendar([entry()], "n", at.replace(tzinfo=UTC))


def test_the_last_day_of_february_ends_on_the_first_of_march():
    (each,) = events(calendar([entry(on=date(2028, 2, 29))], "n", NOW))
    assert each["DTEND"].dt == date(2028, 3, 1)


@given(st.text(max_size=300), st.text(max_size=40))
def test_what_was_written_is_what_is_read(text, name):
    """But for characters that no calendar may hold."""
    written = calendar([entry(summary=text, description=text)], name, NOW)
    (each,) = events(written)
    kept = "".join(c for c in text if c == "\n" or (c.isprintable()))
    assert str(each["SUMMARY"]) == kept
    assert str(each["DESCRIPTION"]) == kept
    assert written.count(b"\r\nBEGIN:VEVENT\r\n") == 1
