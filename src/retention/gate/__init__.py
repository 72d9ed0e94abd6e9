"""The gate: the one way to the Prefect server, and the one witness of who answered."""

import os
import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from time import monotonic

from retention.domain.agreement import Person
from retention.domain.proxy import Proxy
from retention.gate.asgi import Gate
from retention.gate.door import Door
from retention.gate.factor import Factor
from retention.gate.http import App
from retention.gate.lockout import Lockout
from retention.gate.login import Logins
from retention.gate.sessions import IDLE_S, WHOLE_S, Sessions
from retention.gate.standing import FRESH_S, Standings
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.identities import Identities
from retention.ports.ledger import Ledger
from retention.ports.seal import Signs
from retention.steps.opening import Opening


def app(
    *,
    identities: Identities,
    ledger: Ledger,
    evidence: Evidence,
    signer: Signs,
    services: Mapping[str, str],
    clock: Clock,
    people: Callable[[], Sequence[Person]],
    startable: Collection[str] = (),
    opening: Opening | None = None,
    proxy: Proxy | None = None,
    idle_s: float = IDLE_S,
    whole_s: float = WHOLE_S,
    fresh_s: float = FRESH_S,
    now: Callable[[], float] = monotonic,
) -> Gate:
    """Return the gate around a new Prefect server in this process.

    *services* is work pool to secret; only whom *people* returns may answer, and start what stands
    in *startable* as ``flow/deployment``.  With *opening* it serves the full lists of proposals.
    Sessions end after *idle_s* and after *whole_s*; who drops out is out *fresh_s* later, by the
    clock *now*.  The server takes one credential, made here and kept in this process: Prefect
    reads it from its settings, so it is set there before the server is made.
    """
    credential = f"gate:{secrets.token_urlsafe(32)}"
    standings = Standings(identities, fresh_s=fresh_s, now=now)
    locked = Lockout(ledger, standings)
    logins = Logins(
        identities,
        services,
        standings=standings,
        clock=clock,
        passwords=proxy is None or proxy.passwords,
        on_lock=locked,
    )
    sessions = Sessions(standings, idle_s=idle_s, whole_s=whole_s, now=now)
    return Gate(
        _server(credential),
        credential=credential,
        door=Door(logins, sessions, standings, people, proxy),
        factor=Factor(identities, clock, locked),
        people=people,
        ledger=ledger,
        evidence=evidence,
        signer=signer,
        clock=clock,
        startable=startable,
        opening=opening,
    )


def _server(credential: str) -> App:
    os.environ["PREFECT_SERVER_API_AUTH_STRING"] = credential
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    os.environ["DO_NOT_TRACK"] = "1"
    from prefect.context import refresh_global_settings_context  # noqa: PLC0415  # settings first

    refresh_global_settings_context()
    from prefect.server.api.server import create_app  # noqa: PLC0415  # settings first

    server: App = create_app(ignore_cache=True)
    return server
