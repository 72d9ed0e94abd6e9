"""A place in several lanes at once: threads that walk, cut each other's ranges, end together."""

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from threading import Event, Thread
from typing import Final

from retention.adapters.s3.fast.asking import Asker, Service
from retention.adapters.s3.fast.channel import Channel, Lane
from retention.adapters.s3.fast.pace import Pace
from retention.adapters.s3.fast.parse import Quick
from retention.adapters.s3.fast.splitting import Splitter
from retention.adapters.s3.fast.walk import Walk
from retention.adapters.s3.fast.work import Claim, Range, Work
from retention.errors import StoreError
from retention.ports.store import Page, Span, Swept

PAGES_PER_LANE: Final = 2  # that wait for the consumer
_JOIN_S: Final = 0.05


class Sweep:
    """One sweep; it is run once."""

    def __init__(
        self,
        service: Service,
        quick: Quick,
        place: tuple[str, str],
        spans: Sequence[Span],
        *,
        page_rows: int,
        lanes: int,
    ) -> None:
        """Sweep *spans* of *place*, a bucket and a prefix; nothing is asked yet."""
        self._service, self._quick, self._place = service, quick, place
        self._page_rows = page_rows
        self._stopped = Event()
        self._pace = Pace(lanes)
        self._work = Work(spans)
        self._splitter = Splitter(place, quick)
        self._channel = Channel[Swept](lanes=lanes, most=lanes * PAGES_PER_LANE)
        self._askers = [Asker(service, self._pace, self._stopped) for _ in range(lanes)]

    def run(self) -> Iterator[Swept]:
        """Yield pages as they come; raise the first error of a lane.  All threads end with it."""
        threads = [
            Thread(target=self._lane, args=(n,), name=f"lane {n}", daemon=True)
            for n in range(len(self._askers))
        ]
        try:
            for thread in threads:
                thread.start()
            while (swept := self._channel.get()) is not None:
                yield swept
        finally:
            self._stop()
            self._join(threads)

    def _stop(self) -> None:
        self._stopped.set()
        self._channel.close()
        self._work.stop()
        self._pace.stop()

    def _join(self, threads: Sequence[Thread]) -> None:
        for thread, asker in zip(threads, self._askers, strict=True):
            while thread.is_alive():
                asker.cut()  # again and again: it may have begun to ask only now
                thread.join(_JOIN_S)

    def _lane(self, number: int) -> None:
        asker = self._askers[number]
        with Lane(self._channel), closing(asker):
            while (found := self._work.take()) is not None:
                if isinstance(found, Claim):
                    self._cut(asker, found)
                else:
                    self._walk(asker, found, number)

    def _cut(self, asker: Asker, claim: Claim) -> None:
        bounds: list[str] = []
        # Whatever keeps us from cutting a range, whoever walks it sees all that lies in it, or why
        # it cannot: a guess must not end a sweep.
        with suppress(StoreError):
            bounds = self._splitter.bounds(asker, claim)
        self._work.cut(claim, bounds)

    def _walk(self, asker: Asker, walked: Range, number: int) -> None:
        if self._is_empty(walked):
            self._give(number, walked, Page(), more=False)
            return
        walk = Walk(asker, self._quick, self._place, walked.after, self._page_rows)
        while not self._work.is_over(walked):
            page, more = walk.step()
            self._give(number, walked, page, more=more)

    def _give(self, number: int, walked: Range, page: Page, *, more: bool) -> None:
        for inside, span in self._work.gave(walked, page, more=more):
            self._channel.put(Swept(number, inside, span))

    def _is_empty(self, walked: Range) -> bool:
        """Tell whether no key of the place can lie in a range: then nothing need be asked."""
        prefix = self._place[1]
        behind_all = walked.after > prefix and not walked.after.startswith(prefix)
        through = walked.through
        return behind_all or (through is not None and (through <= walked.after or through < prefix))
