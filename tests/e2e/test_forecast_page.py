"""The page of a forecast in a browser: read, heard, printed, on a wide and on a narrow screen."""

import re
import subprocess
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from retention.domain.standing import LISTED
from retention.views.forecast_page import page as page_of
from retention.views.forecast_words import TITLES
from tests.support.browser import chromium
from tests.support.foreseen import NOW, Foreseen

pytestmark = pytest.mark.chromium

PICTURE_BYTES_MAX = 200_000
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
UNSURE = {"th-has-data-cells"}  # of a month above its days, which HTML calls a row group
WORLDS = {"demo": Foreseen.demo, "one-of-each": Foreseen.one_of_each}


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The pages as files, as they come by mail or lie on a share."""
    folder = tmp_path_factory.mktemp("pages")
    for name, made in WORLDS.items():
        world = made()
        html = page_of(world.look(), world.library.engine(), made_at=NOW)
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return folder


@contextmanager
def opened(browser, path, *, viewport=WIDE, scheme="light", scripts=True):
    context = browser.new_context(
        viewport=viewport, color_scheme=scheme, java_script_enabled=scripts, locale="en-GB"
    )
    page = context.new_page()
    page.asked, page.said = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.goto(path.as_uri())
    yield page
    context.close()


def test_it_needs_neither_scripts_nor_anything_from_elsewhere(browser, written):
    for name in WORLDS:
        path = written / f"{name}.html"
        with opened(browser, path, scripts=False) as page:
            expect(page.get_by_role("heading", level=1)).to_have_text("Retention forecast")
            expect(page.locator("svg.bar rect").first).to_be_visible()
            ink = page.locator("svg.bar.review_opens .solid").first
            expect(ink).to_have_css("fill", "rgb(29, 98, 171)")  # its style was let in
            assert page.asked == [path.as_uri()]
            assert page.said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_everybody_can_read_it(browser, written, viewport, scheme):
    for name in WORLDS:
        with opened(browser, written / f"{name}.html", viewport=viewport, scheme=scheme) as page:
            found = Axe().run(page, options={"resultTypes": ["violations", "incomplete"]}).response
            assert {each["id"] for each in found["passes"]} >= {"color-contrast", "region"}
            assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []
            # Of what is out of sight in a table that scrolls, axe cannot tell: it is seen when wide.
            unsure = {each["id"] for each in found["incomplete"]}
            assert unsure <= UNSURE | ({"color-contrast"} if viewport is NARROW else set())


def test_the_judge_of_readability_can_say_no(browser, written, tmp_path):
    spoilt = (written / "demo.html").read_text().replace("--soft: #4d5965", "--soft: #b5bcc4")
    spoilt = re.sub("style-src '[^']+'", "style-src 'unsafe-inline'", spoilt)
    spoilt = spoilt.replace('<html lang="en-GB">', "<html>")
    (tmp_path / "spoilt.html").write_text(spoilt)
    with opened(browser, tmp_path / "spoilt.html") as page:
        found = {each["id"] for each in Axe().run(page).response["violations"]}
        assert found >= {"color-contrast", "html-has-lang"}


def test_a_screen_reader_finds_its_parts_and_every_figure(browser, written):
    with opened(browser, written / "one-of-each.html") as page:
        assert page.title().startswith("Retention forecast, 2 November 2026 to 30 November 2027")
        for role in ("banner", "main", "contentinfo"):
            expect(page.get_by_role(role)).to_have_count(1)
        expect(page.get_by_role("navigation", name="On this page")).to_be_visible()
        names = [TITLES[each] for each in LISTED]
        for name in ["Where every dataset stands", "Timeline", "By month", "By agreement",
                     "By action", "Day by day", *names]:  # fmt: skip
            expect(page.get_by_role("region", name=re.compile(f"^{name}")).first).to_be_visible()
            expect(page.get_by_role("heading", name=re.compile(f"^{name}")).first).to_be_visible()
        row = page.get_by_role("table", name=re.compile("by the month")).get_by_role(
            "row", name=re.compile("^April 2027")
        )
        expect(row.get_by_role("cell").nth(0)).to_have_text(
            re.compile(r"1\s*\+ 2 waiting\s*976 MB")
        )
        heard = page.get_by_role("table", name=re.compile("Agreements by month")).aria_snapshot()
        assert "review opens: 3 datasets, 976 MB; 2 wait for somebody." in heard
        assert "agreement ends." in heard


@pytest.mark.parametrize("width", [320, 390, 1024])
def test_it_never_scrolls_sideways_but_for_its_wide_table(browser, written, width):
    for name in WORLDS:
        viewport = {"width": width, "height": 800}
        with opened(browser, written / f"{name}.html", viewport=viewport) as page:
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            outside = """width => [...document.querySelectorAll("main *")].filter(
                each => each.getBoundingClientRect().right > width + 1
                    && !each.closest(".scroll, .symbols, .hidden")).map(each => each.outerHTML)"""
            assert page.evaluate(outside, width) == []


def test_a_keyboard_reaches_it_all_and_shows_where_it_is(browser, written):
    with opened(browser, written / "demo.html", viewport=NARROW) as page:
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the forecast")
        expect(skip).to_be_focused()
        assert skip.bounding_box()["x"] >= 0
        seen = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            told = page.evaluate(
                """() => { const e = document.activeElement, s = getComputedStyle(e);
                return [e.getAttribute("href") || e.getAttribute("aria-labelledby") || "",
                        s.outlineStyle, parseFloat(s.outlineWidth)]; }"""
            )
            if told[0]:
                seen.add(told[0])
                assert told[1:] == ["solid", 3]
        assert {"#held", "#overdue", "timeline-caption", "months-caption"} <= seen


def test_each_bar_is_as_long_as_its_number(browser, written):
    with opened(browser, written / "demo.html") as page:
        bars = page.evaluate(
            """() => [...document.querySelectorAll("table.bars td")].map(cell => ({
                said: [...cell.querySelectorAll("b, .waits")].map(e => parseInt(
                    e.textContent.replace(/[^0-9]/g, ""))),
                drawn: ["solid", "hatched"].map(name => {
                    const rect = cell.querySelector("rect." + name);
                    return rect ? rect.getBoundingClientRect().width : 0; }),
                whole: cell.querySelector("svg")?.getBoundingClientRect().width ?? 1,
                table: cell.closest("table").querySelector("caption").textContent,
            }))"""
        )
    assert len(bars) == (13 + 4 + 1) * 3
    for table in {each["table"] for each in bars}:
        these = [each for each in bars if each["table"] == table]
        longest = max(sum(each["said"]) for each in these)
        for each in these:
            for said, drawn in zip([*each["said"], 0][:2], each["drawn"], strict=True):
                assert drawn / each["whole"] == pytest.approx(said / longest, abs=0.02)


def test_it_prints_on_landscape_a4_without_a_heading_left_alone(browser, written, tmp_path):
    with opened(browser, written / "one-of-each.html", scheme="dark") as page:
        page.pdf(path=tmp_path / "wall.pdf", prefer_css_page_size=True)
        page.emulate_media(media="print", color_scheme="dark")
        cut = """() => [...document.querySelectorAll("tr, .figure, .bar, .mark")].filter(
            each => getComputedStyle(each).breakInside !== "avoid").length"""
        assert page.evaluate(cut) == 0
        background = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(background) == "rgb(255, 255, 255)"  # in the dark, too
        expect(page.get_by_role("navigation")).to_be_hidden()
    told = run("pdfinfo", tmp_path / "wall.pdf")
    assert re.search(r"Page size: +84[12][.\d]* x 59[456][.\d]* pts \(A4\)", told)
    pages = run("pdftotext", "-layout", tmp_path / "wall.pdf", "-").split("\f")[:-1]
    assert 4 <= len(pages) <= 12
    headings = {TITLES[each] for each in LISTED} | {"Timeline", "By month", "Day by day"}
    found = set()
    for number, printed in enumerate(pages, start=1):
        lines = [line.strip() for line in printed.splitlines() if line.strip()]
        assert lines[-1].replace(" ", "") == f"{number}/{len(pages)}"
        for heading in headings:
            at = [
                i for i, line in enumerate(lines) if re.match(rf"{heading}( +\d+| +By .*)?$", line)
            ]
            found |= {heading} if at else set()
            assert all(i < len(lines) - 3 for i in at), (number, heading)
    assert found == headings


def test_pictures_of_it_are_small_enough_for_the_documents(browser, written, tmp_path):
    """To renew those in docs/, copy them from the folder of this test."""
    tall = {"width": 1280, "height": 1000}
    for name, scheme, above in (
        ("forecast", "light", "#timeline"),
        ("forecast-dark", "dark", "body"),
    ):
        with opened(browser, written / "demo.html", viewport=tall, scheme=scheme) as page:
            page.locator(above).evaluate("each => scrollTo(0, each.offsetTop - 20)")
            keep(page.screenshot(), tmp_path / f"{name}.png")
    with opened(browser, written / "demo.html") as page:
        page.pdf(path=tmp_path / "wall.pdf", prefer_css_page_size=True)
    run("pdftoppm", "-png", "-r", "100", "-f", "2", "-l", "2", "-singlefile",
        tmp_path / "wall.pdf", tmp_path / "print")  # fmt: skip
    keep((tmp_path / "print.png").read_bytes(), tmp_path / "forecast-print.png")


def keep(picture, path):
    assert len(picture) <= PICTURE_BYTES_MAX
    path.write_bytes(picture)


def run(*command):
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout
