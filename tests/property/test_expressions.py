"""What two placeholders have in common: the automaton against trying every short value."""

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.agreements.expressions import common, impossible
from retention.agreements.places import is_personal

ALPHABET = "ab0-/"
VALUES = [
    "".join(letters)
    for length in range(1, 5)
    for letters in itertools.product(ALPHABET, repeat=length)
]
SEGMENTS = [value for value in VALUES if "/" not in value]

atoms = st.sampled_from(
    ["a", "b", "0", "-", ".", "[ab]", "[^a]", "[a-b]", "[0-9]", r"\d", r"\w", r"\-", "[^/]", "/", "^", "$", r"[\]a]", "[]b]"]
)  # fmt: skip
counts = st.sampled_from(
    ["", "", "", "*", "+", "?", "{2}", "{0}", "{1,2}", "{,2}", "{2,}", "*?", "??"]
)


def grow(inner):
    groups = inner.map(lambda each: f"(?:{each})") | inner.map(lambda each: f"({each})")
    parts = st.tuples(atoms | groups, counts).map("".join)
    sequences = st.lists(parts, min_size=1, max_size=4).map("".join)
    return sequences | st.tuples(sequences, sequences).map("|".join)


expressions = st.recursive(atoms, grow, max_leaves=6)


def compiles(text):
    try:
        re.compile(text)
    except (re.error, FutureWarning):  # neither is an expression that a place may have
        return False
    return True


@settings(max_examples=500, deadline=None)
@given(expressions.filter(compiles), expressions.filter(compiles))
def test_a_value_in_common_is_found_if_there_is_a_short_one(one, other):
    found = common(one, other)
    short = [v for v in SEGMENTS if re.fullmatch(one, v) and re.fullmatch(other, v)]
    if found is not None:
        assert re.fullmatch(one, found)
        assert re.fullmatch(other, found)
        assert found
        assert "/" not in found
        assert not short or len(found) <= min(map(len, short))
    else:
        assert short == []


@settings(max_examples=500, deadline=None)
@given(expressions.filter(compiles))
def test_what_is_impossible_matches_no_segment(expression):
    assert not (impossible(expression) and any(re.fullmatch(expression, v) for v in SEGMENTS))


@settings(max_examples=300, deadline=None)
@given(st.text(ALPHABET + "()[]{}|*+?.^$\\,12dwsbA", max_size=24))
def test_any_expression_at_all_has_an_answer(text):
    if compiles(text):
        impossible(text)
        assert common(text, "[^/]+") is None or not impossible(text)


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        ("[0-9]{4}", "20[0-9]{2}", "2000"),
        ("[A-Z]{2}[0-9]{4}", "AB[0-9]+", "AB0000"),
        ("[a-z-]+", "[A-Z]+", None),
        (r"\d{2}", "[0-9]+", "00"),
        (r"\s", "[^a]", "\t"),
        ("x*", "y*", None),  # nothing is no folder
        (".+", "a/b", None),
        ("[0-9]{1,3}", "[0-9]{4,9}", None),
    ],
)
def test_what_records_managers_write(one, other, met):
    assert common(one, other) == common(other, one) == met


@pytest.mark.parametrize(
    "expression", ["a{0}", r"[^\s\S]", "a^b", "a$b", "/", "x{0}y{0}", "(?:/)+"]
)
def test_what_matches_no_folder_name(expression):
    assert impossible(expression)


@pytest.mark.parametrize(
    "expression",
    [r"(a)\1", r"a\b", "(?:(?:a{40}){40}){40}", "a{1,1400}b{1,1400}", "[0-9]{4}", r"\Aa\Z", "a++"],
)
def test_what_is_not_decided_is_not_called_impossible(expression):
    assert not impossible(expression)


@pytest.mark.parametrize(
    "name",
    ["patient", "patients", "patient_id", "person", "name", "nhs-number", "nhs_no", "email", "e-mail",
     "staff-member", "staff", "clinician-code", "first-name", "surname", "date-of-birth", "postcode",
     "user", "client-ref", "carer", "mrn", "address", "names"],
)  # fmt: skip
def test_a_placeholder_that_tells_who(name):
    assert is_personal(name)


@pytest.mark.parametrize(
    "name",
    ["nation", "round", "year", "month", "extract", "box", "project", "site-name", "trust-code",
     "organisation", "staff-group", "patient-group", "consultation", "personal", "namespace", "part"],
)  # fmt: skip
def test_a_placeholder_that_tells_nobody(name):
    assert not is_personal(name)
