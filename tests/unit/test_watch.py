"""What `retention up` does when a part of it dies."""

import os
import signal
from pathlib import Path
from time import monotonic, sleep

import pytest

from retention.adapters.prefect.processes import Process
from retention.adapters.prefect.watch import ENDS_MAX, WAITS_S, Watch
from retention.errors import StoreUnavailableError


class Part:
    def __init__(self, pool="planner"):
        self.pool, self.log, self.starts, self.stops, self.runs = (
            pool,
            Path(f"{pool}.log"),
            0,
            0,
            True,
        )

    def alive(self):
        return self.runs

    def launch(self):
        self.starts, self.runs = self.starts + 1, True

    def stop(self):
        self.stops, self.runs = self.stops + 1, False


class Time:
    at = 1000.0

    def __call__(self):
        return self.at


def stood_up():
    server, workers, time = Part("gate"), [Part("planner"), Part("verifier")], Time()
    return Watch(server, workers, time), server, workers, time


def test_a_worker_that_ended_is_started_again_after_a_while_and_no_other_is_touched():
    watch, _, (planner, verifier), time = stood_up()
    assert watch.look() == []
    planner.runs = False
    assert watch.look() == []
    assert planner.stops == 1, "what it had started ends before another takes its runs"
    time.at += WAITS_S[0]
    assert watch.look() == ["planner"]
    assert (planner.starts, verifier.starts, verifier.stops) == (1, 0, 0)
    assert watch.look() == []


def test_the_wait_grows_and_what_ends_again_and_again_ends_everything():
    watch, _, (planner, _), time = stood_up()
    for wait in (*WAITS_S, WAITS_S[-1])[: ENDS_MAX - 1]:
        planner.runs = False
        watch.look()
        time.at += wait - 0.5
        assert watch.look() == []
        time.at += 0.5
        assert watch.look() == ["planner"]
    planner.runs = False
    with pytest.raises(StoreUnavailableError, match="worker of the planner ends again and again"):
        watch.look()


def test_one_that_stood_for_long_begins_afresh():
    watch, _, (planner, _), time = stood_up()
    for _ in range(3 * ENDS_MAX):
        planner.runs = False
        watch.look()
        time.at += WAITS_S[0]
        assert watch.look() == ["planner"]
        time.at += 3600


def test_without_the_server_nothing_goes_on():
    watch, server, _, _ = stood_up()
    server.runs = False
    with pytest.raises(StoreUnavailableError, match="the gate ended"):
        watch.look()


CHILD = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {!r}]); time.sleep(60)"
)
GRANDCHILD = (
    "import time, pathlib, os; pathlib.Path({!r}).write_text(str(os.getpid())); time.sleep(60)"
)


def is_there(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_what_a_dead_child_had_started_ends_with_it(tmp_path):
    note = tmp_path / "pid"
    code = CHILD.format(GRANDCHILD.format(str(note)))
    part = Process(["-c", code], dict(os.environ), tmp_path / "log")
    with part:
        until = monotonic() + 20
        while not (note.exists() and note.read_text()):
            assert monotonic() < until
            sleep(0.05)
        os.kill(part.pid, signal.SIGKILL)
        left = int(note.read_text())
        assert is_there(left)
    until = monotonic() + 5
    while is_there(left):
        assert monotonic() < until
        sleep(0.05)
