"""Locks grow, and end growing; between them there is room for a slip of the finger."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from retention.domain.lockout import MINUTES, WRONG_MAX, locked_for


@given(st.integers(0, 10_000))
def test_one_in_five_locks_and_no_lock_is_longer_than_the_longest(wrong):
    length = locked_for(wrong)
    assert (length is not None) is (wrong > 0 and wrong % WRONG_MAX == 0)
    assert length is None or timedelta(minutes=1) <= length <= timedelta(minutes=15)


def test_they_grow():
    lengths = [locked_for(WRONG_MAX * n) for n in range(1, 10)]
    assert lengths == sorted(lengths)
    assert [each.total_seconds() / 60 for each in lengths[: len(MINUTES)]] == list(MINUTES)


def test_whoever_guesses_all_day_makes_few_guesses():
    minutes, wrong = 0.0, 0
    while minutes < 24 * 60:
        wrong += 1
        if (length := locked_for(wrong)) is not None:
            minutes += length.total_seconds() / 60
    assert wrong <= 500
