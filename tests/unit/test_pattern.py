"""Where datasets lie, with examples; the laws are in tests/property."""

import pytest

from retention.domain.pattern import Pattern, key_prefix

PATIENT = Pattern.parse("s3://nacel/patient/{nation:[a-z-]+}/{round:[0-9]{4}}/")


def test_a_pattern_is_read_into_its_parts():
    assert PATIENT.root == "s3://nacel/"
    assert PATIENT.segments == ("patient", ("nation", "[a-z-]+"), ("round", "[0-9]{4}"))
    assert PATIENT.placeholders == ("nation", "round")
    assert PATIENT.static_place == "s3://nacel/patient/"
    assert PATIENT.expressions == {"nation": "[a-z-]+", "round": "[0-9]{4}"}


@pytest.mark.parametrize(
    ("key", "binding"),
    [
        ("patient/england/2018/a.csv", (("nation", "england"), ("round", "2018"))),
        ("patient/england/2018/deep/er/a.csv", (("nation", "england"), ("round", "2018"))),
        ("patient/england/2018/", (("nation", "england"), ("round", "2018"))),
        ("patient/england/2018", None),  # the folder's own name is no object in it
        ("patient/england/2018-copy/a.csv", None),
        ("patient/england/20189/a.csv", None),
        ("patient/England/2018/a.csv", None),
        ("patient//2018/a.csv", None),
        ("patients/england/2018/a.csv", None),
        ("/patient/england/2018/a.csv", None),
        ("patient/england/٢٠١٨/a.csv", None),
        ("patient/england\n/2018/a.csv", None),
        ("", None),
    ],
)
def test_a_placeholder_matches_one_whole_segment(key, binding):
    assert PATIENT.match(key) == binding


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nacel/patient/", "not a place"),
        ("s3://nacel/patient", "must end in '/'"),
        ("S3://nacel/", "not a place"),
        ("s3://{bucket}/", "not a place"),
        ("s3:///a/", "not a place"),
        ("s3://user:secret@nacel/", "not a place"),
        ("s3://nacel/a//b/", "neither"),
        ("s3://nacel/round-{round}/", "neither"),
        ("s3://nacel/{Round}/", "neither"),
        ("s3://nacel/{}/", "neither"),
        ("s3://nacel/{a}/{a}/", "twice"),
        ("s3://nacel/{a:[}/", "regular expression"),
        ("s3://nacel/{a:(?i)x}/", "flags"),
        ("s3://nacel/{a:(?=x)y}/", "flags"),
        ("s3://nacel/{a:" + "x" * 101 + "}/", "short"),
        # Braces that do not pair would swallow the slashes, and match the whole bucket.
        ("s3://nacel/{a:[{]}/b/", "do not pair"),
        ("s3://nacel/patient}/b/", "do not pair"),
        ("s3://nacel/patient}/b{/c/", "neither"),
    ],
)
def test_what_is_not_a_pattern(text, says):
    with pytest.raises(ValueError, match=says):
        Pattern.parse(text)


@pytest.mark.parametrize(
    "values",
    [
        {"nation": "", "round": "2018"},
        {"nation": "eng/land", "round": "2018"},
        {"nation": "England", "round": "2018"},
        {"nation": "england", "round": "2018/2019"},
    ],
)
def test_a_value_that_the_pattern_does_not_match_has_no_place(values):
    with pytest.raises(ValueError, match="none that the pattern matches"):
        PATIENT.place(values)
    with pytest.raises(KeyError):
        PATIENT.place({"nation": "england"})


def test_a_copy_takes_its_expressions_from_the_class():
    copy = Pattern.parse("s3://nacel-dr/{round}/of/{nation}/").filled(PATIENT.expressions)
    assert copy == Pattern.parse("s3://nacel-dr/{round:[0-9]{4}}/of/{nation:[a-z-]+}/")
    assert copy.match("2018/of/wales/x") == (("round", "2018"), ("nation", "wales"))
    assert copy.match("2018-copy/of/wales/x") is None


def test_a_place_is_split_into_bucket_and_prefix():
    assert key_prefix("s3://nacel/a/b/") == ("s3", "nacel", "a/b/")
    assert key_prefix("s3://nacel/") == ("s3", "nacel", "")
    assert key_prefix("s3://nacel/{a}/line\nbreak/") == ("s3", "nacel", "{a}/line\nbreak/")
    with pytest.raises(ValueError, match="not a place"):
        key_prefix("s3://nacel/a")
