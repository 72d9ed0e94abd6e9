"""The full list in a browser: log in, open it, search, turn pages, take the CSV; seen and printed."""

import csv
import io
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from retention.domain.entry import Entry
from tests.support.browser import chromium
from tests.support.opened import PASSWORD, Opened, served

pytestmark = pytest.mark.chromium

PICTURE_BYTES_MAX = 250_000
WIDE, NARROW = {"width": 1280, "height": 1000}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    return Opened(tmp_path_factory.mktemp("opened"), objects=40)


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def url(opened):
    with served(opened.pages) as url:
        yield url


@contextmanager
def window(browser, url, *, viewport=WIDE, scheme="light"):
    """A window without JavaScript that says what it asked for, and what it complained of."""
    context = browser.new_context(
        base_url=url, viewport=viewport, color_scheme=scheme, java_script_enabled=False,
        locale="en-GB", accept_downloads=True,
    )  # fmt: skip
    page = context.new_page()
    page.asked, page.said = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.said.append(message.text))
    yield page
    context.close()


def log_in(page, path):
    page.goto(path)
    page.get_by_label("Name").fill("rm-01")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_an_approver_logs_in_searches_turns_pages_and_takes_the_csv(browser, url, opened, tmp_path):
    rows = opened.proposal.versions
    with window(browser, url) as page:
        log_in(page, "/retention")
        page.get_by_role("link", name=opened.proposal.mark).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Destroy 2 datasets of INV")
        expect(page.get_by_role("status")).to_have_text(
            f"Showing 200 of {rows} rows of this list: 1 to 200."
        )
        page.get_by_role("button", name="Next (page 2 of 2)").click()
        expect(page.get_by_role("status")).to_have_text(
            f"Showing {rows - 200} of {rows} rows of this list: 201 to {rows}."
        )
        page.get_by_role("button", name="Back").click()
        page.get_by_label("Part of a key").fill("gpj")
        page.get_by_role("button", name="Search").click()
        expect(page.get_by_role("status")).to_contain_text("Showing 1 of 1 that match")
        expect(page.get_by_label("Part of a key")).to_have_value("gpj")
        expect(page.locator(".rows .odd")).to_have_text("U+202E right-to-left override")
        assert not any("gpj" in asked for asked in page.asked)
        with page.expect_download() as waiting:
            page.get_by_role("link", name="Every row as CSV").click()
        path = tmp_path / "list.csv"
        waiting.value.save_as(path)
        cells = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
        assert len(cells) == 1 + rows
        assert waiting.value.suggested_filename == f"full-list-{opened.proposal.mark}.csv"
        page.get_by_role("button", name="Log out").click()
        page.goto(opened.path)
        expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
        assert page.said == []
        assert {asked.removeprefix(url)[:10] for asked in page.asked} == {"/retention"}
    written = [(r.text("person"), r.text("form")) for r in opened.world.kinds(Entry.OPENED)]
    assert written == [("rm-01", "html"), ("rm-01", "csv")]


def pages_of(opened, browser, url, path):
    """Return the list and the form as files: the judge of readability is a script."""
    with window(browser, url) as page:
        page.goto("/retention/login")
        (path / "login.html").write_text(page.content(), "utf-8")
        log_in(page, "/retention/proposals")
        (path / "shelf.html").write_text(page.content(), "utf-8")
        page.goto(opened.path)
        page.get_by_label("Dataset", exact=True).select_option("1")
        page.get_by_label("Part of a key").fill("ends with")  # few rows: the judge reads each
        page.get_by_role("button", name="Search").click()
        (path / "list.html").write_text(page.content(), "utf-8")
    return [path / name for name in ("login.html", "shelf.html", "list.html")]


@pytest.mark.parametrize(
    "viewport",
    [pytest.param(WIDE, id="wide"), pytest.param(NARROW, id="narrow", marks=pytest.mark.full)],
)
def test_everybody_can_read_it(browser, url, opened, tmp_path, viewport):
    for path in pages_of(opened, browser, url, tmp_path):
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport=viewport, color_scheme=scheme)
            page = context.new_page()
            page.goto(path.as_uri())
            found = Axe().run(page, options={"resultTypes": ["violations"]}).response
            assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == [], path.name
            assert {each["id"] for each in found["passes"]} >= {"color-contrast", "region"}
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
            context.close()


def test_a_picture_of_it_is_small_enough_for_the_documents(browser, url, opened, tmp_path):
    """To renew the one in docs/, copy it from the folder of this test."""
    with window(browser, url) as page:
        log_in(page, opened.path)
        page.get_by_label("Part of a key").fill("nd")
        page.get_by_role("button", name="Search").click()
        keep(page.screenshot(full_page=True), tmp_path / "disposal-list.png")
        page.emulate_media(media="print", color_scheme="dark")
        expect(page.get_by_role("search")).to_be_hidden()
        expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")


def keep(picture: bytes, path: Path) -> None:
    assert len(picture) <= PICTURE_BYTES_MAX
    path.write_bytes(picture)
