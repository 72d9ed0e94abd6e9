"""A forecast as a page, on a terminal and for programs: whole, bounded, escaped, self-contained."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest

from retention.domain.agreement import Status, Support
from retention.domain.forecast import LISTED_MAX, Tally
from retention.domain.standing import LISTED, MAIN, Standing, What
from retention.ports.library import Engine
from retention.views.forecast_json import document
from retention.views.forecast_page import LINES_MAX, page
from retention.views.forecast_text import SHOWN_MAX, text
from retention.views.forecast_words import MEANINGS, TITLES, how_many, left_out
from tests.support.foreseen import DAY, NOW, Foreseen, Versions, each_kind

NASTY = "<script>alert('é')</script>\"&"
VOID = {"meta", "rect", "circle", "path", "use", "br", "link", "img"}


class Read(HTMLParser):
    """What a page consists of; an element that is not closed where it should be is a fault."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.words, self.ids, self.hrefs = [], [], [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in {"href", "src"}:
                self.hrefs.append(value)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.hrefs += [value for name, value in attrs if name in {"href", "src"}]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data):
        if "style" not in self.open[-1:]:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def page_of(world, **looking):
    return page(world.look(**looking), world.library.engine(), made_at=NOW)


@pytest.fixture(scope="module")
def world():
    return Foreseen.one_of_each()


@pytest.fixture(scope="module")
def read(world):
    return Read(page_of(world))


def many(number):
    """Return a world with *number* datasets ahead, and as many overdue."""
    world = Foreseen(Versions(each_kind()))
    for year, on in (("2022", date(2022, 6, 30)), ("2015", date(2015, 6, 30))):
        world.happened("EACH", "published", year, on)
        bindings = [{"round": year, "box": f"{n:06}"} for n in range(number)]
        world.know("EACH", "plain", bindings, placeholders=["round", "box"], size=1000)
    return world


# The page


def test_every_list_is_there_though_it_be_empty():
    empty = Read(page_of(Foreseen(Versions())))
    for each in LISTED:
        assert each.value in empty.ids
        assert f"{TITLES[each]} 0 No dataset. {MEANINGS[each]}" in empty.text


def test_every_dataset_that_waits_for_somebody_stands_in_its_list(world, read):
    world.look()
    for row in world.rows:
        if row.standing in {*LISTED, Standing.OPEN, Standing.AHEAD}:
            assert read.text.count(f"{row.name} ") == 1, row.name


SAID = """
Had to be gone by 30 June 2025, 490 days ago; held by H-0003 (precaution, ours alone) since 2 Nov
Held by H-0002 (court) since 2 November 2026; held past its maximum of 30 June 2024.
Held by H-0001 (court) since 2 November 2026; its maximum ends on 30 June 2031.
Must be kept through 1 January 2030; must be gone by 30 June 2029.
Its agreement ended on 31 March 2026: expired, unconfirmed.
then = return; its review opens on 2 April 2027.
Nobody has recorded published, expected on 30 September 2026, 33 days ago; ask about it from 30 Oct
it from 30 October 2026; a review at the latest on 30 September 2028.
EACH/bare Invented logs 0
EACH 2 November 2026 57
OVER 2 November 2026; the newest survey failed 0
No class of the agreement claims it.
EACH: published 2030 30 September 2026, 33 days ago plain, 1 known dataset: the review opens on 3 J
disposal may begin on 1 October 2031; gone by 30 September 2037
1 more in other lists: held, too.
Together 22 datasets
14 datasets must wait for somebody
agreement ends, and no successor is signed
legal support ends: 00/CAG/0000
"""


@pytest.mark.parametrize("said", SAID.strip().splitlines())
def test_the_page_says(read, said):
    assert said in read.text


def test_nothing_that_people_wrote_is_markup():
    base = each_kind()
    nasty = replace(
        base,
        title=NASTY,
        support=(Support(NASTY, (), date(2027, 9, 30)),),
        classes=(replace(base.classes[0], describes=NASTY, status=Status.PLACEHOLDER),),
    )
    world = Foreseen(Versions(nasty))
    world.know("EACH", "plain", [{"round": NASTY}, {"round": "a b%/é"}], placeholders=["round"])
    engine = Engine({"legal_name": NASTY}, "INV", demonstration=True)
    made = page(world.look(), engine, made_at=NOW)
    assert "<script" not in made
    assert "%3Cscript%3E" in made
    read = Read(made)
    assert NASTY in " ".join(read.words)
    assert "script" not in {tag for tag, _ in read.tags}


def test_the_page_asks_for_nothing_from_elsewhere(world, read):
    assert read.hrefs
    assert all(href.startswith("#") for href in read.hrefs)
    assert {href[1:] for href in read.hrefs} <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))
    html = page_of(world)
    assert re.findall(r"url\((?!#)", html) == []
    assert "@import" not in html
    assert not {"script", "link", "img", "iframe", "object", "form"} & {t for t, _ in read.tags}
    assert not any(name.startswith("on") or name == "style" for _, a in read.tags for name in a)


def test_only_its_own_style_may_apply(world, read):
    (policy,) = [a["content"] for t, a in read.tags if a.get("http-equiv")]
    style = re.search(r"<style>(.*?)</style>", page_of(world), re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_each_bar_is_as_long_as_its_figure_says():
    world = Foreseen.demo()
    html = page_of(world)
    months = html[
        html.index('id="months-caption"') : html.index(
            "</section>", html.index('id="months-caption"')
        )
    ]
    june = months[months.index("June 2027") : months.index("July 2027")]
    assert re.findall(r"<b>(\d+)</b>", june) == ["2", "0", "0"]
    assert '<span class="waits">+ 2 waiting</span>' in june
    assert re.findall(r'class="(solid|hatched)"[^>]*? width="([0-9.]+)%"', june) == [
        ("solid", "66.67"),
        ("hatched", "66.67"),
    ]
    assert re.findall(r'<rect class="solid" width="100.00%"', months)


def test_a_table_has_a_caption_and_heads_with_their_scope(read):
    tables = sum(tag == "table" for tag, _ in read.tags)
    assert sum(tag == "caption" for tag, _ in read.tags) == tables > 10
    assert all(a.get("scope") for tag, a in read.tags if tag == "th")
    assert all(a.get("aria-hidden") == "true" for tag, a in read.tags if tag == "svg")


def test_a_page_of_very_many_datasets_is_as_small_as_one_of_a_few():
    few, thousands = page_of(many(LISTED_MAX)), page_of(many(3000))
    assert len(thousands) < len(few) * 1.1 < 400_000
    told = f"These are the first {LISTED_MAX} of 3,000 datasets; the other 2,800 are in"
    assert Read(thousands).text.count(told) == 2  # those ahead, and those overdue
    assert "These are the first" not in few


def test_agreements_and_days_beyond_a_bound_are_counted_in_words():
    versions = [replace(each_kind(), reference=f"A{n:03}") for n in range(70)]
    world = Foreseen(Versions(*versions))
    for each in versions:
        world.happened(each.reference, "published", "2022", date(2022, 6, 30))
        world.know(each.reference, "plain", [{"round": "2022"}], placeholders=["round"])
    read = Read(page_of(world))
    said = read.text
    assert sum(tag == "time" for tag, _ in read.tags) == 2 + 5 * LINES_MAX  # days of five months
    assert "These are the first 60 of 70 agreements; the other 10 are in" in said
    assert "These are the first 60 of 70 rows; the other 10 are in" in said
    assert f"These are the first {LINES_MAX} of 70 lines of this month; the other 45 are in" in said


def test_a_long_window_shares_columns_and_keeps_every_month_as_a_row():
    read = Read(page_of(Foreseen.demo(), months=120))
    assert "October 2036" in read.text
    columns = [a["title"] for tag, a in read.tags if tag == "abbr"]
    assert columns[0] == "November 2026 to May 2027"
    assert len(columns) == 18
    assert sum(int(a["colspan"]) for t, a in read.tags if a.get("scope") == "colgroup") == 18


# On a terminal


def test_the_terminal_lists_what_waits_for_somebody_and_says_what_it_left_out():
    said = "\n".join(text(many(SHOWN_MAX + 5).look(), 500))
    assert f"These are the first {SHOWN_MAX} of 25 datasets; the other 5 are in" in said
    for each in LISTED:
        assert f"\n{TITLES[each]}: " in said


def test_the_terminal_wraps_sentences_and_breaks_no_id(world):
    for width in (60, 100):
        for line in text(world.look(), width):
            assert len(line) <= width or not line.startswith("  ") or " " not in line.strip()


def test_the_months_on_a_terminal_add_up_to_what_is_counted(world):
    seen = world.look()
    rows = [line for line in text(seen, 200) if re.match(r"[A-Z][a-z]+ 20\d\d  ", line)]
    assert len(rows) == 13
    waiting = sum(int(n.replace(",", "")) for row in rows for n in re.findall(r"\+ ([\d,]+)", row))
    assert waiting == sum(t.waiting for m, t in seen.marks.items() if m.what in MAIN)


# For programs


def test_a_program_gets_each_row_before_the_next_is_looked_at(world):
    seen = world.look()
    taken = []

    def rows():
        for row in world.rows:
            taken.append(row.name)
            yield row

    for number, piece in enumerate(document(seen, rows())):
        if 0 < number <= len(world.rows):
            assert len(taken) == number
            assert json.loads(piece.removeprefix(","))["dataset"] == taken[-1]


def test_the_fields_for_programs_are_these(world):
    seen = world.look()
    said = json.loads("".join(document(seen, iter(world.rows))))
    assert list(said) == [
        "as_at", "through", "months", "datasets", "standing", "calendar", "by_month",
        "by_agreement", "by_action", "expected", "placeholders", "surveys", "inventories",
        "expired",
    ]  # fmt: skip
    row = next(each for each in said["datasets"] if each["dataset"] == "EACH/plain/2013")
    assert row == {
        "dataset": "EACH/plain/2013",
        "agreement": "EACH",
        "version": 1,
        "class": "plain",
        "action": "destroy",
        "standing": "held",
        "also": [],
        "state": "due",
        "eligible": False,
        "review_opens_on": "2018-04-02",
        "due_on": "2018-07-01",
        "destroy_by": "2024-06-30",
        "retained_through": "2018-06-30",
        "destroy_by_is": "firm",
        "latest_by": None,
        "ask_on": None,
        "review_at_latest": None,
        "awaiting": [],
        "expected": [],
        "holds": [{"hold": "H-0002", "ground": "court", "since": "2026-11-02"}],
        "held_past_maximum": True,
        "reasons": ["held by H-0002 (court)"],
        "size_bytes": row["size_bytes"],
    }
    assert said["surveys"][1]["newest_failed"] is True
    assert {"agreement": "EACH", "class": "bare", "datasets": 0} in said["placeholders"]
    assert said["expired"] == [{"agreement": "OVER", "ended_on": "2026-03-31"}]


def test_a_document_of_nothing_is_one():
    said = json.loads("".join(document(Foreseen(Versions()).look(), iter(()))))
    assert said["datasets"] == []
    assert said["standing"] == {}


# Words


@pytest.mark.parametrize(
    ("tally", "said"),
    [
        (Tally(), "no known dataset"),
        (Tally(1, 10), "1 dataset, 10 bytes"),
        (Tally(1, 10, 1, 10), "1 dataset, 10 bytes; it waits for somebody"),
        (Tally(3, 10, 1, 5), "3 datasets, 10 bytes; 1 waits for somebody"),
        (Tally(3, 10, 2, 5), "3 datasets, 10 bytes; 2 wait for somebody"),
        (Tally(3, 10, 3, 10), "3 datasets, 10 bytes; all wait for somebody"),
    ],
)
def test_how_many_is_said_in_words(tally, said):
    assert how_many(tally) == said


def test_a_list_that_is_whole_is_not_called_cut():
    assert left_out(200, 200) == ""
    assert left_out(200, 201).endswith("the other 1 are in `retention forecast --json`.")


def test_a_day_that_an_unknown_event_may_bring_forward_is_never_said_to_be_firm(world):
    seen = world.look()
    soft = [m for m in seen.marks if m.what is What.GONE_BY and m.firmness.value != "firm"]
    assert {mark.class_name for mark in soft} == {"licence", "last"}
    html = " ".join(Read(page_of(world)).text.split())
    assert "must be gone at the latest; an event that is missing may bring it sooner" in html


def test_the_day_of_the_forecast_is_a_day_of_the_question(world):
    made = Read(page_of(world, on=DAY + timedelta(days=30), months=1))
    assert "2 December 2026 to 31 January 2027" in made.text
