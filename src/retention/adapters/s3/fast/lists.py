"""The fast engine: listings over plain HTTP, in columns, and in several lanes at once."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Final

from retention.adapters.s3.fast.asking import Asker, service
from retention.adapters.s3.fast.login import Login
from retention.adapters.s3.fast.pace import Pace
from retention.adapters.s3.fast.parse import Quick
from retention.adapters.s3.fast.rows import versions
from retention.adapters.s3.fast.sweep import Sweep
from retention.adapters.s3.fast.uploads import uploads
from retention.adapters.s3.fast.walk import PAGE_ROWS_MAX, Walk
from retention.adapters.s3.fast.wire import Patience
from retention.adapters.s3.faults import refused
from retention.adapters.s3.place import bucket_and_prefix
from retention.domain.dataset import ObjectVersion
from retention.ports.store import Page, Span, Swept

LANES_MAX: Final = 64
_BUCKET: Final = re.compile(r"[a-zA-Z0-9._-]{1,255}")


class FastLists:
    """Fits ``ports.store.Lists`` and ``Sweeps``, for places such as ``s3://bucket/path/``."""

    def __init__(
        self,
        *,
        endpoint_url: str | None,
        region: str,
        credentials: Callable[[], Login],
        page_rows: int = PAGE_ROWS_MAX,
        lanes: int = 8,
        connect_timeout_s: float = 5,
        read_timeout_s: float = 60,
        attempts_max: int = 6,
        ca_file: str | None = None,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        """Ask at *endpoint_url*, which is Amazon's in *region* if None, for *page_rows* at a time.

        *credentials* is called for the first login and whenever one has expired, in any thread.
        *lanes* is how many ask at once in a sweep, at the most.  A page is tried *attempts_max*
        times with growing pauses, which *sleep* makes.  Hosts are known by *ca_file*, or by what
        the machine trusts.  Nothing is asked yet.
        """
        if not 1 <= page_rows <= PAGE_ROWS_MAX:
            raise ValueError(f"a page has 1 to {PAGE_ROWS_MAX} rows, not {page_rows}")
        if not 1 <= lanes <= LANES_MAX:
            raise ValueError(f"there are 1 to {LANES_MAX} lanes, not {lanes}")
        self._page_rows, self._lanes = page_rows, lanes
        self._quick = Quick()
        self._service = service(
            endpoint_url=endpoint_url,
            region=region,
            credentials=credentials,
            attempts_max=attempts_max,
            patience=Patience(connect_timeout_s, read_timeout_s),
            ca_file=ca_file,
            sleep=sleep,
        )

    def versions(self, place: str) -> Iterator[ObjectVersion]:
        """Yield all that lies in *place*, ascending; raise StoreError rather than leave one out.

        Holds a page, the rows of one key in memory, and all unfinished uploads of the place.
        """
        bucket, prefix = _place(place)
        return self._merged(bucket, prefix)

    def sweep(self, place: str, spans: Sequence[Span]) -> Iterator[Swept]:
        """Yield what lies in *spans* of *place*, as ``ports.store.Sweeps``, in several lanes.

        Holds a few pages, and the ids of one key, for each lane.  Closing the iterator ends all
        that it began.  Raises StoreError rather than leave a row out.
        """
        return self._swept(_place(place), tuple(spans))

    def uploads(self, place: str) -> Iterator[ObjectVersion]:
        """Yield the unfinished uploads in *place*; raise StoreError rather than leave one out."""
        bucket, prefix = _place(place)
        return self._each_upload(bucket, prefix)

    def close(self) -> None:
        """Close the connections that are kept for the next listing."""
        self._service.close()

    def _merged(self, bucket: str, prefix: str) -> Iterator[ObjectVersion]:
        _require(bucket)
        with self._one_lane() as asker:
            # Uploads first: one that is finished meanwhile is then seen twice, and not never.
            unfinished = list(uploads(asker, bucket, prefix, self._page_rows))
            yield from versions(self._pages(asker, (bucket, prefix)), unfinished)

    def _pages(self, asker: Asker, place: tuple[str, str]) -> Iterator[Page]:
        walk, more = Walk(asker, self._quick, place, "", self._page_rows), True
        while more:
            page, more = walk.step()
            yield page

    def _swept(self, place: tuple[str, str], spans: Sequence[Span]) -> Iterator[Swept]:
        _require(place[0])
        sweep = Sweep(
            self._service,
            self._quick,
            place,
            spans,
            page_rows=self._page_rows,
            lanes=self._lanes,
        )
        yield from sweep.run()

    def _each_upload(self, bucket: str, prefix: str) -> Iterator[ObjectVersion]:
        _require(bucket)
        with self._one_lane() as asker:
            yield from uploads(asker, bucket, prefix, self._page_rows)

    @contextmanager
    def _one_lane(self) -> Iterator[Asker]:
        asker = Asker(self._service, Pace(1), Event())
        try:
            yield asker
        finally:
            asker.close()


def _place(place: str) -> tuple[str, str]:
    bucket, prefix = bucket_and_prefix(place)
    return bucket, prefix


def _require(bucket: str) -> None:
    """Raise StoreRefusedError, before anything is sent, for what is no name of a bucket."""
    if not _BUCKET.fullmatch(bucket):
        raise refused("ParamValidationError")
