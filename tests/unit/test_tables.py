"""Tables for people fit a terminal, and lose nothing by it."""

import click
import pytest

from retention.cli.common import table_lines

WHY = "held by H-0002 (precaution); nobody has recorded the event report-published; " * 3
ROWS = [
    {"datasets": 12, "class": "EXAMPLE/questionnaires", "why": WHY.strip()},
    {"datasets": 3, "class": "EXAMPLE/children", "why": "held by H-0002 (precaution)"},
]


def plain(rows):
    return [click.unstyle(line) for line in table_lines(rows)]


def test_a_table_that_fits_has_one_line_for_each_row():
    assert plain(ROWS[1:]) == [
        "  datasets  class             why",
        "  3         EXAMPLE/children  held by H-0002 (precaution)",
    ]


@pytest.mark.parametrize("columns", [40, 100, 130])
def test_a_wide_table_is_wrapped_between_words(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = plain(ROWS)
    assert max(map(len, lines)) <= max(100, columns)
    said = " ".join(" ".join(lines).split())
    assert said.count("held by H-0002 (precaution);") == 3
    assert len(lines) > 3
    begins = lines[0].index("why")
    assert all(line[:begins].isspace() for line in lines[2:-1]), "what goes on stays in its column"


def test_what_has_no_spaces_is_never_broken():
    name = "EXAMPLE/" + "x" * 150
    assert any(name in line for line in plain([{"dataset": name, "size": "1 GB"}]))


def test_what_is_read_at_a_glance_stays_on_one_line():
    glance = {"state": "in force, unconfirmed", "may go from": "2022-04-01 → 2020-04-01"}
    long = {"dataset": "EXAMPLE/questionnaires/2015", "place": "EXAMPLE/questionnaires/2016 too"}
    lines = plain([{**glance, **long, "gone by": "2022-12-30 → 2020-12-30"}])
    assert len(lines[1]) > 100, "there is no room to wrap in"
    assert "in force, unconfirmed  2022-04-01 → 2020-04-01  EXAMPLE" in lines[1]


def test_a_cell_with_nothing_in_it_keeps_its_column():
    assert plain([{"a": "", "b": "x" * 120}])[1] == "     " + "x" * 120
