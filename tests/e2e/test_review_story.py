"""A review as people live it, in two browsers: mistakes, exceptions, drift, an abort, a hold.

On the real server, gate, workers, mail and store; the demonstration's agreement with a cooling-off
of two days and an extension.  What each page looked like is kept in the folder of the test.
"""

import io
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from playwright.sync_api import expect

from retention.demo import acts
from retention.demo.people import Login
from retention.demo.stage import APPROVERS, owner_client, stage
from retention.demo.told import Narrator
from retention.domain.entry import Entry
from retention.steps.cases import case_of, cases, read_proposal
from retention.steps.moves import state_of
from tests.support.browser import (
    WAIT_MS,
    WINDOW,
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

ROOT = Path(__file__).parents[2]
AGREED = 'cooling_off     = "P2D"\nextension       = { max = "P2Y", times = 1, by = ["demo-commissioner"] }'
RM, IAO = APPROVERS
BUCKET = "demo-nacel-records"
TALL = {"width": 1280, "height": 2600}


@dataclass
class Story:
    """The stage, a browser for each of two people, and the steps that they take."""

    here: Any
    pages: dict[str, Any]
    pictures: Path
    seen: dict[str, str] = field(default_factory=dict)

    def wait(self, what, ready):
        self.here.await_(what, ready)

    def next_case(self):
        """Survey, tell, and freeze what is due; return its case."""
        before = len(list(cases(self.here.work.ledger)))
        self.surveys()
        self.here.start("advance")
        self.here.await_("the notices", lambda: self.freezes(before))
        return list(cases(self.here.work.ledger))[-1]

    def surveys(self):
        before, agreements = self.here.count(Entry.SURVEYED), len(self.here.work.agreements())
        self.here.start("survey")
        self.wait("a survey", lambda: self.here.count(Entry.SURVEYED) >= before + agreements)

    def days_pass(self, days):
        """Let *days* pass: every night the stores are surveyed."""
        self.here.clock.step(days)
        self.surveys()

    def freezes(self, before):
        self.here.start("propose")
        return len(list(cases(self.here.work.ledger))) > before

    def case(self, proposal):
        return case_of(self.here.work.ledger, proposal)

    def mark(self, proposal):
        return read_proposal(self.case(proposal), self.here.work.evidence).mark

    def names(self, proposal):
        items = read_proposal(self.case(proposal), self.here.work.evidence).items
        return [item.manifest.dataset for item in items]

    def login(self, person):
        return Login(self.here.server.api_url, person, self.here.passwords[person])

    def waiting(self, person, proposal):
        """Return the run that waits for *person* to answer about *proposal*."""
        step = self.role(person)
        found = {}

        def there():
            run, page = self.login(person).waiting(step)
            found.update(run=run, page=page)
            return self.mark(proposal) in page

        self.wait(f"the question to {person}", there)
        return found["run"]

    def role(self, person):
        return {RM: "records-manager", IAO: "information-asset-owner"}[person]

    def form(self, proposal, **changes):
        return {
            "Decision": "approve all",
            "Exceptions": "none",
            "Reason": acts.REASON,
            "Minute": "none",
            "Do you know": "no, I know of none",
            "Mark": self.mark(proposal),
        } | changes

    def answers(self, person, proposal, picture="", **changes):
        """Answer in the browser of *person*, and wait until it is written."""
        page, run = self.pages[person], self.waiting(person, proposal)
        before = len(self.case(proposal).decided)
        open_form(page, run)
        fill(page, self.form(proposal, **changes))
        if picture:
            page.set_viewport_size(TALL)  # so that all of it fits
            keep_picture(page.get_by_role("dialog"), self.pictures / f"{picture}.png")
            page.set_viewport_size(WINDOW)
        submit(page)
        see_it_taken(page)
        page.goto("about:blank")  # a page that stands open goes on asking the server
        self.wait(f"the answer of {person}", lambda: len(self.case(proposal).decided) > before)
        return run

    def both_approve(self, proposal):
        self.answers(RM, proposal)
        return self.answers(IAO, proposal)

    def starts(self, person, flow, **fields):
        """Start a deployment by its button, fill in its form, and say yes to its preview."""
        page = self.pages[person]
        acted = self.here.count(Entry.ACTED)
        with self.login(person)._client() as client:
            found = client.get(f"/deployments/name/{flow}/retention").raise_for_status().json()
        page.goto(f"/v2/deployments/deployment/{found['id']}")
        page.get_by_role("button", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Quick run").click()
        run = self.newest_run(person, flow)
        answer(page, run, fields, label=next(iter(fields)))
        self.wait("the preview", lambda: self.asks(person, run, "-confirm-"))
        open_form(page, run, "Record this?")
        keep_picture(page, self.pictures / f"{flow}-preview.png")
        fill(page, {"Record this?": "yes, record it"})
        submit(page)
        see_it_taken(page)
        page.goto("about:blank")
        self.wait(f"the {flow}", lambda: self.here.count(Entry.ACTED) > acted)

    def opens_artifact(self, person, run, key, sees):
        """Open what a run shows under *key*, from its tab."""
        page = self.pages[person]
        page.goto(f"/v2/runs/flow-run/{run}")
        page.get_by_role("tab", name="Artifacts").click()
        expect(page.get_by_text(key)).to_have_count(1, timeout=WAIT_MS)  # shown once
        keep_picture(page, self.pictures / f"artifacts-{key[:4]}.png")
        page.get_by_text(key).click()
        page.locator("a[href*='/artifacts/artifact/']").first.click()
        expect(page.get_by_text(sees).first).to_be_visible(timeout=WAIT_MS)
        keep_picture(page, self.pictures / f"artifact-{key[:4]}.png")
        page.goto("about:blank")

    def newest_run(self, person, flow):
        found = []

        def waits():
            with self.login(person)._client() as client:
                body = {"flows": {"name": {"any_": [flow]}}, "sort": "START_TIME_DESC"}
                runs = client.post("/flow_runs/filter", json=body).json()
            found[:] = [r["id"] for r in runs if r["state"]["name"] == "Suspended"]
            return bool(found)

        self.wait(f"the form of {flow}", waits)
        return found[0]

    def asks(self, person, run, word):
        with self.login(person)._client() as client:
            state = client.get(f"/flow_runs/{run}").json()["state"]
        key = state["state_details"].get("pause_key") or ""
        return state["name"] == "Suspended" and word in key

    def spent(self, proposal):
        self.here.start("advance")
        case = self.case(proposal)
        return "" if case.spent is None else case.spent.text("why")


@contextmanager
def telling(folder):
    """Begin where the first list is frozen."""
    policies = folder / "policies"
    copytree(ROOT / "policies" / "demo", policies)
    agreement = policies / "DEMO-NACEL" / "v1.toml"
    text = agreement.read_text()
    assert 'cooling_off     = "P0D"' in text
    agreement.write_text(text.replace('cooling_off     = "P0D"', AGREED))
    with (
        stage(folder, policies, "moto", Narrator(io.StringIO())) as here,
        chromium() as browser,
        window(browser, here.server.url) as first,
        window(browser, here.server.url) as second,
    ):
        acts.record(here)
        acts.survey(here)
        acts.notify(here)
        pages = dict(zip(APPROVERS, (first, second), strict=True))
        for person, page in pages.items():
            log_in(page, person, here.passwords[person])
        pictures = folder / "pictures"
        pictures.mkdir()
        yield Story(here, pages, pictures)


@pytest.mark.chromium
@pytest.mark.server
@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_review_as_people_live_it(tmp_path):
    with telling(tmp_path) as story:
        here = story.here
        first = acts.propose(here).proposal
        a_wrong_mark_is_asked_again(story, first)
        kept = an_exception_and_an_extension(story, first)
        drift_voids_what_was_approved(story, first)
        second = a_fresh_list_says_what_changed(story, kept)
        an_abort_in_cooling_off(story, second)
        third = story.next_case().proposal
        held = a_hold_from_the_browser_voids(story, third)
        fourth = story.next_case().proposal
        assert held not in story.names(fourth)
        what_is_left_is_destroyed(story, fourth, held)


def a_wrong_mark_is_asked_again(story, proposal):
    page, run = story.pages[RM], story.waiting(RM, proposal)
    answer(page, run, story.form(proposal) | {"Mark": "0000-0000"})
    story.wait("the second asking", lambda: story.asks(RM, run, "-1-2"))
    open_form(page, run)
    expect(
        page.get_by_role("dialog").get_by_text("The mark is not that of this list")
    ).to_be_visible()
    keep_picture(page, story.pictures / "asked-again.png")
    page.keyboard.press("Escape")
    assert story.case(proposal).decided == []


def an_exception_and_an_extension(story, proposal):
    """The first holds one and wants another for longer; the second is asked about the rest."""
    names = story.names(proposal)
    end = names[1].split("/", 2)[2]
    lines = (
        "1: hold for court because the coroner may ask for it (invented)\n"
        f"{end}: extend until 2027-03-31 because an invented appeal is not heard"
    )
    story.answers(RM, proposal, "form", Decision="approve except", Exceptions=lines)
    (placed,) = [
        r
        for r in story.here.work.ledger.of_kind(Entry.HOLD_PLACED)
        if r.text("dataset") == names[0]
    ]
    assert placed.text("by") == RM
    (asked,) = story.here.work.ledger.of_kind(Entry.ASKED)
    assert asked.text("dataset") == names[1]
    run = story.answers(IAO, proposal, "second-form")
    case = story.case(proposal)
    assert [r.text("person") for r in case.decided] == [RM, IAO]
    assert case.approved.number("kept") == len(names) - 2
    story.opens_artifact(IAO, run, f"next-{story.mark(proposal)}", "To take it back")
    return names[2:]


def drift_voids_what_was_approved(story, proposal):
    here = story.here
    name = story.names(proposal)[2]
    nation, year = (part for part in name.split("/")[2:4])
    owner_client(here.store).put_object(
        Bucket=BUCKET, Key=f"patient/{nation}/{year}/late.csv", Body=b"came late (invented)"
    )
    story.days_pass(3)
    story.wait("the drift", lambda: story.spent(proposal) == "drifted")
    assert not list(here.work.ledger.of_kind(Entry.INTENT))


def a_fresh_list_says_what_changed(story, kept):
    here = story.here
    proposal = story.next_case().proposal
    assert story.names(proposal) == kept
    run = story.waiting(RM, proposal)
    changed = "1 new, 0 gone, 0 changed"
    story.opens_artifact(RM, run, f"review-{story.mark(proposal)}", changed)
    assert here.count(Entry.INTENT) == 0
    return proposal


def an_abort_in_cooling_off(story, proposal):
    story.both_approve(proposal)
    story.starts(
        RM, "abort", Mark=story.mark(proposal), Reason="A late claim was announced (invented)"
    )
    assert story.case(proposal).spent.text("why") == "aborted"


def a_hold_from_the_browser_voids(story, proposal):
    """Somebody places a hold while everything is approved: nothing of that list goes."""
    name = story.names(proposal)[0]
    story.both_approve(proposal)
    story.starts(
        IAO,
        "hold",
        **{
            "Ground": "complaint",
            "What it holds": name,
            "Evidence": "letter of 2 November 2026 (invented)",
            "Reason": "A complaint is being looked into (invented)",
        },
    )
    story.wait("the approval to be void", lambda: story.spent(proposal) == "held")
    return name


def what_is_left_is_destroyed(story, proposal, held):
    here = story.here
    story.both_approve(proposal)
    story.days_pass(3)
    story.wait("the disposal", lambda: story.spent(proposal) or bool(story.case(proposal).sealed))
    assert story.spent(proposal) == ""
    for name in story.names(proposal):
        assert state_of(here.work.ledger, name).value in {"residual", "closed", "disposed"}
    assert state_of(here.work.ledger, held).value not in {"residual", "closed", "disposed"}
    assert here.count(Entry.INCIDENT) == 0
