"""What Prefect runs next and what failed there, asked over HTTP: a question loads no Prefect."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

TIMEOUT_S = 3.0
RUNS_MAX = 200
_LAPSED = re.compile(r"The flow was \w+ and never resumed\.")  # as Prefect says it


@dataclass(frozen=True, slots=True)
class Run:
    """A run, or the flow that it is of, and when it is expected or ended."""

    name: str
    at: datetime


def upcoming(api_url: str, auth: str) -> list[Run]:
    """Return the next run of each flow that is scheduled, soonest first.

    *auth* is ``name:secret`` of a service.  Raises ConnectionError if nobody answers.
    """
    runs = ask(api_url, auth, "flow_runs", _in_state("SCHEDULED", "EXPECTED_START_TIME_ASC"))
    flows = {each["id"]: str(each["name"]) for each in ask(api_url, auth, "flows", {})}
    found: dict[str, Run] = {}
    for each in runs:
        name = flows.get(each["flow_id"], "a flow of others")
        found.setdefault(name, Run(name, datetime.fromisoformat(each["expected_start_time"])))
    return list(found.values())


def failed(api_url: str, auth: str) -> list[Run]:
    """Return the newest runs that failed or crashed, by name; ConnectionError if nobody answers.

    A question that nobody answered in its time is none of them: Prefect ends its run as a failure,
    and nothing has failed.  What still waits for people, the ledger knows.
    """
    runs = ask(api_url, auth, "flow_runs", _in_state("FAILED CRASHED", "END_TIME_DESC"))
    ended = [each for each in runs if each["end_time"] and not _lapsed(each)]
    return [Run(str(each["name"]), datetime.fromisoformat(each["end_time"])) for each in ended]


def _lapsed(run: dict[str, Any]) -> bool:
    message = (run.get("state") or {}).get("message")
    return isinstance(message, str) and _LAPSED.fullmatch(message) is not None


def _in_state(states: str, sort: str) -> dict[str, Any]:
    return {"flow_runs": {"state": {"type": {"any_": states.split()}}}, "sort": sort}


def ask(api_url: str, auth: str, what: str, question: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what Prefect has of *what* that fits *question*; ConnectionError if it is silent."""
    name, _, secret = auth.partition(":")
    try:
        answer = httpx.post(
            f"{api_url}/{what}/filter",
            json={**question, "limit": RUNS_MAX},
            auth=(name, secret),
            timeout=TIMEOUT_S,
            trust_env=False,  # what this process is told, wiring tells it
        )
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise ConnectionError("Prefect does not answer") from error
    return found
