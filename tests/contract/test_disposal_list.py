"""The disposal list on paper and as a workbook: whole, the same bytes again, and text is text."""

import re
import subprocess
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest

from retention.adapters.typeset import Typst
from retention.adapters.xlsx import Workbooks
from retention.ports.spreadsheet import Sheet
from retention.views.disposal_list import TEMPLATE, copies_of, pdf_data, sheets_of
from tests.support.cast import MemoryLibrary
from tests.support.world import World

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HOSTILE = '=HYPERLINK("https://elsewhere.invalid") #pagebreak() *x* <b>&amp; $1$ \u202etxt'
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest.fixture(scope="module")
def proposal():
    world = World()
    world.fill(("2019", "2020"))
    world.publish(("2019", "2020"))
    return world.proposal(world.propose_all())


def parties(proposal):
    return {each: MemoryLibrary().party(each) for each in proposal.controllers}


def pdf(proposal):
    data = pdf_data(proposal, parties(proposal), MemoryLibrary().engine(), made_at=AT)
    return Typst().pdf(TEMPLATE, data, {})


def xlsx(proposal):
    sheets = sheets_of(proposal, parties(proposal), MemoryLibrary().engine(), made_at=AT)
    return Workbooks().xlsx("Disposal list", sheets, made_at=AT)


def many(proposal, number):
    """Return the proposal with *number* datasets."""
    (first, *_) = proposal.items
    items = [
        replace(first, manifest=replace(first.manifest, dataset=f"INV/patient/{n:04d}"))
        for n in range(number)
    ]
    return replace(proposal, items=tuple(items))


def hostile(proposal):
    items = tuple(replace(item, describes=HOSTILE, working=(HOSTILE,)) for item in proposal.items)
    return replace(proposal, items=items, title=HOSTILE)


def printed(pdf_, tmp_path):
    (tmp_path / "x.pdf").write_bytes(pdf_)
    command = ["pdftotext", "-layout", tmp_path / "x.pdf", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    return told.replace("\u200b", "")


def cells(book):
    """Return the cells of each sheet, as a program reads them: text, numbers, or formulas."""
    found = {}
    with zipfile.ZipFile(BytesIO(book)) as archive:
        names = [
            each.get("name")
            for each in ET.fromstring(archive.read("xl/workbook.xml")).iter(f"{MAIN}sheet")
        ]
        for number, name in enumerate(names, start=1):
            tree = ET.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml"))
            assert not list(tree.iter(f"{MAIN}f"))
            assert not list(tree.iter(f"{MAIN}hyperlink"))
            found[name] = [
                "".join(each.itertext())
                if each.get("t") == "inlineStr"
                else int("".join(each.itertext()))
                for each in tree.iter(f"{MAIN}c")
                if "".join(each.itertext())
            ]
        assert not any("external" in name for name in archive.namelist())
    return found


def test_on_paper_it_is_archivable_accessible_and_the_same_again(proposal):
    made = pdf(proposal)
    assert b"pdfaid:part>3<" in made
    assert b"pdfuaid:part>1<" in made
    assert made == pdf(proposal)


def test_on_paper_stands_what_a_committee_decides_on(proposal, tmp_path):
    told = " ".join(printed(pdf(proposal), tmp_path).split())
    for item in proposal.items:
        for says in (item.manifest.dataset, item.describes, f"clause {item.clause}",
                     item.identifiability, *item.working):  # fmt: skip
            assert says in told, says
        for copy in copies_of(item):
            assert copy.where in told
            assert copy.becomes in told
    for says in (proposal.mark, proposal.digest, "Invented north trust, Invented south trust",
                 "records manager, information asset owner", "Minute reference", "Signature",
                 "data protection officer", "gone by 30 December 2026"):  # fmt: skip
        assert says in told, says


@pytest.mark.parametrize("made", [pdf, xlsx])
def test_no_key_stands_in_it(proposal, made, tmp_path):
    content = made(proposal)
    told = printed(content, tmp_path) if made is pdf else str(cells(content))
    assert "é+%2F" not in told
    assert "upload-" not in told


def test_no_dataset_is_left_out_however_many(proposal, tmp_path):
    lots = many(proposal, 120)
    told = printed(pdf(lots), tmp_path)
    book = cells(xlsx(lots))
    for item in lots.items:
        assert len(re.findall(re.escape(item.manifest.dataset) + r"\b", told)) >= 2
        assert item.manifest.dataset in book["Datasets"]
    assert book["Datasets"][-1] == 120


def test_text_of_others_is_text(proposal, tmp_path):
    told = printed(pdf(hostile(proposal)), tmp_path)
    assert "#pagebreak()" in told
    assert "*x*" in told
    book = cells(xlsx(hostile(proposal)))
    assert book["Datasets"].count(HOSTILE) == len(proposal.items)
    assert book["Working"].count(HOSTILE) == len(proposal.items)


def test_the_workbook_is_the_same_again_and_numbers_are_numbers(proposal):
    assert xlsx(proposal) == xlsx(proposal)
    book = cells(xlsx(proposal))
    assert list(book) == ["Datasets", "Working", "Copies", "Decision"]
    assert proposal.versions in book["Datasets"]
    assert proposal.size_bytes in book["Datasets"]
    assert "Minute reference" in book["Decision"]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "{=SUM(A1)}", "+1", "-1", "@x", "007", "1e5", "https://x.invalid", "\t=1", "'x"],
)
def test_text_in_a_workbook_is_what_it_was(text):
    sheet = Sheet("x", text, ((text, text),), (text,), ((text,), (7,), (None,)), (9,))
    book = cells(Workbooks().xlsx(text, [sheet], made_at=AT))
    assert book["x"] == [text, text, text, text, text, 7]


def test_text_that_no_cell_can_hold_is_refused_and_not_cut():
    sheet = Sheet("x", "x", (), ("x",), (("y" * 32_768,),), (9,))
    with pytest.raises(ValueError, match="cannot hold"):
        Workbooks().xlsx("x", [sheet], made_at=AT)
