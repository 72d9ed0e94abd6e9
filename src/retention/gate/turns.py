"""Who may have a password checked next: one at a time, and each address in its turn.

A check takes memory by the hundred megabyte, so there is one at a time.  Whoever sends many waits
behind their own, and whoever sends one waits for one of each address that is at it.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

EACH_MAX = 20  # waiting, of one address
WAITING_MAX = 200


class BusyError(Exception):
    """Too many passwords wait to be checked: this one is not."""


class Turns:
    """A queue for each address, served in a round."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._taken = False
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def of(self, address: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it; raises BusyError where too many wait already."""
        if self._taken:
            await self._wait(address)
        self._taken = True
        try:
            yield
        finally:
            self._taken = self._wake_next()

    async def _wait(self, address: str) -> None:
        own = self._waiting.get(address, deque())
        if len(own) >= EACH_MAX:
            raise BusyError
        if sum(map(len, self._waiting.values())) >= WAITING_MAX:
            self._make_room(len(own))
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(address, own).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if (
                turn.done() and not turn.cancelled() and turn.exception() is None
            ):  # the turn was given, and nobody takes it
                self._taken = self._wake_next()
            raise

    def _make_room(self, own: int) -> None:
        """Send away the last of the address with most waiting, if that is more than *own*."""
        most = max(self._waiting.values(), key=len)
        if len(most) <= own + 1:
            raise BusyError
        last = most.pop()
        if not last.done():
            last.set_exception(BusyError())

    def _wake_next(self) -> bool:
        """Give the turn to the next who still waits; tell whether there is one."""
        while self._waiting:
            address = next(iter(self._waiting))
            own = self._waiting.pop(address)
            turn = own.popleft()
            if own:
                self._waiting[address] = own  # at the end of the round
            if not turn.done():
                turn.set_result(None)
                return True
        return False
