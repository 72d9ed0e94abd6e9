"""A few batches at once: each lane takes the next, and the first fault ends them all."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from retention.domain.batch import Batch


def in_lanes(lanes: int, found: Iterator[Batch], work: Callable[[Batch], None]) -> None:
    """Do *work* on each of *found*, at most *lanes* at a time; raise the first fault.

    After a fault no further batch is taken; what is under way comes to its end.
    """
    if lanes == 1:
        for batch in found:
            work(batch)
        return
    taking, faulty = Lock(), False

    def take() -> Batch | None:
        with taking:
            return None if faulty else next(found, None)

    def lane() -> None:
        nonlocal faulty
        whole = False
        try:
            while (batch := take()) is not None:
                work(batch)
            whole = True
        finally:
            faulty = faulty or not whole

    with ThreadPoolExecutor(lanes, thread_name_prefix="lane") as pool:
        running = [pool.submit(lane) for _ in range(lanes)]
    for each in running:
        each.result()
