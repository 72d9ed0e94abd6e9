"""Laws of patterns and of the names of datasets."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retention.domain.dataset import DatasetId
from retention.domain.pattern import Pattern, key_prefix

names = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
literals = st.text(st.characters(exclude_characters="/{}\n", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)  # fmt: skip
values = st.one_of(
    st.text("/%#. +~é", min_size=1, max_size=4),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8),
)
expressions = st.sampled_from(["", ":[a-z-]+", ":[0-9]{4}", ":[A-Z]{2}[0-9]{4}", ":.+", ":(?:a|b)"])


@st.composite
def patterns(draw):
    parts = draw(st.lists(st.one_of(literals, st.tuples(names, expressions)), max_size=5))
    placeholders = [part[0] for part in parts if isinstance(part, tuple)]
    assume(len(placeholders) == len(set(placeholders)))
    written = (p if isinstance(p, str) else f"{{{p[0]}{p[1]}}}" for p in parts)
    return Pattern.parse("s3://bucket/" + "".join(f"{part}/" for part in written))


@given(patterns(), st.data())
def test_what_lies_in_a_place_is_matched_back_to_its_values(pattern, data):
    bound = {
        name: data.draw(st.from_regex(expression, fullmatch=True))
        for name, expression in pattern.expressions.items()
    }
    assume(all(v and "/" not in v for v in bound.values()))
    place = pattern.place(bound)
    scheme, bucket, prefix = key_prefix(place)
    assert (scheme, bucket) == ("s3", "bucket")
    assert place.startswith(pattern.static_place)
    for key in ("x", "deep/er.csv", ""):
        assert pattern.match(prefix + key) == tuple(bound.items())
    assert pattern.match(prefix.removesuffix("/")) is None or not prefix


@given(patterns(), st.text(max_size=40))
def test_a_match_lies_in_the_place_of_its_binding_and_nowhere_else(pattern, key):
    binding = pattern.match(key)
    if binding is not None:
        place = pattern.place(dict(binding))
        assert (pattern.root + key).startswith(place)


@given(patterns())
def test_a_pattern_reads_back_from_its_text(pattern):
    assert Pattern.parse(pattern.text) == pattern
    assert pattern.filled({}) == Pattern.parse(pattern.filled({}).text)


@given(st.text("s3:/{}[]a-z0", max_size=25).map(lambda tail: "s3://b/" + tail + "/"))
def test_no_pattern_matches_more_than_it_says(text):
    try:
        pattern = Pattern.parse(text)
    except ValueError:
        return
    # Each slash outside an expression is a segment: none is swallowed.
    written = [p if isinstance(p, str) else f"{{{p[0]}" for p in pattern.segments]
    assert all(part.partition(":")[0] in text for part in written)
    assert len(pattern.segments) >= 1


references = st.from_regex(r"[A-Z][A-Z0-9-]{1,8}", fullmatch=True)
classes = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
bindings = st.dictionaries(names, values, max_size=4).map(lambda d: tuple(d.items()))
ids = st.builds(DatasetId, references, classes, bindings, st.integers(1, 99))


@given(ids)
def test_a_dataset_reads_back_from_its_name(dataset):
    placeholders = tuple(name for name, _ in dataset.binding)
    assert DatasetId.parse(str(dataset), placeholders) == dataset


@given(ids, ids)
def test_two_datasets_never_share_a_name(first, second):
    same = (first.reference, first.class_name, first.generation) == (
        second.reference,
        second.class_name,
        second.generation,
    ) and [v for _, v in first.binding] == [v for _, v in second.binding]
    assert (str(first) == str(second)) is same


@given(ids)
def test_a_name_is_plain_enough_for_the_ledger(dataset):
    assert str(dataset).isascii()
    assert " " not in str(dataset)


@given(st.text(max_size=30), st.lists(names, max_size=3, unique=True).map(tuple))
def test_any_other_text_is_refused_or_is_the_one_spelling(text, placeholders):
    try:
        dataset = DatasetId.parse(text, placeholders)
    except ValueError:
        return
    assert str(dataset) == text


@pytest.mark.parametrize(
    "text",
    ["", "A", "A/c", "A/c/", "A/c/x/y", "A/c/x#1", "A/c/x#0", "A/c/x#", "A/c/x#-1", "A/c/x# 2",
     "A/c/x#02", "A/c/%78", "A/c/%2f", "A/c/a b", "/c/x", "A//x"],
)  # fmt: skip
def test_what_is_not_the_name_of_a_dataset(text):
    with pytest.raises(ValueError):
        DatasetId.parse(text, ("round",))
