"""What is found in a frozen list: every row once, in its order, and nothing that is not counted."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.domain.dataset import Kind, ObjectVersion
from retention.domain.manifest import Freezer, Manifest, Place, Row, salts_from
from retention.domain.proposal import Item, Proposal
from retention.errors import EvidenceError, UnverifiedError
from retention.steps import full_list
from retention.steps.full_list import Query, check, csv_lines, find
from retention.views.disposal_list_csv import lines
from tests.support.memory import MemoryEvidence

LETTERS = 'ab"\\=\u00e9'  # canonical JSON writes two of them otherwise


def proposal_of(evidence, keys_by_dataset):
    """Freeze keys, each as data and every second as a marker, too."""
    items = []
    for number, keys in enumerate(keys_by_dataset, start=1):
        rows = [
            Row("primary-1", ObjectVersion(key, kind, f"v{place}", 3))
            for place, key in enumerate(sorted(set(keys)))
            for kind in ([Kind.DATA, Kind.MARKER] if place % 2 else [Kind.DATA])
        ]
        freezer = Freezer(salts_from(b"%d" % number))
        pack = evidence.keep_lines(freezer.lines(rows), sealed=True)
        name = f"INV/patient/{number}"
        places = (Place("primary-1", "primary", "s3://records/"),)
        manifest = Manifest(name, freezer.root, pack, places, freezer.versions, 3, 0, 0)
        items.append(item(manifest))
    words = dict.fromkeys(
        ("agreement", "agreement_digest", "title", "our_role", "mandate", "notice"), "x"
    )
    return Proposal(
        version=1, action="destroy", controllers=(), approved_by=("records-manager",),
        frozen_at="2026-11-02T09:00:00.000Z", items=tuple(items), **words,
    )  # fmt: skip


def item(manifest):
    words = dict.fromkeys(
        ("class_name", "clause", "describes", "identifiability", "trigger", "trigger_on",
         "trigger_by", "trigger_evidence"), "x",
    )  # fmt: skip
    none = dict.fromkeys(("due_on", "destroy_by", "destroy_by_covers"))
    return Item(
        manifest=manifest, special_category=False, controllers=(), working=(), residuals=(),
        **words, **none,
    )  # fmt: skip


def everything(proposal, evidence):
    number, found = 0, []
    for place, each in enumerate(proposal.items, start=1):
        for row in full_list.rows_of(evidence.lines(each.manifest.pack), each.manifest.root):
            number += 1
            found.append((number, place, row))
    return found


KEYS = st.lists(st.text(LETTERS, min_size=1, max_size=4), min_size=1, max_size=12)


@settings(max_examples=60)
@given(
    st.lists(KEYS, min_size=1, max_size=3),
    st.text(LETTERS, max_size=2),
    st.integers(0, 3),
    st.sampled_from([None, *Kind]),
    st.integers(1, 9),
)
def test_the_pages_of_a_search_have_every_row_that_matches_once(
    keys, words, dataset, kind, part_rows
):
    evidence = MemoryEvidence()
    proposal = proposal_of(evidence, keys)
    wanted = [
        (number, place, row)
        for number, place, row in everything(proposal, evidence)
        if words in row.version.key and kind in {None, row.version.kind} and dataset in {0, place}
    ]
    kept = full_list.PAGE_ROWS, full_list.PART_ROWS
    full_list.PAGE_ROWS, full_list.PART_ROWS = 2, part_rows
    try:
        seen, matches = [], 0
        first = find(proposal, Query(words, dataset, kind), evidence)
        for part in range(1, first.parts + 1):
            page_1 = find(proposal, Query(words, dataset, kind, part), evidence)
            matches += page_1.matches
            for page in range(1, page_1.pages + 1):
                found = find(proposal, Query(words, dataset, kind, part, page), evidence)
                assert (found.matches, found.pages) == (page_1.matches, page_1.pages)
                assert len(found.shown) <= 2
                seen += [(each.number, each.dataset, each.row) for each in found.shown]
    finally:
        full_list.PAGE_ROWS, full_list.PART_ROWS = kept
    assert seen == wanted
    assert matches == len(wanted)


def test_a_page_beyond_the_end_is_the_last_one_and_says_so():
    evidence = MemoryEvidence()
    proposal = proposal_of(evidence, [[f"{number:04d}" for number in range(300)]])
    found = find(proposal, Query(page=99), evidence)
    assert [found.shown[0].number, found.shown[-1].number, found.total] == [401, 450, 450]


def test_a_page_is_read_no_further_than_to_its_end():
    evidence = MemoryEvidence()
    proposal = proposal_of(evidence, [[f"{number:04d}" for number in range(900)], ["b"]])
    read = []

    class Counting:
        def lines(self, digest):
            for line in evidence.lines(digest):
                read.append(digest)
                yield line

    find(proposal, Query(page=2), Counting())
    assert len(read) == 400
    assert set(read) == {proposal.items[0].manifest.pack}


class Edited:
    """Evidence whose last manifest lost a row, gained one, or has one changed."""

    def __init__(self, evidence, pack, edit):
        self.evidence, self.pack, self.edit = evidence, pack, edit

    def lines(self, digest):
        found = list(self.evidence.lines(digest))
        return iter(self.edit(found) if digest == self.pack else found)


EDITS = {
    "a row less": lambda found: found[:-1],
    "a row more": lambda found: [*found, found[-1]],
    "another key": lambda found: [*found[:-1], found[-1].replace(b'"key":"b', b'"key":"c')],
    "another order": lambda found: found[::-1],
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_was_edited_is_neither_checked_nor_whole_as_csv(edit):
    evidence = MemoryEvidence()
    proposal = proposal_of(evidence, [["a1", "a2"], ["b1", "b2"]])
    edited = Edited(evidence, proposal.items[-1].manifest.pack, edit)
    with pytest.raises(EvidenceError):
        check(proposal, edited, lambda seen: None)
    with pytest.raises(EvidenceError):
        list(csv_lines(proposal, edited))
    check(proposal, evidence, lambda seen: None)
    assert len(list(csv_lines(proposal, evidence))) == 1 + proposal.versions


def test_a_manifest_that_says_another_number_is_not_whole_as_csv(monkeypatch):
    evidence = MemoryEvidence()
    proposal = proposal_of(evidence, [["a1", "a2"]])
    monkeypatch.setattr(full_list, "lines", lambda *_: list(lines(*_))[:-1])
    with pytest.raises((UnverifiedError, EvidenceError)):
        list(csv_lines(proposal, evidence))
