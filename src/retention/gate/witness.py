"""Sign who gave which answer: the gate alone knows the person.

The record is made before the answer is handed on and written once the server has taken it, so
that nothing is signed that was not accepted.  The answer itself stays in Prefect; the ledger
gets its digest.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx

from retention.domain.approval import SignedAnswer, asked_in, stream_about
from retention.domain.calendar import stamp
from retention.domain.canonical import digest_of
from retention.domain.entry import Draft, Entry
from retention.gate.http import App
from retention.ports.clock import Clock
from retention.ports.seal import Signs


class Prefect:
    """The server behind the gate, asked with the credential that only the gate knows."""

    def __init__(self, inner: App, authorization: bytes) -> None:
        """Ask *inner* in this process; nothing goes over a wire."""
        self._inner = inner
        self._headers = {"authorization": authorization.decode()}

    async def pause_key(self, run: UUID) -> str | None:
        """Return the key of the question that *run* waits with, or None if it waits with none."""
        transport = httpx.ASGITransport(app=self._inner)
        async with httpx.AsyncClient(transport=transport, base_url="http://inner") as client:
            response = await client.get(f"/api/flow_runs/{run}", headers=self._headers)
        if response.status_code != httpx.codes.OK:
            return None
        state = response.json().get("state") or {}
        if state.get("type") != "PAUSED":
            return None
        key = (state.get("state_details") or {}).get("pause_key")
        return key if isinstance(key, str) else None


def signed_record(
    person: str,
    run: UUID,
    key: str,
    run_input: Mapping[str, Any],
    *,
    factor: str = "",
    signer: Signs,
    clock: Clock,
) -> Draft | None:
    """Return the ledger entry that *person* gave *run_input* under *key*; None if it is not ours.

    *factor* says which second factor the gate checked with it.
    Raises TypeError or ValueError for an input that has no canonical form.
    """
    ours = asked_in(key)
    if ours is None:
        return None
    about, step = ours
    answer = SignedAnswer(
        about=about,
        person=person,
        step=step,
        run=str(run),
        pause_key=key,
        input=digest_of(dict(run_input)),
        factor=factor,
        at=stamp(clock.now()),
    )
    return Draft(
        stream=stream_about(about),
        kind=Entry.SIGNED,
        facts={
            **{name: getattr(answer, name) for name in answer.__slots__},
            "signature": urlsafe_b64encode(signer.sign(answer.message())).decode(),
            "key_id": signer.key_id,
        },
    )


def has_template(value: object) -> bool:
    """Tell whether the server would write something else in the place of a part of *value*."""
    if isinstance(value, Mapping):
        return "__prefect_kind" in value or any(has_template(each) for each in value.values())
    return isinstance(value, list) and any(has_template(each) for each in value)
