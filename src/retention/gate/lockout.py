"""The ledger entry that a login was locked: an auditor asks who tried, and what followed."""

import logging
from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread

from retention.domain.calendar import stamp
from retention.domain.entry import Draft, Entry
from retention.gate.standing import Standings
from retention.ports.ledger import Ledger

log = logging.getLogger("retention.gate")
_TURN = CapacityLimiter(1)  # entries are appended one at a time, and no thread waits for another


@dataclass(frozen=True, slots=True)
class Lockout:
    """Writes that a known person's login is locked, and until when."""

    ledger: Ledger
    standings: Standings

    async def __call__(self, person: str) -> None:
        """Write it; what cannot be written keeps nobody from being locked."""
        try:
            until = (await self.standings.of(person, afresh=True)).locked_until
            if until is not None:
                facts = {"person": person, "until": stamp(until)}
                entry = Draft(f"person:{person}", Entry.LOCKED_OUT, facts)
                await to_thread.run_sync(self.ledger.append, entry, limiter=_TURN)
        except Exception as error:  # noqa: BLE001  # an entry point: nothing follows from it
            log.error("a lock was not written: %s", type(error).__name__)  # noqa: TRY400  # no content in logs
