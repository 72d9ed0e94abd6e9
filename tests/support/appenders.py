"""Processes that write to one ledger at the same time."""

import multiprocessing
import os

from retention.adapters.ledger import SqlLedger
from retention.domain.entry import Draft, Entry
from retention.errors import RetentionError, StaleError
from tests.support.memory import FixedClock
from tests.support.signer import CheckpointKey


def open_ledger(url, clock=None):
    return SqlLedger(url, clock=clock or FixedClock(), signer=CheckpointKey())


def spent(stream, why="lapsed"):
    return Draft(stream, Entry.SPENT, {"proposal": "sha256:00", "why": why})


def at_once(url, writers, each):
    """Let *writers* processes append *each* entries: every tenth to a stream that all of them contest.

    Returns the sorted indexes that they were told, and how often they met a StaleError.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.appenders"])
    jobs = [(url, number, each) for number in range(writers)]
    with context.Pool(writers) as pool:
        results = pool.starmap_async(_append_or_say_why, jobs, chunksize=1).get(timeout=300)
    return sorted(i for indexes, _ in results for i in indexes), sum(s for _, s in results)


def _append_or_say_why(*job):
    try:
        return _append(*job)
    except RetentionError as error:  # whose hint gets lost between processes
        raise RuntimeError(f"{error!r}, {error.__cause__!r}") from None


def _append(url, number, each):
    indexes, stale = [], 0
    with open_ledger(url) as ledger:
        for turn in range(each):
            why = f"{number}-{turn}"
            if turn % 10:
                stream = f"own:{number}" if turn % 2 else "shared"
                indexes.append(ledger.append(spent(stream, why)).index)
                continue
            stream, written = f"contested:{turn}", None
            while written is None:  # read, decide, and be told if it was too late
                try:
                    held = len(ledger.stream(stream))
                    written = ledger.append(spent(stream, why), expect=held)
                except StaleError:
                    stale += 1
            indexes.append(written.index)
    return indexes, stale


def append_for_ever(url, started):
    with open_ledger(url) as ledger:
        while True:
            ledger.append_all([spent("a"), spent("b"), spent("c")])
            started.set()


def killed_while_writing(url):
    """Start a writer, and kill it with SIGKILL in the middle of its work."""
    context = multiprocessing.get_context("forkserver")
    started = context.Event()
    writer = context.Process(target=append_for_ever, args=(url, started))
    writer.start()
    if not started.wait(timeout=60):
        raise RuntimeError("the writer did not start")
    os.kill(writer.pid, 9)
    writer.join()
