"""The lines on which approvers write exceptions: whatever is typed is read in one way, or refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.decision import (
    WHOLE,
    HoldGround,
    Otherwise,
    Verb,
    Verdict,
    read_decision,
)
from retention.errors import AnswerError

DATASETS = [f"INV/patient/{nation}/{year}" for nation in ("england", "wales") for year in range(4)]
ALL = range(1, len(DATASETS) + 1)
REASON = "the invented reason of all of it"
BECAUSE = "because an invented appeal is not heard"
TAILS = {
    Verb.EXTEND: "extend until 2027-03-31",
    Verb.RETURN: "return instead",
    Verb.HOLD: "hold for court",
    Verb.RECLASSIFY: "reclassify to analysis",
    Verb.REFUSE: "refuse",
}


def read(verdict, lines, left=ALL):
    return read_decision(verdict, lines, REASON, DATASETS, left)


@given(
    st.dictionaries(st.sampled_from(list(ALL)), st.sampled_from(list(Verb)), min_size=1, max_size=7)
)
def test_every_exception_written_is_read_back_for_its_own_dataset_and_no_other(chosen):
    lines = "\n".join(f"{n}: {TAILS[verb]} {BECAUSE}" for n, verb in chosen.items())
    decision = read(Verdict.APPROVE_EXCEPT, lines)
    assert {each.number: each.verb for each in decision.exceptions} == chosen
    assert decision.numbers == set(chosen)
    assert all(each.because == BECAUSE.removeprefix("because ") for each in decision.exceptions)
    days = {each.until for each in decision.exceptions if each.verb is Verb.EXTEND}
    assert days <= {date(2027, 3, 31)}


@given(st.sampled_from(list(Verdict)), st.text(max_size=60), st.sets(st.sampled_from(list(ALL))))
def test_any_text_is_read_or_refused_and_never_quoted(verdict, text, left):
    told = ""
    try:
        decision = read(verdict, text, left)
    except AnswerError as fault:
        told = f"{fault} {fault.hint}"
    words = [word for word in text.split() if len(word) > 9 and word.isalnum()]
    assert not [word for word in words if word in told]
    if told:
        return
    assert decision.numbers <= left
    if verdict.approves:
        assert text.strip().casefold() == "none" or decision.numbers


@given(st.sampled_from([v for v in WHOLE if WHOLE[v] not in {Verb.EXTEND, Verb.RECLASSIFY}]))
def test_a_verb_for_the_whole_list_takes_every_dataset_with_the_reason_of_all(verdict):
    decision = read(verdict, "none", left={1, 3})
    assert decision.numbers == {1, 3}
    assert {(each.verb, each.because) for each in decision.exceptions} == {(WHOLE[verdict], REASON)}


@pytest.mark.parametrize(
    ("target", "numbers"),
    [
        ("2", {2}),
        ("2, 5", {2, 5}),
        ("2-4", {2, 3, 4}),
        ("1, 3-4", {1, 3, 4}),
        ("england/2", {3}),
        ("INV/patient/wales/0", {5}),
        ("patient/wales/1, 2", {6, 2}),
    ],
)
def test_a_dataset_is_named_by_its_number_by_a_range_or_by_the_end_of_its_id(target, numbers):
    assert read(Verdict.APPROVE_EXCEPT, f"{target}: refuse {BECAUSE}").numbers == numbers


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("2", "line 1: it cannot be read"),
        ("2: destroy", "line 1: it cannot be read"),
        ("2: approve because it is fine", "line 1: it cannot be read"),
        ("\n2: refuse because enough said\n\nwat", "line 4: it cannot be read"),
        ("0: refuse", "numbers 1 to 8"),
        ("9: refuse", "numbers 1 to 8"),
        ("4-2: refuse", "numbers 1 to 8"),
        ("2: extend until soon because it is needed", "2027-03-31"),
        ("2: extend because it is needed", "cannot be read"),
        ("2: hold for foi because of a request", "request with a clock"),
        ("2: reclassify to ../x because of what it is", "name of no class"),
        ("land/2: refuse", "no dataset of the list"),
        ("2: refuse because short", "its reason has 10"),
        ("2: refuse", "number 2: say why"),
        ("none\n2: refuse", "line 1"),
        ("2: refuse because it is asked\n1-3: hold because it is asked", "line 2: number 2 stands"),
    ],
)
def test_every_line_that_cannot_stand_is_named_by_its_number(lines, fault):
    with pytest.raises(AnswerError, match=fault):
        read(Verdict.APPROVE_EXCEPT, lines)


def test_all_faults_are_told_at_once():
    with pytest.raises(AnswerError) as told:
        read(Verdict.APPROVE_EXCEPT, "9: refuse\nx\n2: extend until soon")
    assert [f"line {n}" in str(told.value) for n in (1, 2, 3)] == [True] * 3


def test_an_end_that_two_datasets_share_names_neither():
    twins = ["INV/patient/north/1", "INV/patient/south/1"]
    with pytest.raises(AnswerError, match="fits 2 datasets: write their numbers, 1, 2"):
        read_decision(
            Verdict.APPROVE_EXCEPT, f"1: refuse {BECAUSE}\n/1: refuse", "x", twins, {1, 2}
        )


def test_what_an_earlier_approver_left_out_is_not_decided_again():
    with pytest.raises(AnswerError, match="number 2 is not among those that are asked about"):
        read(Verdict.APPROVE_EXCEPT, f"2: refuse {BECAUSE}", left={1, 3})


@pytest.mark.parametrize("verdict", [Verdict.EXTEND, Verdict.RECLASSIFY])
def test_an_extension_says_until_when_for_every_dataset(verdict):
    tail = TAILS[WHOLE[verdict]]
    with pytest.raises(AnswerError, match="a line for each number, or one for all"):
        read(verdict, "none")
    with pytest.raises(AnswerError, match="a line for each number, or one for all"):
        read(verdict, f"1: {tail}")
    decision = read(verdict, f"all: {tail}")
    assert decision.numbers == set(ALL)
    assert {each.because for each in decision.exceptions} == {REASON}


def test_a_whole_verb_takes_no_line_of_another_verb():
    with pytest.raises(AnswerError, match="its lines can only say hold"):
        read(Verdict.HOLD, f"1: refuse {BECAUSE}")


def test_a_hold_is_a_precaution_unless_its_ground_is_said():
    lines = f"1: hold {BECAUSE}\n2: hold for Court {BECAUSE}\n3: HOLD for statutory {BECAUSE}"
    found = read(Verdict.APPROVE_EXCEPT, lines).exceptions
    assert [each.ground for each in found] == [
        HoldGround.PRECAUTION,
        HoldGround.COURT,
        HoldGround.STATUTORY,
    ]
    assert found[0] == Otherwise(1, Verb.HOLD, BECAUSE.removeprefix("because "))
