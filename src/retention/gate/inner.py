"""The Prefect server behind the gate, asked in this process with the gate's own credential."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx

from retention.gate.http import App

WAITS_S = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)  # for another writer of the server's database


class Prefect:
    """Asks *inner* without a wire, so that nobody else can answer in its place."""

    def __init__(self, inner: App, authorization: bytes) -> None:
        """Ask *inner*, which takes *authorization* as the header of that name."""
        transport = httpx.ASGITransport(app=inner, raise_app_exceptions=False)
        headers = {"authorization": authorization.decode()}
        self._client = httpx.AsyncClient(
            transport=transport, base_url="http://inner/api", headers=headers
        )

    async def read(self, path: str) -> dict[str, Any] | None:
        """Return the object at *path*, or None if there is none."""
        return _object(await self._client.get(path))

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """Post *body* and return what the server answers, or None if it does not take it.

        While another writer has its database it answers 5xx and stores nothing: it is asked again.
        """
        for wait_s in (*WAITS_S, None):
            response = await self._client.post(path, json=dict(body))
            if wait_s is None or not response.is_server_error:
                break
            await asyncio.sleep(wait_s)
        return _object(response)

    async def standing(self, deployment: str) -> tuple[str, dict[str, Any]] | None:
        """Return the name of a deployment's flow and the deployment; None if there is none."""
        try:
            found = await self.read(f"/deployments/{UUID(deployment)}")
        except ValueError:
            return None
        flow = found and await self.read(f"/flows/{found['flow_id']}")
        return (str(flow["name"]), found) if found and flow else None

    async def pause_key(self, run: UUID) -> str | None:
        """Return the key of the question that *run* waits with, or None if it waits with none."""
        state = (await self.read(f"/flow_runs/{run}") or {}).get("state") or {}
        if state.get("type") != "PAUSED":
            return None
        key = (state.get("state_details") or {}).get("pause_key")
        return key if isinstance(key, str) else None


def _object(response: httpx.Response) -> dict[str, Any] | None:
    value = response.json() if response.is_success else None
    return value if isinstance(value, dict) else None
