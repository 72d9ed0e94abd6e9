"""Keep the server and the workers alive: a worker that ended is started again, within bounds.

What cannot be kept alive here ends this process, so that whoever started it begins afresh.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from retention.adapters.prefect.processes import Server, Worker
from retention.errors import StoreUnavailableError

WAITS_S: Final = (1.0, 5.0, 15.0, 60.0)  # before each start anew, longer each time
ENDS_MAX: Final = 5  # of one worker
ENDS_WITHIN_S: Final = 600.0  # after this long on its feet an end is a first one again


@dataclass(slots=True)
class _Ended:
    at: list[float] = field(default_factory=list)  # newest last
    start_at: float | None = None  # anew


class Watch:
    """Looks after *server* and *workers*, which run; ask it to :meth:`look` every second or so."""

    def __init__(
        self, server: Server, workers: Sequence[Worker], now: Callable[[], float] = monotonic
    ) -> None:
        """Begin with everything alive."""
        self.server = server
        self._workers = {worker: _Ended() for worker in workers}
        self._now = now

    def look(self) -> list[str]:
        """Start again what ended and has waited, and return the pools of those.

        Raises StoreUnavailableError if the server ended, or a worker that ends again and again.
        """
        if not self.server.alive():
            raise StoreUnavailableError(
                "the gate ended, and Prefect with it",
                hint=f"start it again; {self.server.log.name} in its folder says why it ended",
            )
        return [w.pool for w, ended in self._workers.items() if self._is_started_anew(w, ended)]

    def _is_started_anew(self, worker: Worker, ended: _Ended) -> bool:
        now = self._now()
        if ended.start_at is not None:
            if now < ended.start_at:
                return False
            ended.start_at = None
            worker.launch()
            return True
        if worker.alive():
            return False
        worker.stop()  # what it had started ends with it, before another takes its runs
        ended.at = [at for at in ended.at if now - at < ENDS_WITHIN_S] + [now]
        if len(ended.at) >= ENDS_MAX:
            raise StoreUnavailableError(
                f"the worker of the {worker.pool} ends again and again",
                hint=f"{worker.log.name} in its folder says why",
            )
        ended.start_at = now + WAITS_S[min(len(ended.at), len(WAITS_S)) - 1]
        return False
