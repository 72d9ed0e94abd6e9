"""Keys of any code points: exact in the CSV, harmless in a spreadsheet, and plain to see on a page."""

import csv
import html.parser
import io
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from retention.domain.dataset import Kind, ObjectVersion
from retention.domain.manifest import Manifest, Place, Row
from retention.domain.proposal import Item
from retention.domain.visible import pieces, told
from retention.views.disposal_list_csv import BOM, HEADS, guarded, head, lines, unguarded
from retention.views.pages import Frame, sentence_page

# Whatever UTF-8 can hold, with more of what spreadsheets, terminals and browsers stumble over.
TEXTS = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from(
            list("=+-@'\"\t\r\n,; <>&\u202e\u2066\ufeff\u200b\u00a0\uff1d\u3164\x00\x7f")
        ),
    ),
    max_size=40,
)
RISKY = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def item(uri="s3://records/x/"):
    manifest = Manifest(
        "INV/patient/2019",
        "sha256:0",
        "sha256:1",
        (Place("primary-1", "primary", uri),),
        1,
        1,
        0,
        0,
    )
    words = dict.fromkeys(("class_name", "clause", "describes", "identifiability", "trigger"), "x")
    words |= dict.fromkeys(("trigger_on", "trigger_by", "trigger_evidence"), "x")
    none = dict.fromkeys(("due_on", "destroy_by", "destroy_by_covers"))
    return Item(
        manifest=manifest,
        special_category=False,
        controllers=(),
        working=(),
        residuals=(),
        **words,
        **none,
    )


def read(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=5), TEXTS)
@example([("=1+1", "'", "-")], "@place")
def test_every_cell_of_the_csv_is_the_text_again_and_none_is_a_formula(found, uri):
    rows = [
        Row("primary-1", ObjectVersion(key, Kind.DATA, version, 7, "e", total))
        for key, version, total in found
    ]
    content = head() + b"".join(lines(rows, item(uri), 3, 11))
    assert content.startswith(BOM)
    names, *cells = read(content)
    assert names == list(HEADS)
    assert len(cells) == len(rows)
    for number, (row, cell) in enumerate(zip(rows, cells, strict=True)):
        told_ = dict(zip(names, cell, strict=True))
        assert unguarded(told_["key"]) == row.version.key
        assert unguarded(told_["version"]) == row.version.version_id
        assert unguarded(told_["checksum"]) == row.version.checksum
        assert unguarded(told_["place"]) == uri
        assert (told_["number"], told_["number_in_manifest"]) == (str(11 + number), str(1 + number))
        assert (told_["dataset_number"], told_["size_bytes"], told_["kind"]) == ("3", "7", "data")
        assert not any(each.lstrip().startswith(RISKY) for each in cell)


@given(TEXTS)
def test_what_is_guarded_has_one_way_back(text):
    assert unguarded(guarded(text)) == text


@given(TEXTS, TEXTS)
def test_no_two_texts_are_guarded_alike(one, other):
    assert (guarded(one) == guarded(other)) == (one == other)


@given(TEXTS)
@example(" a  b ")
@example("report\u202egpj.exe")
def test_what_is_shown_hides_no_letter_and_reorders_none(text):
    shown = list(pieces(text))
    plain = "".join(piece for odd, piece in shown if not odd)
    for letter in plain:
        category = unicodedata.category(letter)
        assert category[0] != "C", hex(ord(letter))
        assert category not in {"Zl", "Zp"}
        assert category != "Zs" or letter == " "
    named = sum(odd for odd, _ in shown)
    assert len(plain) + named == len(text)
    if text[:1] == " ":
        assert shown[0] == (True, "space")
    if text[-1:] == " ":
        assert shown[-1] == (True, "space")


@given(TEXTS)
def test_on_paper_it_is_one_line(text):
    assert len(told(text).splitlines()) <= 1


class Reader(html.parser.HTMLParser):
    """Reads the sentences of a page, and which elements there are."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.said, self.inside = set(), [], False

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.inside = ("class", "says") in attrs
        if self.inside:
            self.said.append("")

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.said[-1] += data


ELEMENTS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "header",
    "div",
    "p",
    "h1",
    "main",
}


@given(TEXTS)
@example("</p><script>alert(1)</script>")
def test_text_on_a_page_is_text(text):
    reader = Reader()
    reader.feed(sentence_page(Frame("Invented", demonstration=False), "x", [text]))
    assert reader.tags == ELEMENTS
    assert reader.said == [text]
