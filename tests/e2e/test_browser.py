"""A review answered by two invented people, in a browser, in the stock Prefect UI."""

from pathlib import Path
from shutil import copyfile
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from retention.domain.canonical import sha256
from retention.domain.entry import Entry
from retention.domain.proposal import mark_of
from tests.support import fake_work
from tests.support.browser import (
    answer,
    chromium,
    fill,
    keep_picture,
    log_in,
    open_form,
    see_it_taken,
    submit,
    window,
)

pytestmark = [pytest.mark.server, pytest.mark.chromium]

PICTURE = Path(__file__).parents[2] / "docs" / "approval-form.png"
PROPOSAL = sha256(b"approved in a browser")
YES = {
    "Decision": "approve all",
    "Exceptions": "none",
    "Reason": "The invented clause 7.2 says so; nobody needs these lists",
    "Minute": "none",
    "Do you know": "no, I know of none",
    "Mark": mark_of(PROPOSAL),
}
ADA, BOB = fake_work.PASSWORDS.items()
FIRST, SECOND = fake_work.STEPS


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def outside(stage):
    """Collects where else a page tried to go."""
    ours = urlsplit(stage.server.url).netloc
    seen = []

    def watch(page):
        page.on("request", lambda r: urlsplit(r.url).netloc in {"", ours} or seen.append(r.url))

    yield watch
    assert not seen


def records(stage, kind):
    stream = "proposal:" + PROPOSAL.removeprefix("sha256:")
    return [record for record in stage.work.ledger.stream(stream) if record.kind is kind]


@pytest.mark.full
def test_two_people_approve_in_the_stock_ui(stage, browser, outside, tmp_path):
    with stage.worker():
        run = stage.start("review", PROPOSAL)
        stage.wait_for(run, "Suspended", key_ends=f"{FIRST}-1-1")
        with window(browser, stage.server.url) as page:
            outside(page)
            log_in(page, *ADA)
            # An empty form approves nothing, and says so.
            open_form(page, run)
            submit(page)
            expect(page.get_by_text("Nothing was answered")).to_be_visible()
            page.keyboard.press("Escape")
            assert not records(stage, Entry.SIGNED)
            # A wrong mark is asked again, with the fault at the head of the form.
            answer(page, run, {**YES, "Mark": "0000-0000"})
            stage.wait_for(run, "Suspended", key_ends=f"{FIRST}-1-2")
            open_form(page, run)
            expect(page.get_by_text("The mark is not that of this list")).to_be_visible()
            fill(page, YES)
            submit(page)
            see_it_taken(page)
        stage.wait_for(run, "Suspended", key_ends=f"{SECOND}-1-1")
        with window(browser, stage.server.url) as page:
            outside(page)
            log_in(page, *BOB)
            open_form(page, run)
            fill(page, YES)
            keep_picture(page, tmp_path / PICTURE.name)
            if not PICTURE.exists():  # the one in the documents changes when someone removes it
                copyfile(tmp_path / PICTURE.name, PICTURE)
            submit(page)
            see_it_taken(page)
        stage.wait_for(run, "Completed")
    signed = records(stage, Entry.SIGNED)
    assert [r.text("person") for r in signed] == [ADA[0], ADA[0], BOB[0]]
    assert all(fake_work.signature_holds(record) for record in signed)
    assert [r.text("step") for r in records(stage, Entry.DECIDED)] == [FIRST, SECOND]


def test_a_wrong_password_does_not_get_in(stage, browser):
    with window(browser, stage.server.url) as page:
        page.goto("/v2/login")
        page.locator("input[type=password]").fill("ada-invented:not the one")
        page.get_by_role("button", name="Login").click()
        expect(page.get_by_text("Invalid credentials")).to_be_visible()
