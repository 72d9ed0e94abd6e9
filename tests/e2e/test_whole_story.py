"""The whole story on real parts: Ceph with enforced roles, Prefect behind the gate, Chromium."""

import io
from pathlib import Path

import httpx
import pytest

from retention.adapters.s3.client import client
from retention.demo import acts
from retention.demo.check import check_everything
from retention.demo.people import Login
from retention.demo.stage import APPROVERS, stage
from retention.demo.told import Narrator
from retention.domain.entry import Entry
from retention.steps.cases import case_of, read_proposal
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

ROOT = Path(__file__).parents[2]


@pytest.mark.ceph
@pytest.mark.chromium
@pytest.mark.server
@pytest.mark.timeout(480)
def test_two_people_approve_in_the_ui_and_both_certificates_follow(tmp_path):
    told = io.StringIO()
    with stage(tmp_path, ROOT / "policies" / "demo", "ceph", Narrator(told)) as here:
        acts.record(here)
        acts.survey(here)
        acts.notify(here)
        case = acts.propose(here)
        first, second = read_proposal(case, here.work.evidence).approved_by
        with chromium() as browser:
            decide_after_a_mistake(browser, here, case, first)
            decide(browser, here, case, second)
        assert [r.text("person") for r in decided(here, case)] == list(APPROVERS)
        acts.destroy(here, case.proposal)
        nothing_is_left_and_the_neighbour_is(here)
        acts.residual_window(here, case.proposal)
        assert here.count(Entry.INCIDENT) == 0
        found = check_everything(here.work, here.folder, here.tell)
    assert len(found["certificates"]) == 2
    assert found["destroyed"] == case.proposed.number("versions") > 500
    # Two notices and their answers, two mails to approvers, one to the DPO, four certificates.
    assert len(list((tmp_path / "mails").glob("*.eml"))) == 11


def decide_after_a_mistake(browser, here, case, step):
    """An empty answer approves nothing, a wrong mark is asked again, the right one is taken."""
    person, password = APPROVERS[0], here.passwords[APPROVERS[0]]
    run, _ = Login(here.server.api_url, person, password).waiting(step)
    url = f"{here.server.api_url}/flow_runs/{run}/resume"
    for body in ({}, {"run_input": {}}, {"run_input": None}):
        said = httpx.post(url, json=body, auth=(person, password), trust_env=False)
        assert said.status_code != httpx.codes.CREATED
    with window(browser, here.server.url) as page:
        log_in(page, person, password)
        answer(page, run, form(here, case) | {"Mark": "0000-0000"})
        here.await_("the second asking", lambda: asked_again(here, run, person, password))
        assert decided(here, case) == []
        open_form(page, run)
        dialog = page.get_by_role("dialog")
        dialog.get_by_text("The mark is not that of this list").first.wait_for()
        fill(page, form(here, case))
        submit(page)
        see_it_taken(page)
    here.await_("the first decision", lambda: len(decided(here, case)) == 1)


def decide(browser, here, case, step):
    person, password = APPROVERS[1], here.passwords[APPROVERS[1]]
    run, _ = Login(here.server.api_url, person, password).waiting(step)
    with window(browser, here.server.url) as page:
        log_in(page, person, password)
        open_form(page, run)
        fill(page, form(here, case))
        keep_picture(page, here.folder / "approval-form.png")
        submit(page)
        see_it_taken(page)
    here.await_("the second decision", lambda: len(decided(here, case)) == 2)


def form(here, case):
    return {
        "Decision": "approve all",
        "Exceptions": "none",
        "Reason": acts.REASON,
        "Minute": "none",
        "Do you know": "no, I know of none",
        "Mark": read_proposal(case, here.work.evidence).mark,
    }


def decided(here, case):
    return case_of(here.work.ledger, case.proposal).decided


def asked_again(here, run, person, password):
    said = httpx.get(
        f"{here.server.api_url}/flow_runs/{run}", auth=(person, password), trust_env=False
    ).json()
    key = said["state"]["state_details"].get("pause_key") or ""
    return said["state"]["name"] == "Suspended" and key.endswith("-2")


def nothing_is_left_and_the_neighbour_is(here):
    """Look as the owner: what was approved is gone, and the folder beside it is whole."""
    access_key, secret = here.store.credentials["owner"]
    owner = client(
        endpoint_url=here.store.endpoint_url,
        region=here.store.region,
        access_key=access_key,
        secret=secret,
    )

    def rows(prefix):
        page = owner.list_object_versions(Bucket="demo-nacel-records", Prefix=prefix)
        return [*page.get("Versions", []), *page.get("DeleteMarkers", [])]

    assert rows("patient/england/2018/") == []
    assert len(rows("patient/england/2018-copy/")) > 50
    assert len(rows("patient/england/2020/")) > 50
