"""A session that ends and a proxy that logs people in, as the stock Prefect UI shows them."""

from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from retention.domain.approval import pause_key
from retention.domain.canonical import sha256
from retention.gate.sessions import IDLE_S
from tests.support import fake_work
from tests.support.browser import chromium, fill, log_in, open_form, see_it_taken, submit, window
from tests.support.identities import code_of, enrolled
from tests.support.reverse_proxy import reverse_proxy
from tests.support.waiting import suspended

pytestmark = [pytest.mark.server, pytest.mark.chromium]

ADA = ("ada-invented", fake_work.PASSWORDS["ada-invented"])
IDA = "ida-invented"
FORM = {
    "type": "object",
    "properties": {
        "mark": {"type": "string", "title": "Mark", "position": 0},
        "code": {"type": "string", "title": "Code", "position": 1},
    },
    "required": ["mark", "code"],
    "additionalProperties": False,
}


# What the older UI does by itself every half minute.
ASKS = """() => {
  const request = new XMLHttpRequest();
  request.open("POST", "/api/flow_runs/filter");
  request.setRequestHeader("authorization", "Basic " + localStorage.getItem("prefect-password"));
  request.setRequestHeader("content-type", "application/json");
  request.send("{}");
}"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


def kept(page):
    return page.evaluate("localStorage.getItem('prefect-password')")


def test_a_session_that_is_over_leads_to_the_login_box_and_back_in(stage, browser, ahead):
    run = suspended(stage, pause_key(sha256(uuid4().bytes), "siro", 1, 1))
    with window(browser, stage.server.url) as page:
        log_in(page, *ADA)
        page.goto(f"/v2/runs/flow-run/{run}")
        expect(page.get_by_text("Suspended", exact=True).first).to_be_visible()
        assert kept(page)
        ahead(IDLE_S)
        page.get_by_role("link", name="Deployments").click()  # asks many things at once
        box = page.locator("input[type=password]")
        expect(box).to_be_visible(timeout=30_000)
        assert kept(page) is None
        page.goto(f"/v2/runs/flow-run/{run}")  # nor does anything but a login lead back in
        expect(box).to_be_visible(timeout=30_000)
        log_in(page, *ADA)
        page.goto(f"/v2/runs/flow-run/{run}")
        expect(page.get_by_text("Suspended", exact=True).first).to_be_visible()
        assert kept(page)


@pytest.mark.full
def test_the_older_ui_forgets_the_password_of_a_session_that_is_over_too(stage, browser, ahead):
    with window(browser, stage.server.url) as page:
        log_in(page, *ADA)
        page.context.add_cookies(
            [{"name": "prefect_ui_version", "value": "v1", "url": stage.server.url}]
        )
        page.goto("/runs")
        expect(page.get_by_role("searchbox").first).to_be_visible(timeout=30_000)
        ahead(IDLE_S)
        page.evaluate(ASKS)
        expect(page.locator("input[type=password]")).to_be_visible(timeout=30_000)
        assert kept(page) is None
        assert "/v2" not in page.url


def test_who_comes_by_the_proxy_meets_no_login_box_and_answers_with_a_code(stage, browser):
    now = fake_work.FixedClock().now()
    secret = enrolled(stage.work.identities, IDA, now)
    proposal = sha256(uuid4().bytes)
    key = pause_key(proposal, "siro", 1, 1)
    run = suspended(stage, key, FORM)
    gate = urlsplit(stage.server.url)
    posted = []
    with (
        reverse_proxy(gate.hostname, gate.port, IDA) as url,
        window(browser, url) as page,
    ):
        page.on("response", lambda r: r.request.method == "POST" and posted.append(r.url))
        open_form(page, run)
        assert kept(page) is None
        fill(page, {"Mark": "abcd-1234", "Code": code_of(secret, now)})
        submit(page)
        see_it_taken(page)
    (record,) = stage.work.ledger.stream("proposal:" + proposal.removeprefix("sha256:"))
    assert (record.text("person"), record.text("factor")) == (IDA, "totp")
    given = {"mark": "abcd-1234", "code": "verified"}
    assert fake_work.is_of(record, given, stage.work.evidence)
    assert any(each.endswith("/ui/schemas/validate") for each in posted)
    with stage.service() as client:
        stored = client.get(f"/flow_runs/{run}/input/suspended-{key}-response")
    assert stored.json() == given
