"""Acts as flows: the form, the preview and the yes go through the real server and the real gate."""

import pytest

from flows.ask import ask
from flows.hold import hold
from retention.domain.approval import stream_about
from retention.domain.entry import Entry
from tests.support import fake_work

pytestmark = pytest.mark.server

ADA, BOB = fake_work.PASSWORDS
HOLD = {
    "ground": "court",
    "holds": "INV/patient/2019",
    "evidence": "LEG-2026-11",
    "reason": "a claim was announced today",
}
YES = {"confirm": "yes, record it"}


def begun(stage, flow, person=ADA) -> str:
    """Start *flow* as a person does, and return the run."""
    with stage.service() as client:
        found = client.get(f"/deployments/name/{flow}/retention").raise_for_status().json()
    with stage.person(person) as client:
        answer = client.post(f"/deployments/{found['id']}/create_flow_run", json={})
    return answer.raise_for_status().json()["id"]


def acted(runs, run):
    stream = runs.work.ledger.stream(stream_about(f"act:{run}"))
    return [(r.text("by"), r.text("result")) for r in stream if r.kind is Entry.ACTED]


def shown(stage, kind, run) -> str:
    """The page that a run shows in the end."""
    with stage.service() as client:
        return client.get(f"/artifacts/{kind}-{run[:8]}/latest").raise_for_status().json()["data"]


def test_a_hold_is_placed_and_whatever_is_wrong_is_asked_again(stage, runs):
    run = begun(stage, "hold")
    assert runs.go(hold, run) == "Suspended"
    assert "### Place a hold" in runs.page(run)
    assert runs.answer(run, ADA, **{**HOLD, "holds": "INV/patiant"}).status_code == 201
    assert runs.go(hold, run) == "Suspended"
    assert "Did you mean patient?" in runs.page(run)
    assert runs.answer(run, ADA, **HOLD).status_code == 201
    assert runs.go(hold, run) == "Suspended"
    assert "### Record this?" in runs.page(run)
    assert runs.answer(run, BOB, **YES).status_code == 201
    assert runs.go(hold, run) == "Suspended"
    assert "Somebody else filled in the form" in runs.page(run)
    assert not acted(runs, run)
    assert runs.answer(run, ADA, **YES).status_code == 201
    assert runs.go(hold, run) == "Completed"
    ((by, held),) = acted(runs, run)
    assert by == ADA
    assert held in shown(stage, "hold", run)
    assert runs.work.notes()[-1] == "hand_on all"


def test_a_no_records_nothing_and_a_run_that_died_after_the_entry_records_it_once(
    stage, runs, monkeypatch
):
    run = begun(stage, "hold")
    runs.go(hold, run)
    runs.answer(run, ADA, **HOLD)
    runs.go(hold, run)
    runs.answer(run, ADA, confirm="no")
    assert runs.go(hold, run) == "Completed"
    assert not acted(runs, run)
    assert "Nothing was recorded" in shown(stage, "hold", run)

    run = begun(stage, "hold")
    runs.go(hold, run)
    runs.answer(run, ADA, **HOLD)
    runs.go(hold, run)
    runs.answer(run, ADA, **YES)
    runs.work.failures.append(OSError("the machine stops before anything follows"))
    assert runs.go(hold, run) == "Failed"
    (first,) = acted(runs, run)
    with stage.service() as client:
        body = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": True}
        client.post(f"/flow_runs/{run}/set_state", json=body).raise_for_status()
    assert runs.go(hold, run) == "Completed"
    assert acted(runs, run) == [first]


def test_a_service_cannot_answer_for_a_person(stage, runs):
    run = begun(stage, "hold")
    runs.go(hold, run)
    key = runs.key(run)
    with stage.service() as client:
        value = {"key": f"suspended-{key}-response", "value": "e30="}
        assert client.post(f"/flow_runs/{run}/input", json=value).status_code == 403
        assert client.post(f"/flow_runs/{run}/resume", json={"run_input": HOLD}).status_code == 403
        body = {"state": {"type": "SCHEDULED", "name": "Resuming"}}
        client.post(f"/flow_runs/{run}/set_state", json=body).raise_for_status()
    assert runs.go(hold, run) == "Suspended"
    assert "Ground: Field required" in runs.page(run)
    assert not acted(runs, run)


def test_an_answer_of_one_run_is_none_in_another_and_none_twice(stage, runs):
    run = begun(stage, "hold")
    runs.go(hold, run)
    runs.answer(run, ADA, **HOLD)
    runs.go(hold, run)
    runs.answer(run, ADA, **YES)
    assert runs.go(hold, run) == "Completed"
    assert runs.answer(run, ADA, **YES).status_code != 201
    assert len(acted(runs, run)) == 1
    signed = [r for r in runs.work.ledger.of_kind(Entry.SIGNED) if r.text("run") == run]
    other = begun(stage, "hold")
    runs.go(hold, other)
    mine = [r for r in runs.work.ledger.of_kind(Entry.SIGNED) if r.text("run") == other]
    assert (len(signed), mine) == (2, [])


def test_a_question_is_answered_under_artifacts(stage, runs):
    run = begun(stage, "ask")
    assert runs.go(ask, run) == "Suspended"
    runs.answer(run, ADA, about="INV/patient/2091", supposing="none")
    assert runs.go(ask, run) == "Suspended"
    assert "Did you mean INV/patient/2019?" in runs.page(run)
    runs.answer(run, ADA, about="INV/patient/2019", supposing="none")
    assert runs.go(ask, run) == "Completed"
    assert "INV/patient/2019" in shown(stage, "answer", run)
