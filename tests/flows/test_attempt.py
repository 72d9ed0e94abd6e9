"""What is tried again, and what is not; and that nothing is cached."""

import importlib

import pytest
from prefect import Task
from prefect.cache_policies import NO_CACHE

from flows import certify as certifying
from flows.advance import advance
from flows.certify import certify
from flows.deployments import TABLE
from retention.domain.canonical import sha256
from retention.errors import (
    DeliveryError,
    EvidenceError,
    HeldError,
    NotAuthorisedError,
    StoreRefusedError,
    StoreUnavailableError,
    UnverifiedError,
)

TRIED_AGAIN = [StoreUnavailableError, DeliveryError]
NOT_TRIED_AGAIN = [HeldError, NotAuthorisedError, StoreRefusedError, UnverifiedError]


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(certifying.sign, "retry_delay_seconds", [0, 0])


def fresh(stage, about):
    return stage.start("certify", sha256(about.encode()))


@pytest.mark.server
@pytest.mark.parametrize("error", TRIED_AGAIN)
def test_what_may_work_later_is_tried_again(stage, runs, at_once, error):
    runs.work.failures = [error("it failed", hint="wait"), error("again", hint="wait")]
    assert runs.go(certify, fresh(stage, error.__name__)) == "Completed"
    assert not runs.work.failures


@pytest.mark.server
@pytest.mark.parametrize("error", [*NOT_TRIED_AGAIN, ValueError])
def test_what_a_person_must_look_at_is_not_tried_again(stage, runs, at_once, error):
    kind = {} if error is ValueError else {"hint": "look"}
    runs.work.failures = [error("first", **kind), error("second", **kind)]
    assert runs.go(certify, fresh(stage, error.__name__)) == "Failed"
    assert len(runs.work.failures) == 1


def fail(error):
    raise error


@pytest.mark.server
@pytest.mark.parametrize("stays", [False, True])
def test_a_key_that_does_not_go_fails_the_run_and_holds_up_no_letter(
    stage, runs, monkeypatch, stays
):
    if stays:
        error = EvidenceError("a manifest can still be opened", hint="look")
        monkeypatch.setattr(runs.work, "close_manifests", lambda: fail(error))
    notes = stage.folder / "notes"
    before = notes.read_text().splitlines() if notes.exists() else []
    ended = runs.go(advance, stage.start("advance"))
    assert ended == ("Failed" if stays else "Completed")
    closing = [] if stays else ["close_manifests all"]
    said = notes.read_text().splitlines()[len(before) :]
    ran = [] if stays else ["ran advance"]  # a heartbeat asks after what did not end well
    assert said == ["advance all", "hand_on all", *closing, "notify all", *ran]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.flow)
def test_nothing_is_cached_or_persisted(row):
    module = importlib.import_module(f"flows.{row.flow}")
    assert getattr(module, row.flow).persist_result is False
    for task in (each for each in vars(module).values() if isinstance(each, Task)):
        assert task.cache_policy == NO_CACHE
        assert task.persist_result is False


@pytest.mark.server
@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.flow != "review" and not row.people], ids=lambda r: r.flow
)
def test_every_flow_that_asks_nobody_runs_to_its_end(stage, runs, row):
    flow = getattr(importlib.import_module(f"flows.{row.flow}"), row.flow)
    run = stage.start(row.flow, sha256(b"to the end") if row.about else "")
    assert runs.go(flow, run) == "Completed"
