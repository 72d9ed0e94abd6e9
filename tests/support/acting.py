"""A person at the desk of an act: answers through a gate, and runs begin anew after each answer."""

import base64
from dataclasses import dataclass, field
from uuid import UUID

from retention.domain.approval import SignedAnswer, asked_in, input_digest, stream_about
from retention.domain.calendar import stamp
from retention.domain.entry import Draft, Entry
from retention.errors import AnswerError
from retention.steps.acts.desk import ActDesk
from retention.steps.acts.kinds import kind_named

RUN = str(UUID(int=7))
HOLD = {
    "ground": "court",
    "holds": "INV/patient",
    "evidence": "LEG-2031-07",
    "reason": "a claim was announced today",
}
EVENT = {
    "agreement": "INV",
    "event": "round-published",
    "which_one": "2019",
    "happened_on": "2020-06-30",
    "evidence": "https://example.invalid/minutes",
    "reason": "published, see item four",
}
YES, NO = {"confirm": "yes, record it"}, {"confirm": "no"}
WIDE = {**YES, "whole": "yes, all of it"}


class Waiting(BaseException):
    """The run suspends: its process ends here."""


@dataclass
class Prefect:
    """What Prefect keeps of one run: the questions in order, and what was answered under each."""

    asked: list = field(default_factory=list)  # (form, page, key)
    answers: dict = field(default_factory=dict)

    def ask(self, form, page, key):
        if key in self.answers:
            if self.answers[key] is None:
                raise AnswerError("holds: Field required", hint="fill in every field")
            return self.answers[key]
        self.asked.append((form, page, key))
        raise Waiting


class Acting:
    """One act of one run in a world, driven as the letterbox drives it."""

    def __init__(self, world, kind, run=RUN, run_count=1):
        self.world, self.kind, self.run_id, self.run_count = world, kind, run, run_count
        self.prefect, self.readied = Prefect(), 0

    @property
    def desk(self):
        return ActDesk(
            kind_named(self.kind),
            self.run_id,
            lambda: self.world.recording,
            self.world.gate,
            lambda look: look(),
            self.ready,
        )

    def ready(self):
        self.readied += 1

    def run(self):
        """Run from the first line; return how it ended, or None if it waits."""
        try:
            return self.desk.carry_out(self.prefect.ask, self.run_count)
        except Waiting:
            return None

    @property
    def form(self):
        return self.prefect.asked[-1][0]

    @property
    def page(self):
        return self.prefect.asked[-1][1]

    @property
    def key(self):
        return self.prefect.asked[-1][2]

    def give(self, answer, by="rm-01"):
        """Answer the question that it waits with, through the gate."""
        self.world.ledger.append(self.signed(answer, by))
        self.prefect.answers[self.key] = answer

    def signed(self, answer, by, key=None, gate=None):
        key, gate = key or self.key, gate or self.world.gate
        about, step = asked_in(key)
        at = stamp(self.world.clock.now())
        salt = self.world.secret().hex()
        kept, given = self.world.evidence.keep(salt.encode()), input_digest(answer, salt)
        said = SignedAnswer(about, by, step, self.run_id, key, given, kept, "", at)
        facts = {name: getattr(said, name) for name in said.__slots__}
        facts["signature"] = base64.urlsafe_b64encode(gate.sign(said.message())).decode()
        return Draft(stream_about(about), Entry.SIGNED, {**facts, "key_id": gate.key_id})

    def through(self, *answers, by="rm-01"):
        """Give each answer in turn, running before and after; return how it ended."""
        ended = self.run()
        for answer in answers:
            assert ended is None
            self.give(answer, by)
            ended = self.run()
        return ended


def recorded(world):
    """Return the kinds of what was recorded, but for surveys and what the gate signs."""
    quiet = {Entry.SIGNED, Entry.SURVEYED, Entry.STORE_SURVEYED, Entry.AGREEMENT, Entry.MOVED}
    return [r.kind for r in world.ledger.records if r.kind not in quiet]
