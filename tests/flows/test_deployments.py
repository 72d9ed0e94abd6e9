"""The table of what stands ready: it names flows that exist, at hours that exist."""

import importlib
from inspect import signature
from pathlib import Path

import pytest
from prefect.flows import load_flow_from_entrypoint

from flows.deployments import POOLS, TABLE
from flows.timetable import CRONS
from retention import wiring
from retention.adapters.prefect.deploy import as_yaml

ROOT = Path(__file__).parents[2]
EVERY_ROW = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.flow)


@EVERY_ROW
def test_a_row_names_a_flow_and_its_one_parameter(row):
    flow = load_flow_from_entrypoint(row.entrypoint("flows"), use_placeholder_flow=False)
    assert flow.name == row.flow
    assert list(signature(flow.fn).parameters) == ([row.about] if row.about else [])
    assert list(row.parameters()["properties"]) == ([row.about] if row.about else [])


@EVERY_ROW
def test_nothing_starts_in_the_hour_that_one_day_does_not_have(row):
    if row.cron is not None:
        hour = row.cron.split()[1]
        assert hour.isdigit()
        assert int(hour) != 1


def test_a_flow_is_run_by_something_or_by_someone():
    timed = {row.flow for row in TABLE if row.cron}
    assert timed == set(CRONS)
    assert all(row.about or row.people for row in TABLE if not row.cron)


def test_what_people_start_takes_nothing_that_prefect_would_keep():
    mine = [row for row in TABLE if row.people]
    assert {row.flow for row in mine} == {"hold", "event", "instruction", "ask", "abort", "stop"}
    assert {(row.pool, row.about, row.cron) for row in mine} == {("planner", None, None)}
    assert all("Quick run" in row.says for row in mine)


def test_only_one_flow_runs_where_things_can_be_destroyed():
    assert [row.flow for row in TABLE if row.pool == "destroyer"] == ["dispose"]


def test_every_pool_has_a_credential_and_work():
    assert set(wiring.POOLS) == set(POOLS) == {row.pool for row in TABLE}


def test_the_file_says_what_the_table_says():
    assert (ROOT / "infra" / "prefect.yaml").read_text() == as_yaml(TABLE)


def test_every_flow_of_the_package_stands_in_the_table():
    others = {"__init__", "acts", "attempt", "deployments", "forms", "runner", "timetable"}
    found = {path.stem for path in (ROOT / "flows").glob("*.py")} - others
    assert found == {row.flow for row in TABLE}
    for name in found:
        assert importlib.import_module(f"flows.{name}").__doc__
