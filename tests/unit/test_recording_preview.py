"""A preview as people read it, and as programs do: thousands as few, and never a part as all."""

from datetime import date

import pytest

from retention.views.preview import (
    NOT_KNOWN,
    SHOWN_MAX,
    Change,
    Preview,
    Row,
    preview_json,
    preview_lines,
    table_json,
)

OPENS = (Row("may go from", NOT_KNOWN, date(2026, 4, 1)), Row("held by", (), ("H-0001", "H-0002")))
STAYS = (Row("stands at", "due", "due"),)


def change(number, rows=OPENS):
    return Change(f"INV/patient/{number:04}", 1_000_000, 10, rows)


def read(preview):
    return "\n".join(preview_lines(preview))


def test_what_changes_alike_is_read_together():
    changes = (change(1), change(2, STAYS), change(3))
    assert (
        read(Preview("Do this.", changes, ("Mind that.",)))
        == """\
Do this.

It touches 3 datasets, 30 object versions, 3 MB:

  INV/patient/0001       1 MB
  INV/patient/0003       1 MB
      may go from  not known  ->  1 April 2026
      held by      none  ->  H-0001, H-0002

  INV/patient/0002       1 MB
      stands at  due

! Mind that."""
    )


def test_what_touches_nothing_says_so():
    assert read(Preview("Do this.", untouched="It holds nothing yet.")) == (
        "Do this.\n\nIt holds nothing yet."
    )


@pytest.mark.parametrize("extra", [0, 1, 500])
def test_of_many_alike_the_rest_is_counted(extra):
    many = tuple(change(n) for n in range(SHOWN_MAX + extra))
    said = read(Preview("Do this.", many))
    assert said.count("INV/patient/") == SHOWN_MAX
    assert (f"and {extra} more that change like these" in said) == bool(extra)
    assert f"It touches {SHOWN_MAX + extra} datasets" in said


def test_of_many_that_differ_the_rest_is_counted_and_where_to_find_it_said():
    many = tuple(change(n, (Row("stands at", "due", str(n)),)) for n in range(SHOWN_MAX + 40))
    said = read(Preview("Do this.", many))
    assert said.count("INV/patient/") == SHOWN_MAX
    assert "and 40 more datasets, counted above: `--preview --json` lists each" in said


def test_of_many_parts_the_rest_is_counted():
    said = read(Preview("Do this.", lines=tuple(f"row {n}" for n in range(SHOWN_MAX + 5))))
    assert said.count("row ") == SHOWN_MAX
    assert "and 5 more, which --json lists" in said


def test_programs_are_given_every_dataset_and_part():
    many = tuple(change(n) for n in range(SHOWN_MAX + 500))
    parts = tuple(f"row {n}" for n in range(SHOWN_MAX + 5))
    found = preview_json(Preview("Do this.", many, ("Mind that.",), parts))
    assert len(found["touches"]) == found["datasets"] == SHOWN_MAX + 500
    assert len(found["parts"]) == SHOWN_MAX + 5
    assert found["bytes"] == 1_000_000 * (SHOWN_MAX + 500)
    assert found["touches"][0] == {
        "dataset": "INV/patient/0000",
        "objects": 10,
        "bytes": 1_000_000,
        "inventories": [],
        "changes": [
            {"what": "may go from", "before": None, "after": "2026-04-01"},
            {"what": "held by", "before": [], "after": ["H-0001", "H-0002"]},
        ],
    }


def test_days_of_a_table_are_written_as_programs_read_them():
    assert table_json([{"on": date(2026, 4, 1), "of": "2019"}]) == [
        {"on": "2026-04-01", "of": "2019"}
    ]
