"""Whatever happens to the files, reading them ends in a library or in faults with places."""

import re
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retention.agreements import FaultyAgreementsError, read
from tests.support.policies import CONTRACT, DEMO, POLICIES, contract, texts

SEEDS = {"contract": contract, "real": lambda: texts(POLICIES), "demo": lambda: texts(DEMO)}
SLOW = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
VALUES = ['""', '"x"', "0", "-1", "1.5", "true", "2024-02-30", "2024-04-01", "[]", "{}", '["x"]',
          "{ a = 1 }", '"P5Y"', '"P0D"', '"none"', '"s3://x/{a}/"', "1979-05-27T07:32:00Z", "07:32:00",
          "inf", "nan", '"signed"', '"destroy"', "[[[[]]]]", '"""\n"""']  # fmt: skip


@cache
def seed(name):
    files = SEEDS[name]()
    return {f: t for f, t in files.items() if not f.startswith("demo/")}


def faults_of(files):
    """Read *files* and return their faults; none if they make a library."""
    try:
        read(files)
    except FaultyAgreementsError as error:
        return error.faults
    return ()


def outcome(files):
    """Return the faults of *files*, each of which has a place and words."""
    faults = faults_of(files)
    for fault in faults:
        assert fault.column >= 1
        assert 1 <= fault.line <= files.get(fault.file, "").count("\n") + 1
        assert fault.found
        assert fault.expected
        assert fault.hint
    return faults


@st.composite
def edits(draw, kinds):
    """Draw a real set of files in which one thing was changed."""
    files = dict(seed(draw(st.sampled_from(sorted(SEEDS)))))
    file = draw(st.sampled_from(sorted(files)))
    text = files[file]
    kind = draw(st.sampled_from(kinds))
    lines = text.splitlines(keepends=True)
    at = draw(st.integers(0, len(lines) - 1))
    if kind == "line lost":
        del lines[at]
    elif kind == "line twice":
        lines.insert(at, lines[at])
    elif kind == "lines swapped":
        other = draw(st.integers(0, len(lines) - 1))
        lines[at], lines[other] = lines[other], lines[at]
    elif kind == "value changed":
        spots = [m.span(1) for m in re.finditer(r"= *([^\s#,\]}]+)", text)]
        start, end = draw(st.sampled_from(spots))
        return {**files, file: text[:start] + draw(st.sampled_from(VALUES)) + text[end:]}
    elif kind == "characters":
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 3)))
        new = draw(st.text(st.sampled_from("[]{}=\"#\n.\\',a1é\x00 "), max_size=4))
        return {**files, file: text[:start] + new + text[end:]}
    return {**files, file: "".join(lines)}


@SLOW
@given(edits(["line lost", "line twice", "lines swapped", "value changed", "characters"]))
def test_an_edit_ends_in_a_library_or_in_faults(files):
    outcome(files)


KEYS = re.compile(
    r"(?m)^(?P<indent>\s*)(?P<key>[a-z_]+)(?P<rest> *= )|(?P<inner>(?<=[{,] )[a-z_]+)(?= = )"
)


@SLOW
@given(
    st.sampled_from(sorted(SEEDS)),
    st.randoms(use_true_random=False),
    st.from_regex(r"[a-z_]{1,12}", fullmatch=True),
)
def test_an_unknown_key_is_never_accepted(name, random, letters):
    """Any key anywhere, with letters added, is a key that nobody knows, and is named as one."""
    files = dict(seed(name))
    file = random.choice(sorted(files))
    found = random.choice(list(KEYS.finditer(files[file])))
    group = "inner" if found["inner"] else "key"
    before = files[file][: found.start()].rpartition("\n")[2]
    if before.startswith("controllers_by_nation") or "#" in before:
        return  # there the keys are names of nations, which anyone may add; or words of a comment
    end = found.end(group)
    changed = files[file][:end] + "_" + letters + files[file][end:]
    faults = outcome({**files, file: changed})
    line = changed[:end].count("\n") + 1
    assert any(
        fault.file == file and fault.line == line and "key" in fault.found for fault in faults
    ), [str(each) for each in faults]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_at_all_ends_in_faults(text):
    assert outcome(contract(text))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60).map(lambda b: b.decode("utf-8", "surrogateescape")))
def test_any_bytes_at_all_end_in_faults(text):
    assert outcome({**contract(), CONTRACT: text})


@pytest.mark.parametrize("name", sorted(SEEDS))
def test_the_files_as_they_are_make_a_library(name):
    assert outcome(seed(name)) == ()
