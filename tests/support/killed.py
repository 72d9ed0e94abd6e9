"""``python -m tests.support.killed PROPOSAL``: a worker that disposes of one proposal.

It says when it is about to begin, so that a test knows from when on to kill it.
"""

import sys

from retention import wiring
from tests.support.composed import be_quick, compose


def main() -> None:
    """Compose from the environment, and dispose."""
    be_quick()
    work = compose(wiring.environment())
    work.ledger.size()
    print("ready", flush=True)
    work.dispose(sys.argv[1])


if __name__ == "__main__":
    main()
