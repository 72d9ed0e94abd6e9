"""Tables of events: whatever a file holds, it is taken whole as it says, or refused and told why."""

import csv
import io

import pytest

from retention.domain.entry import Entry
from retention.domain.pattern import Pattern
from retention.steps.record.events import plan_event
from retention.steps.record.importing import template
from retention.steps.record.table import (
    BYTES_MAX,
    COLUMNS,
    ROWS_MAX,
    FaultyTableError,
    header_line,
)
from tests.support.recording import change_class, surveyed_world, taken_as_shown
from tests.support.tables import REAL, REASON, ROUNDS, faults, plan, row, table


@pytest.fixture(scope="module")
def world():
    """Rounds that a survey has seen, and none published."""
    return surveyed_world(rounds=("2019", "2020"), published=())


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


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_what_a_spreadsheet_would_run_is_never_a_name_whatever_the_agreement_allows(sign):
    world = surveyed_world()
    anything = Pattern.parse("s3://records/patient/{round:[ -~]+}/")
    change_class(world, datasets=(anything,), copies=())
    assert faults(world, table(row(value="2 + 2"))) == []
    assert faults(world, table(row(value=f"{sign}2+2"))) == [(2, "value")]


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


def test_the_template_names_the_dataset_whose_second_use_goes_on():
    world = surveyed_world()
    world.record(plan_event, "INV", "returned-to-use", "INV/patient/2019", "2026-03-01")
    rows = template(world.recording).splitlines()
    assert any(row.startswith("INV,use-ceased,INV/patient/2019,") for row in rows), rows
