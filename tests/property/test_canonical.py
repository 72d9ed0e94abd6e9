"""One value, one spelling; one spelling, one value."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.canonical import canonical, digest_of

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


def shuffled(value, data):
    """Return an equal value that was put together in another order."""
    if isinstance(value, dict):
        names = data.draw(st.permutations(list(value)))
        return {name: shuffled(value[name], data) for name in names}
    if isinstance(value, list):
        return tuple(shuffled(each, data) for each in value)
    return value


@given(plain, st.data())
def test_an_equal_value_has_the_same_spelling(value, data):
    assert canonical(shuffled(value, data)) == canonical(value)


@given(plain)
def test_a_spelling_is_read_back_as_the_value_and_written_again_the_same(value):
    assert json.loads(canonical(value)) == value
    assert canonical(json.loads(canonical(value))) == canonical(value)


@given(plain, plain)
def test_two_values_never_share_a_spelling(one, other):
    # Python thinks that True is 1; on paper they differ.
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    assert (canonical(one) == canonical(other)) is same
    assert (digest_of(one) == digest_of(other)) is same


@pytest.mark.parametrize(
    "value",
    [0.5, float("nan"), [1.0], {"a": {"b": 2.5}}, {1: "a"}, {None: 1}, b"raw", {"a"}, object()],
)
def test_what_has_several_spellings_or_none_is_refused(value):
    with pytest.raises(TypeError, match="canonical form"):
        canonical(value)


def test_half_a_character_is_no_text():
    with pytest.raises(ValueError, match="surrogates"):
        canonical("\ud800")


def test_the_spelling_is_that_of_rfc_8785():
    value = {"b": [True, None, 10**20], "a": 'é"\\\n\x7f\u2028', "": {}}
    assert (
        canonical(value)
        == '{"":{},"a":"é\\"\\\\\\n\x7f\u2028","b":[true,null,100000000000000000000]}'.encode()
    )
