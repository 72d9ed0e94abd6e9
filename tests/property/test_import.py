"""Tables of events: whatever a file holds, it is taken whole as it says, or refused and told why."""

import contextlib
import csv
import io
import random
import re
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from retention.domain.calendar import days_in
from retention.domain.entry import Entry
from retention.domain.events import events_in
from retention.errors import AgreementError, RefusedError
from retention.steps.record.events import plan_event
from retention.steps.record.importing import plan_import, template
from retention.steps.record.table import (
    BYTES_MAX,
    COLUMNS,
    ROWS_MAX,
    FaultyTableError,
    header_line,
    read_table,
)
from tests.support.recording import surveyed_world, taken_as_shown

REASON = "from the minutes of each round"
ROUNDS = [str(year) for year in range(2010, 2022)]
FILES = {"minutes.txt": b"minutes", "more/other.pdf": b"%PDF", "empty.txt": b" \n"}
MUTATIONS = 400


def files(name):
    if name not in FILES:
        raise RefusedError("there is no such file", hint="put it beside the table")
    return FILES[name]


def written(rows, newline="\r\n"):
    out = io.StringIO()
    csv.writer(out, lineterminator=newline).writerows(rows)
    return out.getvalue()


HEADER = header_line().split(",")
REAL = written(
    [
        HEADER,
        *(
            ["INV", "round-published", each, f"{int(each) + 1}-06-30", "minutes.txt", ""]
            for each in ROUNDS
        ),
        [
            "INV",
            "ended-not-renewed",
            "",
            "2026-10-01",
            "more/other.pdf",
            'He said: "it ended",\nhe did',
        ],
    ]
).encode()


@pytest.fixture(scope="module")
def world():
    """Rounds that a survey has seen, and none published."""
    return surveyed_world(rounds=("2019", "2020"), published=())


def plan(world, content, by="both-01", reason=REASON):
    lines, faults = read_table(content)
    person = next(p for p in world.library.people() if p.id == by)
    person = type(person)(person.id, person.name, (*person.roles, "audit-lead"), None)
    return plan_import(lines, faults, by=person, reason=reason, files=files, ports=world.recording)


def error_of(look, *arguments, **named):
    """Return the FaultyTableError that *look* raises, or None."""
    try:
        look(*arguments, **named)
    except FaultyTableError as error:
        return error
    return None


def faults(world, content, **who):
    """Return what is wrong, each as (row, column); a table that stands has none."""
    size = world.ledger.size()
    error = error_of(plan, world, content, **who)
    assert world.ledger.size() == size, "a plan writes nothing"
    if error is None:
        return []
    assert error.exit_code == 10
    assert error.faults
    assert all(fault.what and fault.hint for fault in error.faults)
    return [(fault.row, fault.column) for fault in error.faults]


def table(*rows, header=HEADER):
    return written([header, *rows]).encode()


def row(agreement="INV", event="round-published", value="2019", on="2020-06-30", evidence="minutes.txt", reason=""):  # fmt: skip
    return [agreement, event, value, on, evidence, reason]


# What stands


def test_a_table_is_recorded_in_its_order_in_one_transaction():
    world = surveyed_world(rounds=("2019", "2020"), published=())
    planned = plan(world, REAL)
    assert len(planned.preview.lines) == 13
    taken_as_shown(world, planned)
    events = world.kinds(Entry.EVENT)
    assert [r.text("value") for r in events] == [*ROUNDS, ""]
    assert {r.at for r in events} == {events[0].at}
    assert world.evidence.read(events[0].text("evidence")) == b"minutes"
    assert b'He said: \\"it ended\\",\\nhe did' in world.evidence.read(events[-1].text("reason"))
    assert REASON.encode() in world.evidence.read(events[0].text("reason"))
    assert faults(world, REAL) == [(n, "") for n in range(2, 15)], "it is recorded already"


@pytest.mark.parametrize(
    "content",
    [
        REAL,
        b"\xef\xbb\xbf" + REAL,  # with a byte order mark, as spreadsheets write it
        REAL.replace(b"\r\n", b"\n"),
        REAL + b"\r\n\r\n,,,,,\r\n",  # lines that a spreadsheet leaves behind
        REAL.rstrip(),
    ],
)
def test_however_a_spreadsheet_writes_it_it_is_the_same_table(world, content):
    assert plan(world, content).preview == plan(world, REAL).preview


def test_the_columns_may_stand_in_any_order_and_the_reason_may_be_left_out(world):
    content = table(
        ["2020-06-30", "2019", "minutes.txt", "INV", "round-published"],
        header=["on", "value", "evidence", "agreement", "event"],
    )
    assert plan(world, content).preview.lines == plan(world, table(row())).preview.lines


def test_a_row_that_corrects_says_what_it_replaces():
    world = surveyed_world()
    (line,) = plan(world, table(row(on="2020-07-31"))).preview.lines
    assert "replaces 30 June 2020, recorded by audit-01" in line


def test_two_rows_may_record_a_second_use_and_its_end_in_either_order():
    world = surveyed_world()
    back = row(event="returned-to-use", value="INV/patient/2019", on="2026-08-01")
    ceased = row(event="use-ceased", value="INV/patient/2019", on="2026-09-30")
    assert faults(world, table(back, ceased)) == []
    assert faults(world, table(ceased, back)) == []
    assert faults(world, table(ceased)) == [(2, "on")]


def test_a_disposal_that_a_row_shows_too_early_is_raised_with_it():
    world = surveyed_world(rounds=("2019",))
    proposal = world.propose_all()
    world.approve(proposal)
    world.dispose(proposal)
    planned = plan(world, table(row(value="2018"), row(on="2021-09-30")))
    assert any("too early" in note for note in planned.preview.notes)
    planned.write(world.recording)
    raised = [r.text("incident") for r in world.kinds(Entry.INCIDENT)]
    assert raised == ["destroyed-early"]


# What does not stand


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        (row(agreement="INVV"), "agreement"),
        (row(agreement=""), "agreement"),
        (row(event="round-publisht"), "event"),
        (row(event=""), "event"),
        (row(value="20199"), "value"),
        (row(value=""), "value"),
        (row(value=" 2019"), "value"),
        (row(value="2019\u200b"), "value"),
        (row(value="\u0662\u0660\u0661\u0669"), "value"),  # other digits
        (row(value="=2019"), "value"),
        (row(value="+2019"), "value"),
        (row(value="-2019"), "value"),
        (row(value="@2019"), "value"),
        (row(value="2019\x00"), "value"),
        (row(event="ended-not-renewed"), "value"),
        (row(event="returned-to-use", value="INV/patient/2050"), "value"),
        (row(event="returned-to-use", value="=INV/patient/2019"), "value"),
        (row(on="30/06/2020"), "on"),
        (row(on="2026-11-03"), "on"),
        (row(on="2020-13"), "on"),
        (row(on=""), "on"),
        (row(on="=2020"), "on"),
        (row(evidence="none.txt"), "evidence"),
        (row(evidence="empty.txt"), "evidence"),
        (row(evidence=""), "evidence"),
        (row(evidence="@minutes.txt"), "evidence"),
        (row(reason="tiny"), "reason"),
        (row(reason="x" * 4_001), "reason"),
        (row()[:-1], ""),
        ([*row(), ""], ""),
    ],
)
def test_a_fault_is_told_by_its_row_and_column_and_repeats_no_cell(world, bad, column):
    content = table(row(value="2018"), bad, row(value="2017"))
    assert faults(world, content) == [(3, column)]
    with pytest.raises(FaultyTableError) as refused:
        plan(world, content)
    for cell in bad:
        said = str(refused.value)
        assert len(cell) < 5 or cell in {*row(), "ended-not-renewed"} or cell not in said


def test_every_fault_of_every_row_is_told_at_once(world):
    content = table(
        row(value="20199", on="2044-01-01", evidence="none.txt", reason="short"),
        row(agreement="=INV", event="x"),
        row(value="2018")[:-1],
        row(value="2017"),
        row(value="2017", on="2019"),
    )
    assert sorted(faults(world, content)) == [
        (2, "evidence"),
        (2, "on"),
        (2, "reason"),
        (2, "value"),
        (3, "agreement"),
        (4, ""),
        (6, ""),
    ]


def test_who_may_not_record_one_of_the_events_records_none(world):
    content = table(row(), row(event="ended-not-renewed", value="", on="2026-10-01"))
    assert faults(world, content, by="audit-01") == [(3, "event")]
    assert faults(world, content, by="iao-01") == [(3, "event")]


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"", (1, "")),
        (b"\xef\xbb\xbf", (1, "")),
        (REAL.decode().encode("utf-16"), (1, "")),
        (REAL.replace(b"minutes", b"m\xe9nutes"), (1, "")),
        (REAL.replace(b",", b";"), (1, "")),
        (REAL.replace(b"agreement", b"agrement"), (1, "")),
        (b"agreement," + REAL, (1, "agreement")),
        (table(row()).replace(b",value", b"").replace(b",2019,", b","), (1, "value")),
        (header_line().encode(), (1, "")),
        (table(), (1, "")),
        (table(row()) + b'"', (3, "")),
        (table(row()) + b'INV,"a"b', (3, "")),
        (b"x" * (BYTES_MAX + 1), (1, "")),
        (table(*[row()] * (ROWS_MAX + 1)), (1, "")),
        (table([*row()[:-1], "x" * 200_000]), (2, "")),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_whole(world, content, where):
    assert where in faults(world, content)


def test_the_limits_are_taken(world):
    rows = [row(value=f"{1000 + n}", on="2020") for n in range(ROWS_MAX)]
    assert len(plan(world, table(*rows)).acts) == ROWS_MAX


def test_the_template_asks_for_what_is_waited_for_and_nothing_that_could_run():
    world = surveyed_world(rounds=("2019", "2020", "2021"), published=("2020",))
    rows = list(csv.DictReader(io.StringIO(template(world.recording), newline="")))
    assert [list(each) for each in rows] == [list(COLUMNS)] * 2
    assert [(e["agreement"], e["event"], e["value"], e["on"]) for e in rows] == [
        ("INV", "round-published", "2019", ""),
        ("INV", "round-published", "2021", ""),
    ]


# Whatever a file holds


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
