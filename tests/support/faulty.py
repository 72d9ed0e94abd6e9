"""A real HTTP server on loopback in front of a store, which fails as its schedule says.

The schedule is drawn from a seed: for each request it says which fault befalls it, if any.  Only
the order of the requests matters, so that one seed is one story.
"""

import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any
from urllib.parse import urlsplit

from tests.support.loopback import Answers, serving
from tests.support.s3_http import (
    DESTROYING,
    SILENCE,
    Asked,
    Reply,
    Whims,
    carried_out_in_part,
    failure,
    said_again,
)

READ_TIMEOUT_S = 0.4  # of clients; a server that hangs does so for longer
HANG_S = 0.6
LATE_MAX = 6  # requests until an order that was given up takes effect
DONE_AND_TOLD = ("", "", "InternalError", "SlowDown", SILENCE)  # of what was carried out
DONE_OR_NOT = (*DONE_AND_TOLD, "AccessDenied")


@dataclass
class Schedule:
    """*share* of the requests have faults, and no more than *faults_max*; the rest is honest.

    *told* is what befell, as (number of the request, what was asked, fault).
    """

    chance: random.Random
    share: float
    faults_max: int
    hangs_max: int = 1
    told: list[tuple[int, str, str]] = field(default_factory=list)
    requests: int = 0
    lock: Any = field(default_factory=Lock)

    def draw(self, operation):
        """Return the fault of the next request, or None."""
        with self.lock:
            self.requests += 1
            if self.faults_max == 0 or self.chance.random() >= self.share:
                return None
            names = ORDERS if operation in DESTROYING else LISTINGS
            name = self.chance.choice(names + MANY * (operation == "delete_many"))
            if name in HANGING:
                if self.hangs_max == 0:
                    return None
                self.hangs_max -= 1
            self.faults_max -= 1
            self.told.append((self.requests, operation, name))
            return name


class Play:
    """One store behind the server, and what befalls its requests."""

    def __init__(self, backend, schedule, stopping, hang_s):
        self.backend, self.schedule, self.chance = backend, schedule, schedule.chance
        self._hang_s = hang_s
        self._stopping, self._late, self._lock = stopping, [], Lock()

    def act(self, asked, whims=None) -> Reply:
        """Do what was asked."""
        return self.backend.answer(asked, whims or Whims())

    def put_off(self, asked):
        """Do what was asked some requests later: nobody waits for it any more."""
        with self._lock:
            self._late.append((self.schedule.requests + 1 + self.chance.randrange(LATE_MAX), asked))

    def do_late(self, *, all_of_it=False):
        """Do what was put off until now."""
        with self._lock:
            due = [e for e in self._late if all_of_it or e[0] <= self.schedule.requests]
            self._late = [each for each in self._late if each not in due]
        for _, asked in due:
            self.act(asked)

    def hang(self):
        """Keep a client waiting for longer than it does."""
        self._stopping.wait(self._hang_s)


class Faulty:
    """A running server."""

    def __init__(self):
        self.endpoint_url, self.play, self.stopping = "", None, Event()

    def show(self, backend, schedule, *, hang_s=HANG_S):
        """Serve *backend* from now on, by *schedule*."""
        self.play = Play(backend, schedule, self.stopping, hang_s)
        return self.play


@contextmanager
def faulty():
    """Start a server, and stop it."""
    said = Faulty()

    class Faultily(_Answers):
        server_said = said

    with serving(Faultily) as said.endpoint_url:
        try:
            yield said
        finally:
            said.stopping.set()


class _Answers(Answers):
    server_said: Faulty

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, urlsplit(self.path), self.headers, body)
        play = self.server_said.play  # of this moment: the next story is not ours
        name = play.schedule.draw(asked.operation)
        play.do_late()
        if name is None:
            self.give(play.act(asked))
        else:
            FAULTS[name](self, play, asked)

    do_GET = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815  # names of http.server

    def give(self, reply):
        self.send(reply.status, reply.body)

    def give_half(self, reply):
        """Send half of what was announced."""
        self.close_connection = True
        self.send(reply.status, reply.body[: len(reply.body) // 2], length=len(reply.body) + 1)


def _says(status, code, *, after=False):
    def befalls(answers, play, asked):
        if after:
            play.act(asked)
        answers.give(failure(status, code))

    return befalls


def _reset(answers, play, asked):
    answers.reset()


def _reset_after(answers, play, asked):
    play.act(asked)
    answers.reset()


def _hang(answers, play, asked):
    answers.close_connection = True
    play.hang()


def _hang_after(answers, play, asked):
    play.act(asked)
    _hang(answers, play, asked)


def _late(answers, play, asked):
    play.put_off(asked)
    answers.reset()


def _half(answers, play, asked):
    answers.give_half(play.act(asked))


def _cut(answers, play, asked):
    reply = play.act(asked)
    answers.send(reply.status, reply.body[: play.chance.randrange(len(reply.body) + 1)])


def _expired(answers, play, asked):
    play.backend.expire()
    answers.give(failure(400, "ExpiredToken"))


def _short(answers, play, asked):
    answers.give(play.act(asked, Whims(page_rows=1 + play.chance.randrange(3))))


def _in_part(answers, play, asked):
    """Carry out some rows, refuse others, and say nothing of a few; in any order."""
    whims = Whims(row=carried_out_in_part(play.chance, DONE_OR_NOT))
    answers.give(said_again(play.act(asked, whims), play.chance, [""]))


def _told_in_part(answers, play, asked):
    """Carry everything out, and tell of some rows that they failed, of others nothing."""
    answers.give(said_again(play.act(asked), play.chance, DONE_AND_TOLD))


def _shuffled(answers, play, asked):
    answers.give(said_again(play.act(asked), play.chance, [""]))


ANY = {
    "internal": _says(500, "InternalError"),
    "slow_down": _says(503, "SlowDown"),
    "too_skewed": _says(403, "RequestTimeTooSkewed"),
    "expired": _expired,
    "denied": _says(403, "AccessDenied"),
    "reset": _reset,
    "hang": _hang,
    "half": _half,
    "cut": _cut,
}
AFTER = {
    "internal_after": _says(500, "InternalError", after=True),
    "slow_down_after": _says(503, "SlowDown", after=True),
    "reset_after": _reset_after,
    "hang_after": _hang_after,
    "late": _late,
}
IN_LISTS = {"in_part": _in_part, "told_in_part": _told_in_part, "shuffled": _shuffled}
FAULTS = {**ANY, **AFTER, **IN_LISTS, "short": _short}
HANGING = {"hang", "hang_after"}
LISTINGS = (*ANY, "short")
ORDERS = (*ANY, *AFTER)
MANY = (*IN_LISTS, *IN_LISTS)
