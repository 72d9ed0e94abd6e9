"""A question that nobody answered in time is no failure, although Prefect says so of its run."""

import inspect

import pytest
from prefect.server.services import pause_expirations

from retention.adapters.prefect import runs

AT = "2026-11-23T09:00:00+00:00"


def run(name, message):
    return {"name": name, "end_time": AT, "state": message and {"message": message}}


@pytest.mark.parametrize("word", ["paused", "suspended"])
def test_what_lapsed_is_passed_over_and_what_failed_is_not(monkeypatch, word):
    said = [
        run("lapsed", f"The flow was {word} and never resumed."),
        run("failed", "Flow run encountered an exception: StoreUnavailableError"),
        run("like it", f"Task says: The flow was {word} and never resumed."),
        run("silent", None),
    ]
    monkeypatch.setattr(runs, "ask", lambda *_: said)
    found = runs.failed("http://127.0.0.1/api", "planner:x")
    assert [each.name for each in found] == ["failed", "like it", "silent"]


def test_prefect_says_it_in_these_words():
    source = inspect.getsource(pause_expirations)
    assert "The flow was paused and never resumed." in source
