"""What one process took, seen from outside: the same for ours and for every peer."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHILD_S_MAX = 1200

# Small and between: what a process forks from counts as its own largest size.  The clock starts
# behind this interpreter's own start.
BETWEEN = """
import json, os, signal, subprocess, sys, time
limit, out = int(sys.argv[1]), open(sys.argv[2], "wb")
began = time.perf_counter()
child = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL, stdout=out)
signal.signal(signal.SIGALRM, lambda *_: child.kill())
signal.alarm(limit)
_, status, used = os.wait4(child.pid, 0)
wall = time.perf_counter() - began
cpu = used.ru_utime + used.ru_stime
print(json.dumps([wall, cpu, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)]))
"""


@dataclass(frozen=True)
class Took:
    """What one process took: seconds by the clock and of CPU, and megabytes at its largest."""

    wall_s: float
    cpu_s: float
    peak_mb: float

    @classmethod
    def best(cls, runs: Sequence["Took"]) -> "Took":
        """Return the least seconds of *runs*, each by itself, and the most memory."""
        return cls(
            min(each.wall_s for each in runs),
            min(each.cpu_s for each in runs),
            max(each.peak_mb for each in runs),
        )


class FailedError(Exception):
    """A process that was to be measured ended with an error; the message is the end of its own."""


def took(command: Sequence[str | Path], environment: Mapping[str, str], out: Path) -> Took:
    """Run *command* to its end, its output going to *out*; FailedError if it fails."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", BETWEEN, str(CHILD_S_MAX), str(out), *map(str, command)],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise FailedError(done.stderr[-2000:])
    *figures, status = json.loads(done.stdout)
    if status:
        raise FailedError(f"exit {status}: {done.stderr[-2000:]}")
    return Took(*figures)
