"""A hold placed by an invented person in a browser: deployment, form, preview, yes."""

from pathlib import Path
from shutil import copyfile
from time import sleep

import pytest
from playwright.sync_api import expect

from retention.domain.approval import stream_about
from retention.domain.entry import Entry
from tests.support import fake_work
from tests.support.browser import (
    chromium,
    fill,
    keep_picture,
    log_in,
    open_form,
    see_it_taken,
    submit,
    window,
)
from tests.support.prefect_server import LOOK_EVERY_S, WAIT_S

pytestmark = [pytest.mark.server, pytest.mark.chromium, pytest.mark.full]

PICTURE = Path(__file__).parents[2] / "docs" / "hold-form.png"
LOOKS_MAX = int(WAIT_S / LOOK_EVERY_S)
TALL = {"width": 1280, "height": 1900}  # the whole form fits
ADA = next(iter(fake_work.PASSWORDS.items()))
HOLD = {
    "Ground": "court",
    "What it holds": "INV/patient/2019",
    "Evidence": "LEG-2026-11, letter of 20 November 2026",
    "Reason": "A claim was announced; see the letter",
}


def test_a_hold_is_placed_from_its_deployment(stage, tmp_path):
    with stage.service() as client:
        found = client.get("/deployments/name/hold/retention").raise_for_status().json()
    before = set(runs_of(stage))
    with stage.worker(), chromium() as browser, window(browser, stage.server.url) as page:
        log_in(page, *ADA)
        page.goto(f"/v2/deployments/deployment/{found['id']}")
        page.get_by_role("tab", name="Description").click()
        expect(page.get_by_text("Stopping is safe")).to_be_visible()
        page.screenshot(path=tmp_path / "deployment.png")
        page.get_by_role("button", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Quick run").click()
        run = started(stage, page, before)
        stage.wait_for(run, "Suspended", key_ends="-form-1-1")
        open_form(page, run, "What it holds")
        fill(page, HOLD)
        page.set_viewport_size(TALL)
        keep_picture(page.get_by_role("dialog"), tmp_path / PICTURE.name)
        if not PICTURE.exists():  # the one in the documents changes when someone removes it
            copyfile(tmp_path / PICTURE.name, PICTURE)
        submit(page)
        see_it_taken(page)
        until_confirm(stage, run)
        open_form(page, run, "Record this?")
        expect(page.get_by_text("Place H-").first).to_be_visible()
        page.screenshot(path=tmp_path / "confirm.png")
        fill(page, {"Record this?": "yes, record it"})
        submit(page)
        see_it_taken(page)
        stage.wait_for(run, "Completed")
        page.goto(f"/v2/runs/flow-run/{run}")
        page.get_by_role("tab", name="Artifacts").click()
        expect(page.get_by_text(f"hold-{run[:8]}").first).to_be_visible()
        page.screenshot(path=tmp_path / "done.png")
    stream = stage.work.ledger.stream(stream_about(f"act:{run}"))
    (acted,) = [r for r in stream if r.kind is Entry.ACTED]
    assert acted.text("by") == ADA[0]
    signed = [r for r in stream if r.kind is Entry.SIGNED]
    assert [str(r.index) for r in signed] == [acted.text("form"), acted.text("confirmed")]
    assert all(fake_work.signature_holds(record) for record in signed)


def runs_of(stage):
    body = {"flows": {"name": {"any_": ["hold"]}}}
    with stage.service() as client:
        found = client.post("/flow_runs/filter", json=body).raise_for_status().json()
    return [each["id"] for each in found]


def started(stage, page, before):
    """Return the run that was not there before; if none comes, say what the page says instead."""
    for _ in range(LOOKS_MAX):
        if new := set(runs_of(stage)) - before:
            return new.pop()
        sleep(LOOK_EVERY_S)
    said = page.locator("[data-sonner-toast]").all_inner_texts()
    raise AssertionError(f"no run was started, and the page says {said}")


def until_confirm(stage, run):
    """Wait until the run asks to confirm: its key names what is shown."""
    for _ in range(LOOKS_MAX):
        if "-confirm-" in (stage.state(run)["state_details"].get("pause_key") or ""):
            return
        sleep(LOOK_EVERY_S)
    raise AssertionError("it does not ask to confirm")
