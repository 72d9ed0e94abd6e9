"""From many lanes to one consumer: a bounded queue that ends, and that carries an error across."""

from collections import deque
from threading import Condition
from types import TracebackType
from typing import Generic, TypeVar

from retention.adapters.s3.fast.trouble import StoppedError

T = TypeVar("T")


class Channel(Generic[T]):
    """Holds at most *most* items; it ends when all of its *lanes* have."""

    def __init__(self, *, lanes: int, most: int) -> None:
        """Wait for *lanes* lanes."""
        self._items: deque[T] = deque()
        self._most = most
        self._lanes = lanes
        self._closed = False
        self._error: BaseException | None = None
        self._changed = Condition()

    def put(self, item: T) -> None:
        """Give *item*, once there is room; raise StoppedError if nobody takes it any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._items) < self._most)
            if self._closed:
                raise StoppedError
            self._items.append(item)
            self._changed.notify_all()

    def get(self) -> T | None:
        """Return the next item, or None at the end; raise the first error of a lane at once."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._error or not self._lanes)
            if self._error is not None:
                raise self._error
            if not self._items:
                return None
            item = self._items.popleft()
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Take no more, and let whoever waits to give go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def end_lane(self, error: BaseException | None) -> None:
        """Count the end of a lane; the first *error* is for the consumer."""
        with self._changed:
            self._lanes -= 1
            self._error = self._error or error
            self._changed.notify_all()


class Lane(Generic[T]):
    """Whatever ends the work in this context ends a lane: an error goes to the consumer."""

    def __init__(self, channel: Channel[T]) -> None:
        """End a lane of *channel*."""
        self._channel = channel

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _: TracebackType | None,
    ) -> bool:
        """End; what was raised is raised again where items are taken."""
        self._channel.end_lane(None if isinstance(error, StoppedError) else error)
        return True
