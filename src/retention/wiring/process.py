"""What this process is composed of: once, from its environment, unless something was installed."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from retention.adapters.prefect.pools import DEPLOYER
from retention.errors import RefusedError
from retention.settings import Settings
from retention.wiring.composition import Composition, SystemClock

if TYPE_CHECKING:
    from retention.steps.opening import Opening

POOLS = ("planner", "surveyor", "destroyer", "verifier", "custodian", "issuer")
_installed: list[Composition] = []


def install(composition: Composition) -> None:
    """Give this process a composition of the entry point's own, before anything is composed."""
    _installed[:] = [composition]


def compose() -> Composition:
    """Return this process's composition: the installed one, or the real one."""
    if not _installed:
        _installed.append(Composition(Settings.read(environment(), Path.cwd()), SystemClock()))
    return _installed[0]


def asking(policies: Path | None, *, registers: bool = True) -> Composition:
    """Return a composition for questions: with the agreements of another folder, if one is named.

    The registers and the catalogue stay those of this folder.  Raises RefusedError where there are
    none yet, unless the question is not about them: a question makes no files.
    """
    work = compose()
    if registers and not work.has_begun:
        raise RefusedError(
            "nothing was recorded here yet",
            hint="ask in the folder with retention.toml, or begin with `retention init`",
        )
    if policies is None:
        return work
    return Composition(replace(work.settings, policies=policies.absolute()), work.clock)


def disposal_tasks() -> tuple[int, str]:
    """Return how many tasks one run of a disposal has, and in what they run."""
    settings = _installed[0].settings if _installed else Settings.read(environment(), Path.cwd())
    return settings.disposal_tasks, settings.disposal_runner


def environment() -> dict[str, str]:
    """Return the environment of this process: nobody else reads it."""
    return dict(os.environ)


def gate_ports() -> dict[str, Any]:
    """Return the ports that :func:`retention.gate.app` takes."""
    work = compose()
    return {
        "identities": work.identities,
        "ledger": work.ledger,
        "evidence": work.evidence,
        "signer": work.keyring.gate,
        "services": services(work.settings.home),
        "clock": work.clock,
        "people": work.library.people,
        "proxy": work.settings.gate.proxy,
        "idle_s": work.settings.gate.idle_s,
        "whole_s": work.settings.gate.whole_s,
        "opening": opening(work),
    }


def opening(work: Composition) -> "Opening":
    """Return the ports by which people open the full list of a proposal."""
    from retention.adapters.typeset import Typst  # noqa: PLC0415  # lazy
    from retention.adapters.xlsx import Workbooks  # noqa: PLC0415  # lazy
    from retention.steps.opening import Opening  # noqa: PLC0415  # lazy

    return Opening(
        work.ledger, work.evidence, work.library, work.clock, typesets=Typst(), sheets=Workbooks()
    )


def services(home: Path) -> dict[str, str]:
    """Return the secret of each service, made at first start for this account alone."""
    from retention.adapters.seal.ring import service_secrets  # noqa: PLC0415  # lazy

    return service_secrets(home / "keys" / "services.json", (*POOLS, DEPLOYER))
