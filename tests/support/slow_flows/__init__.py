"""The flows as they are, over a composition that a test can halt at a verb, and kill there."""

import os
from pathlib import Path
from time import monotonic, sleep

from retention import wiring
from tests.support import fake_work

HALT_MAX_S = 60


class SlowDesk(fake_work.FakeDesk):
    """Stops before the pack is shown, or once an answer is recorded, where a test said so."""

    def pack(self):
        self.work.halt("pack")
        return super().pack()

    def record(self, step, key, answer):
        super().record(step, key, answer)
        self.work.halt("recorded")


class SlowWork(fake_work.FakeWork):
    """Stops at a verb while there is a file ``halt-VERB``, and says that it got there."""

    def halt(self, verb):
        file = self.folder / f"halt-{verb}"
        until = monotonic() + HALT_MAX_S
        while file.exists() and monotonic() < until:
            (self.folder / f"reached-{verb}").touch()
            sleep(0.05)

    def desk(self, proposal):
        within = self.folder / "answer-within"
        return SlowDesk(self, proposal, float(within.read_text()) if within.exists() else 3600.0)

    def _note(self, verb, about):
        self.halt(verb)
        super()._note(verb, about)


def install():
    wiring.install(SlowWork(Path(os.environ[fake_work.FOLDER])))
