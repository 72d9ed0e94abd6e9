"""Lists of versions to delete, and the answers: whatever is not plainly said is not taken."""

from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.adapters.s3.answers import answers_to
from retention.adapters.s3.fast import deletes
from retention.adapters.s3.fast.deletes import order_of, said_in
from retention.adapters.s3.fast.listing import SaidError
from retention.adapters.s3.fast.strict import document
from retention.adapters.s3.fast.trouble import UnreadableError
from retention.domain.dataset import Answer, Kind, ObjectVersion

NS = "{http://s3.amazonaws.com/doc/2006-03-01/}"
keys = st.text(
    st.characters(
        min_codepoint=32, exclude_characters="\x7f\ufffe\uffff", exclude_categories=["Cs"]
    ),
    min_size=1,
)
ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
kinds = st.sampled_from([Kind.DATA, Kind.MARKER])
versions = st.builds(ObjectVersion, keys, kinds, ids)
lists = st.lists(versions, unique=True, max_size=8)
answers = st.sampled_from(
    ["deleted", "marker", "AccessDenied", "InternalError", "SlowDown", "silent"]
)


def row(version, answer):
    key = f"<Key>{escape(version.key)}</Key>"
    named = f"{key}<VersionId>{escape(version.version_id)}</VersionId>"
    match answer:
        case "silent":
            return ""
        case "deleted":
            return f"<Deleted>{named}</Deleted>"
        case "marker":
            same = f"<DeleteMarkerVersionId>{escape(version.version_id)}</DeleteMarkerVersionId>"
            return f"<Deleted>{named}<DeleteMarker>true</DeleteMarker>{same}</Deleted>"
    return f"<Error>{named}<Code>{answer}</Code><Message>no</Message></Error>"


def result(rows):
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{"".join(rows)}</DeleteResult>'
    ).encode()


@given(lists)
def test_what_is_asked_for_is_exactly_what_was_given(asked):
    root = ET.fromstring(order_of(asked))
    assert root.findtext(f"{NS}Quiet") == "false"
    found = [
        (each.findtext(f"{NS}Key"), each.findtext(f"{NS}VersionId"))
        for each in root.iter(f"{NS}Object")
    ]
    assert found == [(v.key, v.version_id) for v in asked]


@given(st.lists(st.tuples(versions, answers), max_size=8))
def test_an_answer_means_the_same_at_a_glance_and_by_the_rules(rows):
    body = result(row(*each) for each in rows)
    assert said_in(body) == deletes._by_the_rules(document(body))


@given(
    st.lists(st.tuples(versions, answers), unique_by=lambda each: (each[0].key, each[0].version_id))
)
def test_each_version_gets_its_own_answer_and_silence_is_unknown(rows):
    meant = {
        "deleted": Answer.TAKEN,
        "marker": Answer.TAKEN,
        "AccessDenied": Answer.REFUSED,
        "InternalError": Answer.FAILED,
        "SlowDown": Answer.FAILED,
        "silent": Answer.UNKNOWN,
    }
    said = said_in(result(row(*each) for each in rows))
    assert answers_to([v for v, _ in rows], said) == {v: meant[answer] for v, answer in rows}


@given(st.lists(versions, min_size=1, max_size=5), st.data())
def test_an_answer_that_was_cut_short_says_nothing(asked, data):
    body = result(row(version, "deleted") for version in asked)
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(UnreadableError):
        said_in(cut)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not XML",
        b"<html><body>Deleted</body></html>",
        b"<DeleteResult><Deleted><Key>a</Key></DeleteResult>",
        result(["<Deleted><Key>\xff</Key><VersionId>v</VersionId></Deleted>"]).replace(
            "ÿ".encode(), b"\xff"
        ),
    ],
)
def test_what_is_no_answer_is_asked_for_again(body):
    with pytest.raises(UnreadableError):
        said_in(body)


def test_an_error_that_came_with_status_200_is_an_error_of_the_whole():
    with pytest.raises(SaidError):
        said_in(b"<Error><Code>SlowDown</Code></Error>")


A = ObjectVersion("a", Kind.DATA, "v1")


@pytest.mark.parametrize(
    ("rows", "answer"),
    [
        (["<Deleted><Key>a</Key></Deleted>"], Answer.UNKNOWN),
        (["<Deleted><Key>a</Key><VersionId>v2</VersionId></Deleted>"], Answer.UNKNOWN),
        (["<Error><Key>a</Key><Code>AccessDenied</Code></Error>"], Answer.REFUSED),
        ([row(A, "deleted"), row(A, "AccessDenied")], Answer.REFUSED),
        ([row(A, "AccessDenied"), row(A, "deleted")], Answer.REFUSED),
        (["<Error><Key>a</Key><VersionId>v1</VersionId></Error>"], Answer.FAILED),
        (
            ["<Error><Key>a</Key><VersionId>v1</VersionId><Code>NoSuchVersion</Code></Error>"],
            Answer.TAKEN,
        ),
        ([f"<!-- {row(A, 'deleted')} -->"], Answer.UNKNOWN),
        ([f"<Other>{row(A, 'deleted')}</Other>"], Answer.UNKNOWN),
    ],
)
def test_what_names_another_version_or_none_takes_nothing(rows, answer):
    assert answers_to([A], said_in(result(rows)))[A] is answer
