"""What may stand on the ledger, and what cannot slip in."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.domain.entry import FACTS, Draft, Entry, Record

DIGEST = "sha256:" + "0a" * 32


def facts_of(kind, **changed):
    return {**dict.fromkeys(FACTS[kind], DIGEST), **changed}


@pytest.mark.parametrize("kind", Entry)
def test_every_kind_says_which_facts_it_carries_and_takes_no_others(kind):
    draft = Draft("proposal:1", kind, facts_of(kind))
    assert set(draft.facts) == FACTS[kind] != set()
    with pytest.raises(ValueError, match="reason_in_words"):
        Draft("proposal:1", kind, facts_of(kind, reason_in_words=DIGEST))
    for missing in FACTS[kind]:
        fewer = {name: value for name, value in facts_of(kind).items() if name != missing}
        with pytest.raises(ValueError, match=missing):
            Draft("proposal:1", kind, fewer)


@pytest.mark.parametrize(
    "value",
    [
        "the patient asked for it",  # free text
        "patient\u00a0name",
        "Zoë",
        "line\nfeed",
        "trailing\n",
        "x" * 301,
        'quote"',
        "{json}",
        "a,b",
        "(bracket)",
        1.5,
        True,
        None,
        ["list"],
        {"a": "b"},
        b"bytes",
        datetime(2031, 4, 1, tzinfo=UTC),
    ],
)
@pytest.mark.parametrize("where", ["fact", "stream"])
def test_what_is_not_an_id_a_count_or_a_digest_is_refused(value, where):
    stream, why = ("proposal:1", value) if where == "fact" else (value, DIGEST)
    with pytest.raises(ValueError, match="not an id, count or digest"):
        Draft(stream, Entry.SPENT, facts_of(Entry.SPENT, why=why))


@given(st.text(min_size=1))
def test_nothing_with_a_space_or_a_letter_beyond_ascii_gets_in(text):
    try:
        Draft("proposal:1", Entry.SPENT, facts_of(Entry.SPENT, why=text))
    except ValueError:
        return
    assert text.isascii()
    assert text.isprintable()
    assert " " not in text


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        10**15,
        "",
        DIGEST,
        "NACEL/patient-level/england/2019#2",
        "2031-04-01",
        "person-7",
        "50%",
    ],
)
def test_ids_counts_days_and_digests_get_in(value):
    assert Draft("a", Entry.SPENT, facts_of(Entry.SPENT, why=value)).facts["why"] == value


def test_a_refusal_does_not_repeat_what_was_refused():
    with pytest.raises(ValueError, match="not an id") as error:
        Draft("a", Entry.SPENT, facts_of(Entry.SPENT, why="Mrs Example of Calder Tre"))
    assert "Calder" not in str(error.value)


def record(**changed):
    values = {
        "index": 3,
        "stream": "proposal:1",
        "position": 2,
        "at": datetime(2031, 4, 1, 9, 30, 0, 123_000, tzinfo=UTC),
        "kind": Entry.SPENT,
        "facts": {"proposal": DIGEST, "why": 7},
    }
    return Record(**{**values, **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"index": 4},
        {"stream": "proposal:2"},
        {"position": 3},
        {"at": record().at + timedelta(milliseconds=1)},
        {"kind": Entry.ORDERED},
        {"facts": {"proposal": DIGEST, "why": 8}},
        {"facts": {"proposal": DIGEST, "why": "7"}},
    ],
)
def test_the_leaf_commits_to_everything_about_an_entry(changed):
    assert record(**changed).leaf() != record().leaf()


def test_a_leaf_is_plain_to_read_and_the_same_in_every_zone():
    assert json.loads(record().leaf()) == {
        "at": "2031-04-01T09:30:00.123Z",
        "facts": {"proposal": DIGEST, "why": 7},
        "index": 3,
        "kind": "spent",
        "position": 2,
        "stream": "proposal:1",
    }
    kathmandu = timezone(timedelta(hours=5, minutes=45))
    assert record(at=record().at.astimezone(kathmandu)).leaf() == record().leaf()


def test_a_fact_is_read_as_what_it_is():
    assert (record().text("proposal"), record().number("why")) == (DIGEST, 7)
    with pytest.raises(TypeError, match="is a number"):
        record().text("why")
    with pytest.raises(TypeError, match="is text"):
        record().number("proposal")
    with pytest.raises(KeyError):
        record().text("absent")
