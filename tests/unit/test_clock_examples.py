"""The clock against its worked examples: each row can be checked with a pencil, and is checked here."""

from collections import Counter
from datetime import date

import pytest

from retention.agreements.build import CUT_OFFS as AS_WRITTEN
from tests.support.examples import CUT_OFFS, answer, examples

EXAMPLES = examples()
FOLLOWS = [each for each in EXAMPLES if "gives" in each.row]
REFUSED = [each for each in EXAMPLES if "refused" in each.row]


@pytest.mark.parametrize("example", FOLLOWS, ids=str)
def test_what_the_pencil_says(example):
    got = answer(example)
    said = example.gives
    reason = said.pop("reason", None)
    assert {name: got[name] for name in said} == said, example.row["line"]
    if example.asks != "dataset":
        # What such a row leaves out is not there.
        assert {name: value for name, value in got.items() if value not in (None, [])} == said
    if reason is not None:
        assert reason in got["reason"]


@pytest.mark.parametrize("example", REFUSED, ids=str)
def test_what_is_refused(example):
    with pytest.raises((ValueError, OverflowError), match=example.row["refused"]):
        answer(example)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_the_line_shows_every_day_that_the_row_gives(example):
    days = [v for v in example.row.get("gives", {}).values() if isinstance(v, date)]
    missing = [day for day in days if f"{day.day} {day:%b %Y}" not in example.row["line"]]
    assert not missing


def test_every_row_either_gives_or_refuses():
    assert len(FOLLOWS) + len(REFUSED) == len(EXAMPLES)
    assert len(EXAMPLES) >= 120
    known = {"ruling", "line", "gives", "refused"}
    assert all(known - set(each.row) in ({"gives"}, {"refused"}) for each in EXAMPLES)


def test_no_two_rows_ask_the_same():
    asked = Counter(
        repr((each.asks, sorted((k, v) for k, v in each.row.items() if k not in {"line", "gives"})))
        for each in EXAMPLES
    )
    assert [each for each, times in asked.items() if times > 1] == []


def test_every_ruling_of_the_clock_has_its_examples():
    assert {each.row["ruling"] for each in EXAMPLES} == set(range(1, 20))


def test_a_cut_off_means_in_the_tables_what_it_means_in_an_agreement():
    assert dict(AS_WRITTEN) == CUT_OFFS
