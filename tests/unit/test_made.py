"""The agreements that benchmarks are made of stand, and the work of checking them grows as they do."""

import sys

from benchmarks.agreements_made import files
from retention.agreements import dates, expressions, read


def calls(count):
    """How many functions of Python are called to read *count* agreements, with nothing remembered."""
    library = dict(files(count))
    for each in (dates.worst, dates.too_late, dates.too_long, expressions.common, expressions.impossible):  # fmt: skip
        each.cache_clear()
    seen = 0

    def count_one(frame, event, arg):
        nonlocal seen
        seen += event == "call"

    before = sys.getprofile()
    sys.setprofile(count_one)
    try:
        found = read(library)
    finally:
        sys.setprofile(before)
    assert len(found.every) == count
    assert found.remarks == ()
    return seen


def test_twice_as_many_agreements_are_no_more_than_twice_the_work():
    small, large = calls(40), calls(160)
    assert large < 4 * small
