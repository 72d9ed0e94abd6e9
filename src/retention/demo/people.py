"""Invented people at the gate: they log in, and answer by the endpoint and form of the UI."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any

import httpx

from retention.errors import NotAuthorisedError, StoreUnavailableError

LOOK_EVERY_S = 0.5
ASK_WITHIN_S = 90.0
TRIES = 5
ANSWER_S = 130.0  # Prefect's SQLite can be busy for a minute


@dataclass(frozen=True, slots=True)
class Login:
    """A person with a password, in front of the gate."""

    api_url: str
    person: str
    password: str = field(repr=False)

    def waiting(self, step: str) -> tuple[str, str]:
        """Wait for the question to *step*; return the id of the run, and the page it shows."""
        until = monotonic() + ASK_WITHIN_S
        with self._client() as client:
            while monotonic() < until:
                query = {"flow_runs": {"state": {"type": {"any_": ["PAUSED"]}}}}
                for run in client.post("/flow_runs/filter", json=query).raise_for_status().json():
                    key = run["state"]["state_details"].get("pause_key") or ""
                    if f"-{step}-" in key and (page := self._page(client, run)) is not None:
                        return run["id"], page
                sleep(LOOK_EVERY_S)
        raise StoreUnavailableError(
            f"nobody asked the {step}", hint="the logs are in the folder prefect"
        )

    def full_list(self, path: str) -> int:
        """Take the full list along from *path* of the gate; return how many rows it has."""
        with self._client() as client:
            address = f"{self.api_url.removesuffix('/api')}{path}.csv"
            content = client.get(address).raise_for_status().content
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        return sum(1 for _ in rows) - 1  # the first names the columns

    def answer(self, run: str, form: Mapping[str, str]) -> None:
        """Submit the form, as the UI does; raise NotAuthorisedError if it is not accepted."""
        with self._client() as client:
            for _ in range(TRIES):
                response = client.post(f"/flow_runs/{run}/resume", json={"run_input": dict(form)})
                if not response.is_server_error:
                    break
                sleep(LOOK_EVERY_S)  # Prefect on SQLite may be busy: one presses the button again
        if response.status_code != httpx.codes.CREATED:
            raise NotAuthorisedError("the gate did not accept the answer", hint=response.text[:200])

    def _page(self, client: httpx.Client, run: Mapping[str, Any]) -> str | None:
        """Return what the form shows, or None while Prefect has the state and not yet the form."""
        keyset = run["state"]["state_details"]["run_input_keyset"]
        found = client.get(f"/flow_runs/{run['id']}/input/{keyset['description']}")
        if found.status_code == httpx.codes.NOT_FOUND:
            return None
        return str(found.raise_for_status().json())

    def _client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.api_url,
            auth=(self.person, self.password),
            trust_env=False,
            timeout=ANSWER_S,
        )
