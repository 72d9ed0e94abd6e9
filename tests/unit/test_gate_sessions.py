"""A session ends: by a clock that is stepped here, and when a person drops out."""

import asyncio

import pytest

from retention.gate.sessions import EACH_MAX, IDLE_S, WHOLE_S, Sessions
from retention.gate.standing import Standings
from tests.support.identities import cheap

ADA, BOB = "ada-invented", "bob-invented"
PASSWORD = "a long enough one"


class Stepped:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Stepped()


@pytest.fixture
def identities(tmp_path):
    with cheap(tmp_path, {ADA: PASSWORD, BOB: PASSWORD}) as it:
        yield it


@pytest.fixture
def sessions(identities, clock):
    return Sessions(Standings(identities, now=clock), now=clock)


def begin(sessions, person=ADA):
    return asyncio.run(sessions.begin(person))


def person_of(sessions, token, asked=""):
    return asyncio.run(sessions.person_of(token, asked))


def test_a_session_is_of_who_began_it(sessions):
    tokens = {person: begin(sessions, person) for person in (ADA, BOB)}
    assert {person: person_of(sessions, token) for person, token in tokens.items()} == {
        ADA: ADA,
        BOB: BOB,
    }


@pytest.mark.parametrize("token", ["", "x", "k" * 43, "half\ud800", "ü"])
def test_a_token_that_nobody_was_given_is_nobodys(sessions, token):
    begin(sessions)
    assert person_of(sessions, token) is None


def test_it_ends_an_hour_after_somebody_was_last_there(sessions, clock):
    token = begin(sessions)
    for _ in range(3):
        clock.seconds += IDLE_S - 1
        assert person_of(sessions, token) == ADA
    clock.seconds += IDLE_S
    assert person_of(sessions, token) is None
    clock.seconds = 1
    assert person_of(sessions, token) is None  # what is over never comes back


def test_it_ends_after_a_day_however_busy(sessions, clock):
    token = begin(sessions)
    while clock.seconds < WHOLE_S - 1000:
        assert person_of(sessions, token) == ADA
        clock.seconds += 1000
    clock.seconds = WHOLE_S
    assert person_of(sessions, token) is None


def test_a_page_that_stands_open_and_asks_the_same_keeps_no_session_going(sessions, clock):
    token = begin(sessions)
    asked = ["POST /api/flow_runs/filter", "GET /api/flow_runs/1"]
    while clock.seconds < IDLE_S - 30:
        clock.seconds += 30
        for each in asked:
            assert person_of(sessions, token, each) == ADA
    clock.seconds += 60
    assert person_of(sessions, token, asked[0]) is None


def test_a_page_that_was_not_open_just_now_shows_that_somebody_is_there(sessions, clock):
    token = begin(sessions)
    for n in range(20):
        clock.seconds += IDLE_S / 2
        assert person_of(sessions, token, f"GET /api/flow_runs/{n % 2}") == ADA


def test_a_session_remembers_a_bounded_number_of_what_was_asked(sessions):
    token = begin(sessions)
    for n in range(1000):
        person_of(sessions, token, f"GET /api/flow_runs/{n}")
    (kept,) = sessions._kept.values()
    assert len(kept.asked) <= 200


def test_it_is_over_once_it_is_ended(sessions):
    token = begin(sessions)
    other = begin(sessions)
    sessions.end(token)
    sessions.end(token)
    assert person_of(sessions, token) is None
    assert person_of(sessions, other) == ADA


@pytest.mark.parametrize("change", ["passwd", "disable"])
def test_who_drops_out_is_out_within_seconds(sessions, identities, clock, change):
    token, other = begin(sessions), begin(sessions, BOB)
    if change == "passwd":
        identities.passwd(ADA, "another long enough one")
    else:
        identities.disable(ADA)
    clock.seconds += 2.1
    assert person_of(sessions, token) is None
    assert person_of(sessions, other) == BOB


def test_of_too_many_the_one_that_was_used_longest_ago_ends(sessions, clock):
    tokens = []
    for _ in range(EACH_MAX):
        tokens.append(begin(sessions))
        clock.seconds += 1
    assert person_of(sessions, tokens[0]) == ADA  # so that it is not the one
    of_bob = begin(sessions, BOB)
    clock.seconds += 1
    begin(sessions)
    assert person_of(sessions, tokens[1]) is None
    assert person_of(sessions, tokens[0]) == ADA
    assert person_of(sessions, of_bob) == BOB
    assert len(sessions._kept) == EACH_MAX + 1


def test_sessions_that_are_over_are_not_kept(sessions, clock):
    for _ in range(5):
        begin(sessions)
    clock.seconds += IDLE_S
    begin(sessions, BOB)
    assert len(sessions._kept) == 1


def test_no_token_is_kept(sessions):
    token = begin(sessions)
    assert token not in repr(sessions._kept)
    assert len(token) >= 43  # 256 bits
