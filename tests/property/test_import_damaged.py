"""Whatever a file holds, it is taken whole as it says, or refused and told why."""

import contextlib
import csv
import io
import random
import re
from datetime import date

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from retention.domain.calendar import days_in
from retention.domain.entry import Entry
from retention.domain.events import events_in
from retention.errors import AgreementError
from retention.steps.record.events import plan_event
from retention.steps.record.table import COLUMNS, read_table
from tests.support.recording import surveyed_world
from tests.support.tables import FILES, HEADER, REAL, error_of, faults, plan, row, table, written

MUTATIONS = 400


def as_it_says(content):
    """Read a table a second time, without any of our code, or None if it is not one."""
    try:
        text = content.decode("utf-8-sig")
        found = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    return [dict(zip(found[0], cells, strict=True)) for cells in found[1:] if any(cells)]


def assert_right(content):
    """Assert that *content* is refused, with nothing written, or recorded exactly as it says."""
    world = surveyed_world(rounds=("2019", "2020"), published=())
    if faults(world, content):
        return False
    before = world.ledger.size()
    plan(world, content).write(world.recording)
    recorded = [r for r in world.ledger.records[before:] if r.kind is Entry.EVENT]
    says = as_it_says(content)
    assert len(says) == len(recorded)
    seen = set()
    for cells, record, event in zip(says, recorded, events_in(recorded), strict=False):
        assert set(cells) <= set(COLUMNS)
        assert (cells["agreement"], cells["event"]) == (
            record.text("agreement"),
            record.text("event"),
        )
        assert cells["on"] == record.text("on")
        assert days_in(cells["on"])[0] <= date(2026, 11, 2)
        assert world.evidence.read(record.text("evidence")) == FILES[cells["evidence"]]
        if cells["event"] == "round-published":
            assert re.fullmatch("[0-9]{4}", cells["value"])
            assert event.value == cells["value"]
        else:
            assert (cells["event"], cells["value"]) == ("ended-not-renewed", "")
        assert (cells["event"], cells["value"]) not in seen
        seen.add((cells["event"], cells["value"]))
    return True


SIGNS = [*"=+-@,;\"'\n\r\t\x00 0129aZ/\\", "\ufeff", "\u200b", "é", "，", "\r\n", '""', ",,"]


def cut(dice, content, at):
    return content[:at] + content[at + dice.randint(1, 4) :]


def insert(dice, content, at):
    return content[:at] + dice.choice(SIGNS).encode() + content[at:]


def overwrite(dice, content, at):
    return content[:at] + bytes([dice.randrange(256)]) + content[at + 1 :]


def end_early(dice, content, at):
    return content[:at]


def say_a_line_twice(dice, content, at):
    lines = content.split(b"\r\n")
    lines.insert(dice.randrange(len(lines)), dice.choice(lines))
    return b"\r\n".join(lines)


def shuffle(dice, content, at):
    lines = content.split(b"\r\n")
    dice.shuffle(lines)
    return b"\r\n".join(lines)


def put_one_cell_in_place_of_another(dice, content, at):
    lines = content.split(b"\r\n")
    number = dice.randrange(len(lines))
    cells = lines[number].split(b",")
    cells[dice.randrange(len(cells))] = dice.choice(dice.choice(lines).split(b","))
    lines[number] = b",".join(cells)
    return b"\r\n".join(lines)


def end_lines_otherwise(dice, content, at):
    return content.replace(b"\r\n", dice.choice([b"\n", b"\r", b"\n\r"]))


def mistake_a_sign(dice, content, at):
    return content.replace(dice.choice(SIGNS).encode(), dice.choice(SIGNS).encode(), 1)


DAMAGES = [
    cut,
    insert,
    overwrite,
    end_early,
    say_a_line_twice,
    shuffle,
    put_one_cell_in_place_of_another,
    end_lines_otherwise,
    mistake_a_sign,
]


def mutated(dice):
    """Return the real table with one to three things wrong in it, as a hand or a disk does."""
    content = REAL
    for _ in range(dice.randint(1, 3)):
        content = dice.choice(DAMAGES)(dice, content, dice.randrange(len(content) + 1))
    return content


def test_hundreds_of_mutations_of_a_real_table_are_taken_as_they_say_or_refused():
    dice = random.Random(20261102)
    ended = [assert_right(mutated(dice)) for _ in range(MUTATIONS)]
    assert 20 < sum(ended) < MUTATIONS / 2, "some still stand, and most do not"


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_whatever_the_bytes_it_is_a_table_or_a_fault(content):
    error = error_of(read_table, content)
    assert error is None or error.faults


CELL = st.one_of(
    st.sampled_from(
        ["INV", "round-published", "ended-not-renewed", "2019", "2020-06-30", "minutes.txt", ""]
    ),
    st.text(max_size=12),
)


@given(st.lists(st.lists(CELL, min_size=5, max_size=7), max_size=6))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([["INV", "round-published", "2019", "2020-06-30", "minutes.txt", "\x00" * 10]])
@example([["INV", "round-published", "\ud7ff", "2020", "minutes.txt", ""]])
def test_whatever_the_cells_it_is_taken_as_it_says_or_refused(rows):
    assert_right(written([HEADER, *rows]).encode("utf-8", "replace"))


SOME_DAY = st.sampled_from(
    ["2020", "2020-02", "2020-02-29", "2021-02-29", "2026-11-02", "2026-11-03"]
)


@given(
    on=st.one_of(SOME_DAY, st.dates().map(str), st.text(max_size=12)),
    value=st.one_of(st.sampled_from(["2019", "1999", "20199"]), st.text(max_size=6)),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_row_stands_if_and_only_if_the_same_event_alone_does(on, value):
    world = surveyed_world(rounds=("2019",), published=())
    with contextlib.suppress(AgreementError):
        world.record(plan_event, "INV", "round-published", value, on, by="audit-01")
    alone = bool(world.kinds(Entry.EVENT))
    world = surveyed_world(rounds=("2019",), published=())
    content = table(row(value=value, on=on)).decode().encode("utf-8", "replace")
    plain = value == value.strip() and not value.startswith(("=", "+", "-", "@"))
    assert (not faults(world, content)) == (alone and plain)
