"""Ruling 17: what was destroyed was so on the London day of the last success, and of nothing else."""

from datetime import UTC, date, datetime

import pytest

from retention.domain.case import Case
from retention.domain.entry import FACTS, Entry, Record
from retention.steps.residual import destroyed_on

ROOT = "sha256:" + "a" * 64
LATE = datetime(2026, 6, 30, 23, 20, tzinfo=UTC)  # twenty past midnight on 1 July in London
NEXT = datetime(2026, 7, 2, 9, 0, tzinfo=UTC)


def record(kind, at=LATE, **facts):
    blank = dict.fromkeys(FACTS[kind], 0) | {"root": ROOT, "proposal": "sha256:p"}
    return Record(0, "proposal:p", 0, at, kind, blank | facts)


def of(*records):
    case = Case.read([record(Entry.PROPOSED), *records], [])
    return destroyed_on(case, ROOT)


SEEN_GONE = record(Entry.VERIFIED, NEXT, destroyed=2)
TAKEN = record(Entry.OUTCOME, first=0, taken=2)
REFUSED = record(Entry.OUTCOME, NEXT, first=2, refused=2)
INTENT = record(Entry.INTENT, NEXT, first=0)


@pytest.mark.parametrize(
    ("records", "day"),
    [
        ([TAKEN, SEEN_GONE], date(2026, 7, 1)),
        ([TAKEN, REFUSED, SEEN_GONE], date(2026, 7, 1)),
        ([TAKEN, record(Entry.OUTCOME, NEXT, first=2, taken=1), SEEN_GONE], date(2026, 7, 2)),
        ([INTENT, SEEN_GONE], date(2026, 7, 2)),
        ([INTENT, record(Entry.VERIFIED, NEXT, destroyed=0)], None),
        ([TAKEN], None),
    ],
    ids=[
        "the day in London and not that of UTC",
        "a refusal afterwards is no success",
        "of several successes the last",
        "cut off after the order, the intent is what can be shown",
        "nothing was destroyed",
        "nobody has looked yet",
    ],
)
def test_destroyed_on(records, day):
    assert of(*records) == day
