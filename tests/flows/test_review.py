"""The letterbox: it asks, asks again, and ends; no answer and no bad answer passes for a yes."""

from typing import get_args
from uuid import uuid4

import pytest

from flows.forms import DecisionForm
from flows.review import review
from retention.domain.canonical import sha256
from retention.domain.decision import Verdict
from retention.domain.entry import Entry
from retention.domain.proposal import mark_of
from retention.steps.answers import FIELDS, Inquiries
from tests.support import fake_work

FIRST, SECOND = fake_work.STEPS
WORDS = {"items", "type", "required", "properties", "enum", "pattern", "format", "default"}


@pytest.fixture
def proposal():
    return sha256(uuid4().bytes)


def yes(proposal, **other):
    return {
        "decision": "approve all",
        "exceptions": "none",
        "reason": "an invented reason",
        "minute": "none",
        "inquiries": "no, I know of none",
        "mark": mark_of(proposal),
    } | other


def decided(runs, proposal):
    stream = "proposal:" + proposal.removeprefix("sha256:")
    records = runs.work.ledger.stream(stream)
    return [(r.text("step"), r.text("person")) for r in records if r.kind is Entry.DECIDED]


def test_no_field_has_a_default_and_none_is_named_like_a_word_of_json_schema():
    form = DecisionForm.with_initial_data(description="x")
    schema = form.model_json_schema()
    assert schema["required"] == list(FIELDS)
    assert not [field for field in schema["properties"].values() if "default" in field]
    assert not set(schema["properties"]) & WORDS
    assert schema["properties"]["reason"]["minLength"] == 10


def test_the_form_offers_what_can_be_decided_and_nothing_else():
    offered = {
        name: get_args(field.annotation) for name, field in DecisionForm.model_fields.items()
    }
    assert offered["decision"] == tuple(Verdict)
    assert offered["inquiries"] == tuple(Inquiries)


@pytest.mark.server
def test_a_bad_answer_is_asked_again_with_its_fault_and_a_good_one_ends(stage, runs, proposal):
    run = stage.start("review", proposal)
    assert runs.go(review, run) == "Suspended"
    assert runs.key(run).endswith(f"{FIRST}-1-1")
    assert "answer again" not in runs.page(run)

    assert runs.answer(run, "ada-invented", **yes(proposal, mark="typed wrong")).status_code == 201
    assert runs.go(review, run) == "Suspended"
    assert runs.key(run).endswith(f"{FIRST}-1-2")
    assert "The mark is not that of this list" in runs.page(run)
    assert "typed wrong" not in runs.page(run)

    assert runs.answer(run, "bob-invented", **yes(proposal)).status_code == 201
    assert runs.go(review, run) == "Suspended"
    assert runs.key(run).endswith(f"{FIRST}-1-3")
    assert f"This question is for the {FIRST}" in runs.page(run)

    assert runs.answer(run, "ada-invented", **yes(proposal)).status_code == 201
    assert runs.go(review, run) == "Suspended"
    assert runs.key(run).endswith(f"{SECOND}-1-1")
    assert decided(runs, proposal) == [(FIRST, "ada-invented")]

    assert runs.answer(run, "bob-invented", **yes(proposal)).status_code == 201
    assert runs.go(review, run) == "Completed"
    assert decided(runs, proposal) == [(FIRST, "ada-invented"), (SECOND, "bob-invented")]
    assert runs.work.notes()[-1] == "hand_on all"


@pytest.mark.server
def test_a_run_that_was_woken_without_an_answer_asks_again(stage, runs, proposal):
    run = stage.start("review", proposal)
    assert runs.go(review, run) == "Suspended"
    with stage.service() as client:  # what an engine may do, and a forger with its secret too
        body = {"state": {"type": "SCHEDULED", "name": "Resuming"}}
        client.post(f"/flow_runs/{run}/set_state", json=body).raise_for_status()
    assert runs.go(review, run) == "Suspended"
    assert runs.key(run).endswith(f"{FIRST}-1-2")
    assert "decision: Field required" in runs.page(run)
    assert not decided(runs, proposal)


@pytest.mark.server
def test_an_answer_that_the_gate_did_not_witness_counts_for_nothing(stage, runs, proposal):
    run = stage.start("review", proposal)
    runs.go(review, run)
    kept = stage.work.ledger.path.read_text() if stage.work.ledger.path.exists() else ""
    assert runs.answer(run, "ada-invented", **yes(proposal)).status_code == 201
    stage.work.ledger.path.write_text(kept)  # as if it had never been signed
    assert runs.go(review, run) == "Suspended"
    assert "The gate did not witness this answer" in runs.page(run)
    assert not decided(runs, proposal)


@pytest.mark.server
def test_a_retried_run_asks_under_another_key_and_can_be_answered(stage, runs, proposal):
    run = stage.start("review", proposal)
    assert runs.go(review, run) == "Suspended"
    with stage.service() as client:
        for kind, name in (("FAILED", "Failed"), ("SCHEDULED", "AwaitingRetry")):
            body = {"state": {"type": kind, "name": name}, "force": True}
            client.post(f"/flow_runs/{run}/set_state", json=body).raise_for_status()
    assert runs.go(review, run) == "Suspended"
    assert runs.key(run).endswith(f"{FIRST}-2-1")
    assert runs.answer(run, "ada-invented", **yes(proposal)).status_code == 201
    assert runs.go(review, run) == "Suspended"
    assert decided(runs, proposal) == [(FIRST, "ada-invented")]


@pytest.mark.server
def test_a_second_run_about_a_list_takes_the_first_answer_that_is_given_in_it(
    stage, runs, proposal
):
    first = stage.start("review", proposal)
    runs.go(review, first)
    asked = runs.key(first)
    assert runs.answer(first, "ada-invented", **yes(proposal, mark="wrong")).status_code == 201
    assert runs.go(review, first) == "Suspended"
    with stage.service() as client:  # nobody answers again: the question lapses
        body = {"state": {"type": "FAILED", "name": "Failed"}, "force": True}
        client.post(f"/flow_runs/{first}/set_state", json=body).raise_for_status()
    second = stage.start("review", proposal)
    assert second != first
    assert runs.go(review, second) == "Suspended"
    assert runs.key(second) != asked, "what could not stand under that key never comes back"
    assert runs.answer(second, "ada-invented", **yes(proposal)).status_code == 201
    assert runs.go(review, second) == "Suspended"
    assert decided(runs, proposal) == [(FIRST, "ada-invented")]
