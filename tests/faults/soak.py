"""Tell as many stories of failing disposals as there is time for.

``python -m tests.faults.soak --minutes 30 --seed 1`` begins with seed 1 and goes on from there;
``--only 17`` tells one story again, with all that befell.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from time import monotonic

from tests.faults.matrix import tell
from tests.support.faulty import faulty


def main(arguments):
    """Return how many of the stories were not true."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long to go on (10)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--only", type=int, metavar="SEED", help="tell this story, and no other")
    parser.add_argument("--patient", action="store_true", help="larger estates, more faults")
    given = parser.parse_args(arguments)
    if given.only is not None:
        return _one(given.only, given.patient, Counter(), aloud=True)
    faults, wrong, told, until = Counter(), 0, 0, monotonic() + given.minutes * 60
    while monotonic() < until:
        wrong += _one(given.seed + told, given.patient, faults)
        told += 1
    print(f"{told} stories from seed {given.seed} on, {wrong} of them not true")
    print("faults: " + ", ".join(f"{name} {number}" for name, number in faults.most_common()))
    return wrong


def _one(seed, patient, faults, *, aloud=False):
    with faulty() as server, tempfile.TemporaryDirectory() as folder:
        try:
            story = tell(seed, Path(folder), server, patient=patient)
        except Exception as error:  # noqa: BLE001  # an entry point: the next story is told
            print(error, *getattr(error, "__notes__", ()), sep="\n", file=sys.stderr, flush=True)
            return 1
    faults.update(name for *_, name in (*story.schedule.told, *story.trouble.told))
    if aloud:
        print(story.told)
    return 0


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
