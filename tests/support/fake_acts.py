"""The desk of acts as it is, over the ledger in a file: an invented agreement that was surveyed."""

import fcntl
import json
import secrets
from dataclasses import replace

from retention.domain.agreement import EventKind
from retention.errors import StaleError
from retention.steps.acts.desk import ActDesk
from retention.steps.acts.kinds import kind_named
from retention.steps.acts.questions import Questions
from tests.support.fake_work import PEOPLE, FileLedger, FixedClock, Signer
from tests.support.world import World


class ActLedger(FileLedger):
    """The same file, with what recording asks of a ledger besides."""

    def append_all(self, drafts, *, expect=None):
        with self._open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            records = self._read()
            held = self.lengths({*(d.stream for d in drafts), *(expect or {})})
            if any(held[stream] != number for stream, number in (expect or {}).items()):
                raise StaleError("a stream has grown", hint="read it again")
            for index, draft in enumerate(drafts, start=len(records)):
                row = [index, draft.stream, held[draft.stream], draft.kind, dict(draft.facts)]
                held[draft.stream] += 1
                file.write(json.dumps(row) + "\n")
            file.flush()
        return self._read()[len(records) : len(records) + len(drafts)]

    def lengths(self, streams):
        return {stream: len(self.stream(stream)) for stream in streams}

    def under(self, prefix):
        return (r for r in self._read() if r.stream.startswith(prefix))

    def newest(self, kind, *, prefix):
        found = {r.stream: r for r in self.of_kind(kind) if r.stream.startswith(prefix)}
        return (found[name] for name in sorted(found))


def recording(work):
    """Return the ports of recording: two datasets that a survey has seen, and the gate's people."""
    world = World()
    event = EventKind("round-published", "round", ("records-manager",))
    world.library.now = replace(world.library.now, events=(event,))
    world.library.people = lambda: PEOPLE
    world.fill(("2019", "2020"))
    world.survey()
    ports = replace(world.recording, ledger=ActLedger(work.ledger.path), evidence=work.evidence)
    return lambda: replace(
        ports, today=FixedClock().today(), secret=lambda: secrets.token_bytes(32)
    )


def desk(work, kind, run):
    return ActDesk(
        kind_named(kind), run, recording(work), Signer(), lambda look: look(), lambda: None
    )


def questions(work, run):
    return Questions(run, recording(work))
