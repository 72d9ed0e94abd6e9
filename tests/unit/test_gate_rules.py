"""The table of the gate, read as a table."""

import itertools

import pytest

from retention.gate.rules import TABLE, Act, Caller, Kind, rule_for

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
RUN = "0190a0b0-0000-7000-8000-000000000000"
PATHS = [
    "/api",
    "/api/",
    f"/api/flow_runs/{RUN}/resume",
    f"/api/flow_runs/{RUN}/set_state",
    f"/api/flow_runs/{RUN}/input",
    f"/api/flow_runs/{RUN}/input/suspended-k-response",
    "/api/flow_runs/bulk_set_state",
    "/api/admin/storage",
    "/api/automations/",
    "/api/variables/",
    "/api/deployments/",
]
ADA, PLANNER = Caller(Kind.PERSON, "ada-invented"), Caller(Kind.SERVICE, "planner")
EVERYTHING = list(itertools.product(METHODS, PATHS))


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
def test_a_person_changes_nothing_but_by_an_answer_or_a_cancellation(method, path):
    if method not in {"GET", "HEAD"}:
        act = rule_for(method, path).act(ADA)
        assert act in {Act.REFUSE, Act.WITNESS, Act.CANCEL}
        assert (act is Act.WITNESS) == (method == "POST" and path.endswith("/resume"))


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
def test_a_service_never_answers(method, path):
    assert rule_for(method, path).act(PLANNER) is not Act.WITNESS


def test_whoever_is_refused_is_told_why():
    for row in TABLE:
        assert {row.people, row.services} == {Act.ALLOW} or row.why.endswith(".")


@pytest.mark.parametrize("odd", ["\n", "\r", "\0", "\x7f"])
def test_a_path_with_a_control_character_is_for_nobody(odd):
    for path in PATHS:
        rule = rule_for("POST", path + odd)
        assert rule.act(ADA) is rule.act(PLANNER) is Act.REFUSE


@pytest.mark.parametrize(("method", "path"), EVERYTHING)
def test_a_service_changes_nothing_that_is_not_looked_at(method, path):
    if method not in {"GET", "HEAD"}:
        assert rule_for(method, path).act(PLANNER) is not Act.ALLOW


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/api/of/tomorrow", "/api/flow_runs/x/of/tomorrow", "/api"])
def test_what_a_later_server_may_bring_is_refused_until_somebody_allows_it(method, path):
    rule = rule_for(method, path)
    assert rule.act(ADA) is rule.act(PLANNER) is Act.REFUSE
