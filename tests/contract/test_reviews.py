"""Whoever knows the runs that ask people: the newest one counts, and not knowing is no fault."""

from uuid import uuid4

import pytest

from retention.adapters.prefect.reviews import PrefectReviews
from retention.domain.canonical import sha256
from tests.support import fake_work
from tests.support.mailing import MemoryReviews
from tests.support.net import free_ports


class Memory:
    """Runs that a test names."""

    def __init__(self):
        self.reviews = MemoryReviews()

    def start(self, flow, proposal):
        run = str(uuid4())
        if flow == "review":
            self.reviews.runs[proposal] = run
        return run


class Prefect:
    """Runs of a real server behind the real gate."""

    def __init__(self, stage):
        self.start = stage.start
        secret = fake_work.SERVICES["planner"]
        self.reviews = PrefectReviews(stage.server.api_url, f"planner:{secret}")


@pytest.fixture(params=["memory", pytest.param("prefect", marks=pytest.mark.server)])
def kit(request):
    if request.param == "memory":
        return Memory()
    return Prefect(request.getfixturevalue("stage"))


def test_the_run_that_asks_about_a_proposal_is_found_and_no_other(kit):
    asked, other, unknown = (sha256(uuid4().bytes) for _ in range(3))
    run = kit.start("review", asked)
    kit.start("review", other)
    kit.start("dispose", asked)
    assert kit.reviews.run_of(asked) == run
    assert kit.reviews.run_of(unknown) == ""


def test_a_server_that_does_not_answer_is_no_fault():
    (port,) = free_ports()
    reviews = PrefectReviews(f"http://127.0.0.1:{port}/api", "planner:x")
    assert reviews.run_of(sha256(b"any")) == ""
    assert "planner" not in repr(reviews)
