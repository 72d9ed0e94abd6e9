"""The gate: the one way to the Prefect server, and the one witness of who answered."""

import os
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence

from retention.domain.agreement import Person
from retention.gate.asgi import Gate
from retention.gate.login import REMEMBER_S, Logins
from retention.ports.clock import Clock
from retention.ports.identities import Identities
from retention.ports.ledger import Ledger
from retention.ports.seal import Signs


def app(
    *,
    identities: Identities,
    ledger: Ledger,
    signer: Signs,
    services: Mapping[str, str],
    clock: Clock,
    people: Callable[[], Sequence[Person]],
    startable: Collection[str] = (),
    remember_s: float = REMEMBER_S,
) -> Gate:
    """Return the gate around a new Prefect server in this process.

    *services* is work pool to secret; only whom *people* returns may answer, and start what stands
    in *startable* as ``flow/deployment``.  The server takes one credential, made here and kept in
    this process: Prefect reads it from its settings, so it is set there before the server is made.
    """
    credential = f"gate:{secrets.token_urlsafe(32)}"
    os.environ["PREFECT_SERVER_API_AUTH_STRING"] = credential
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    os.environ["DO_NOT_TRACK"] = "1"
    from prefect.context import refresh_global_settings_context  # noqa: PLC0415  # settings first

    refresh_global_settings_context()
    from prefect.server.api.server import create_app  # noqa: PLC0415  # settings first

    return Gate(
        create_app(ignore_cache=True),
        credential=credential,
        logins=Logins(identities, services, remember_s),
        people=people,
        ledger=ledger,
        signer=signer,
        clock=clock,
        startable=startable,
    )
