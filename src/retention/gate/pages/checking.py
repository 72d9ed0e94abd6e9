"""Lists are checked against their roots once in a process, and nobody sees one before."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from anyio import CapacityLimiter, to_thread

from retention.domain.proposal import Proposal
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.steps.full_list import check

WAIT_S: Final = 10.0  # then the page says how far it is
_KEPT_MAX: Final = 1000


class _StoppedError(Exception):
    """The process ends: nobody waits for the answer."""


@dataclass(slots=True)
class _Work:
    task: "asyncio.Task[None]"
    seen: int = 0
    is_over: bool = False


class Checks:
    """Which lists were checked, and when; one check at a time of each."""

    def __init__(self, evidence: Evidence, clock: Clock, wait_s: float = WAIT_S) -> None:
        """Read from *evidence*."""
        self._evidence, self._clock, self._wait_s = evidence, clock, wait_s
        self._at: dict[str, datetime] = {}
        self._running: dict[str, _Work] = {}
        self._limit = CapacityLimiter(1)

    async def of(self, document: str, proposal: Proposal) -> datetime | int:
        """Return when the list of a *document* was checked, or how many rows were so far.

        Every later read is of the same bytes: the evidence store reads nothing that is not what
        its digest says, and the document names the packs.  Raises EvidenceError if a manifest has
        not the root that the proposal names, each time afresh.
        """
        if (at := self._at.get(document)) is not None:
            return at
        work = self._running.get(document)
        if work is None:
            work = self._running[document] = self._begin(document, proposal)
        done, _ = await asyncio.wait({work.task}, timeout=self._wait_s)
        if not done:
            return work.seen
        self._running.pop(document, None)
        work.task.result()
        return self._at[document]

    def _begin(self, document: str, proposal: Proposal) -> _Work:
        def tell(seen: int) -> None:
            work.seen = seen
            if work.is_over:
                raise _StoppedError

        async def run() -> None:
            try:
                await to_thread.run_sync(
                    _checks(proposal, self._evidence, tell),
                    limiter=self._limit,
                    abandon_on_cancel=True,
                )
            finally:
                work.is_over = True
            if len(self._at) >= _KEPT_MAX:
                self._at.clear()
            self._at[document] = self._clock.now()

        work = _Work(asyncio.ensure_future(run()))
        return work


def _checks(
    proposal: Proposal, evidence: Evidence, tell: Callable[[int], None]
) -> Callable[[], None]:
    def run() -> None:
        check(proposal, evidence, tell)

    return run
