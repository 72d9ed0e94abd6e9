"""The table of moves, read as a graph."""

import itertools

import pytest

from retention.domain.disposition import FORWARD, MOVES, Event, State, advance
from retention.errors import HeldError, TransitionError


def reachable(start, *, without=frozenset(), events=frozenset(Event)):
    seen, edge = {start}, [start]
    while edge:
        here = edge.pop()
        for event in events:
            after = MOVES[event].get(here)
            if after and after not in seen | without:
                seen.add(after)
                edge.append(after)
    return seen


GONE = {
    State.IN_DISPOSAL,
    State.PARTLY_DISPOSED,
    State.VERIFYING,
    State.DISPOSED,
    State.RESIDUAL,
    State.CLOSED,
}
AWAY = GONE | {State.ARCHIVING, State.RETURNING}


def test_every_event_has_a_row():
    assert set(MOVES) == set(Event)


@pytest.mark.parametrize("held", [(), ("INQ-7",)])
@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_pair_is_a_move_or_a_refusal(state, event, held):
    if state not in MOVES[event]:
        with pytest.raises(TransitionError, match=event.name) as caught:
            advance(state, event, held=held)
        assert caught.value.hint
    elif held and event in FORWARD:
        with pytest.raises(HeldError, match="INQ-7") as caught:
            advance(state, event, held=held)
        assert caught.value.hint
    else:
        assert advance(state, event, held=held) is MOVES[event][state]


@pytest.mark.parametrize(
    "gate",
    [State.APPROVED, State.COOLING_OFF, State.IN_REVIEW, State.NOTIFIED, State.PROPOSED],
)
def test_nothing_is_disposed_of_without(gate):
    assert reachable(State.UNCLASSIFIED) >= GONE
    assert not reachable(State.UNCLASSIFIED, without={gate}) & AWAY


def test_dates_alone_lead_no_further_than_due():
    clock = {Event.CLASSIFY, Event.TRIGGER, Event.OPEN_REVIEW, Event.FALL_DUE}
    assert State.DUE in reachable(State.UNCLASSIFIED, events=clock)
    assert not reachable(State.UNCLASSIFIED, events=clock) & (AWAY | {State.NOTIFIED})


@pytest.mark.parametrize("state", sorted(set(State) - GONE))
def test_under_a_hold_nothing_comes_nearer_its_end(state):
    calm = set(Event) - set(FORWARD)
    assert not reachable(state, events=calm) & GONE


def test_every_state_can_be_reached_and_only_two_are_ends():
    assert reachable(State.UNCLASSIFIED) == set(State)
    assert {s for s in State if not any(s in row for row in MOVES.values())} == {
        State.CLOSED,
        State.LOST,
    }


@pytest.mark.parametrize("state", [State.PARTLY_DISPOSED, State.ARCHIVED, State.RECEIPTED])
def test_a_second_disposal_needs_a_second_approval(state):
    assert State.IN_DISPOSAL not in reachable(state, without={State.APPROVED})
