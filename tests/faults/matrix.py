"""One story of a disposal that everything befalls, told from a seed, and what must hold after it.

Nothing outside the approved manifests is ever gone; nothing is called destroyed that is there;
nothing is absent that was not announced; the ledger loses nothing; no key is told to anybody.
"""

import logging
import random
import traceback
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from json import loads

import pytest

from retention.adapters import database
from retention.adapters.s3 import destroys
from retention.domain.certificate import Certificate
from retention.domain.dataset import Kind
from retention.domain.entry import Entry
from retention.errors import RetentionError
from retention.steps import destroy as destruction
from tests.support.besieged import DATASET, SECRET_WORD
from tests.support.faulty import Schedule
from tests.support.grounds import OnMemory
from tests.support.trouble import Trouble
from tests.support.turns import Turns

ROUNDS_MAX, LAPSES_AFTER = 20, 10
TRIES_MAX = 3  # of a flow whose fault may pass, as in flows/attempt.py
TWICE = {"dispose", "check_gone", "certify"}  # flows that two workers may run at once
GONE = {"destroyed", "absent_before"}


@dataclass
class Plan:
    """What a seed draws before anything happens."""

    seed: int
    patient: bool = False  # more of everything: for runs that may be long
    chance: random.Random = field(init=False)

    def __post_init__(self):
        chance = self.chance = random.Random(f"plan {self.seed}")
        self.hands = chance.choice(("one worker", "one worker", "two workers", "three lanes"))
        self.batch = chance.choice((2, 5, 1000) if self.patient else (4, 12, 1000))
        self.list_max = chance.choice((2, 5, 1000))
        self.is_fast = chance.random() < 0.7
        self.skews_s = chance.choice(((0, 0), (0, 0), (-60, 60), (60, 0), (0, -60)))
        self.share = chance.choice((0.08, 0.2, 0.4, 0.6))
        self.faults_max = chance.randrange(2, 60 if self.patient else 24)
        self.elsewhere = chance.choice((0.0, 0.005, 0.02, 0.05))  # of calls of ledger and disk
        drawn = [name for name in LIFE if chance.random() < LIFE[name].share]
        self.life = {name: chance.randrange(*LIFE[name].calls) for name in drawn}

    def __str__(self):
        return (
            f"{self.hands}, batches of {self.batch}, lists of {self.list_max} by the "
            f"{'fast' if self.is_fast else 'plain'} engine, clocks wrong by "
            f"{self.skews_s} s, {self.share:.0%} of at most {self.faults_max} requests, "
            f"{self.elsewhere:.1%} of other calls; {self.life or 'nothing'} besides"
        )


def _arrives(world, story):
    story.put.add(("records", world.buckets["records"].put(f"{DATASET}{SECRET_WORD} new", b"new")))


def _beside(world, story):
    story.put.add(world.write_beside(story.plan.chance))


def _held(world, story):
    world.hold()
    story.held_from = world.ledger.size()


def _lapses(world, story):
    world.clock.step(days=15)


def _vanishes(world, story):
    """Somebody else ends a version, before we begin: later nobody could tell it from our own act."""
    if world.case(world.proposal).has_begun:
        return
    row = story.plan.chance.choice(sorted(world.held & world.approved_rows))
    world.end(row)
    story.taken.add(row)


def _locked(world, story):
    """The store will not let a few go."""
    for row in story.plan.chance.sample(sorted(world.approved_rows), 3):
        world.lock(row)


@dataclass(frozen=True)
class Happening:
    """What else happens: in what *share* of the stories, before which of the calls, and what."""

    share: float
    calls: tuple[int, int]
    happens: object


EARLY, ANY_TIME, LATER = (20, 110), (20, 350), (110, 350)
LIFE = {
    "arrives": Happening(0.25, LATER, _arrives),
    "beside": Happening(0.7, ANY_TIME, _beside),
    "held": Happening(0.12, LATER, _held),
    "lapses": Happening(0.08, LATER, _lapses),
    "vanishes": Happening(0.15, EARLY, _vanishes),
    "locked": Happening(0.3, ANY_TIME, _locked),
}


class Story:
    """Runs the flows as the ledger asks for them, until nothing may run any more."""

    def __init__(self, plan, world, server):
        self.plan, self.world = plan, world
        self.put, self.taken, self.held_from = set(), set(), None
        self.gone = {}  # (bucket, version) → how long the ledger was when it went
        self.bared = 0  # keys of which an old version was current again
        self.announced, self.size = set(), 0  # as the ledger said when something was ordered last
        self.unannounced, self.leaks, self.raised = set(), [], Counter()
        self.looked = False  # whether the verifier began
        self.kept = []  # every record that was read
        self.calls, self.turns = 0, Turns(random.Random(f"turns {plan.seed}"))
        self.before = world.held
        self.schedule = Schedule(
            random.Random(f"faults {plan.seed}"),
            plan.share,
            plan.faults_max,
            hangs_max=6 if plan.patient else 1,
        )
        self.backend = world.backend()
        self.play = server.show(self.backend, self.schedule, hang_s=world.read_timeout_s * 1.5)
        self.backend.before_order, self.backend.gone = self._is_ordered, self._goes
        world.trouble = self.trouble = Trouble(
            random.Random(f"trouble {plan.seed}"),
            share=plan.elsewhere,
            faults_max=20 if plan.patient else 6,
            before=self._between,
        )

    def tell(self):
        """Tell it to the end; half-way through all trouble ceases, and from there it must end."""
        rounds = ROUNDS_MAX * (2 if self.plan.patient else 1)
        for number in range(rounds):
            if number == rounds // 2:
                self.schedule.faults_max, self.trouble.faults_max, self.looked = 0, 0, True
            if number == LAPSES_AFTER:
                self.world.clock.step(days=15)
                self.world.survey()  # nightly
            if number % 5 == 0:  # daily, and so LAPSES_AFTER
                self._attempt("advance")
            steps = self._steps()
            if not steps:
                break
            for flow in steps:
                self._trouble_the_verifier(flow)
                self._attempt(flow)
            self._read_all()
            self.world.clock.step(hours=3)
        self.play.do_late(all_of_it=True)
        self._read_all()
        assert self._steps() == [], "it does not come to an end"

    def _trouble_the_verifier(self, flow):
        """See that something befalls the verifier too, the first time that it looks."""
        if flow == "check_gone" and not self.looked:
            self.looked = True
            self.schedule.share = max(self.plan.share, 0.3)
            self.schedule.faults_max += self.plan.chance.randrange(5)

    def _steps(self):
        return [flow for flow, about in self.world.next_steps() if about == self.world.proposal]

    def _attempt(self, flow):
        for _ in range(TRIES_MAX):
            raised = self._once(flow)
            if not any(_may_pass(error) for error in raised):
                return
            self.world.clock.step(seconds=30)

    def _once(self, flow):
        """Let a fresh worker run *flow*, or two at once; return what they raised."""
        workers = 2 if self.plan.hands == "two workers" and flow in TWICE else 1
        works = [
            partial(self.world.worker(off_s).run, flow, self.world.proposal)
            for off_s in self.plan.skews_s[:workers]
        ]
        raised = self.turns.run(*works)
        for error in raised:
            if error is not None:
                self._hear(error)
        return raised

    def _hear(self, error):
        self.raised[type(error).__name__] += 1
        text = "".join(traceback.format_exception(error))
        if SECRET_WORD in f"{text}{getattr(error, 'hint', '')}":
            self.leaks.append(f"an error: {type(error).__name__}")
        if not isinstance(error, RetentionError):
            raise error

    def _between(self):
        """Something else may happen between two calls, and another worker may move."""
        self.calls += 1
        for name, call in list(self.plan.life.items()):
            if call == self.calls:
                LIFE[name].happens(self.world, self)
        self.turns.pass_on()

    def _is_ordered(self):
        self.announced, self.size = self.world.announced(), self.world.ledger.size()

    def _goes(self, bucket, version):
        row = (bucket, version)
        self.gone[row] = self.size
        if row not in self.announced:
            self.unannounced.add(row)
        if version.kind is Kind.MARKER:
            there = self.world.held & self.world.approved_rows
            self.bared += any(
                (name, each.key, each.kind) == (bucket, version.key, Kind.DATA)
                for name, each in there
            )

    def _read_all(self):
        found = list(self.world.ledger.of_kind(*Entry))
        assert found[: len(self.kept)] == self.kept, "the ledger lost or changed what was read"
        self.kept = found
        self.world.witness.note(self.world.ledger.checkpoint())

    @property
    def told(self):
        """What befell, for whoever reads a failure."""
        return "\n".join(
            [
                f"seed {self.plan.seed}: {self.plan}",
                f"requests: {self.schedule.told}",
                f"calls: {self.trouble.told}",
                f"raised: {dict(self.raised)}",
                f"ended with: {Counter(r.kind.value for r in self.kept)}",
            ]
        )


def _may_pass(error):
    return isinstance(error, RetentionError) and error.retryable


# What must hold


def check(story):
    """Raise AssertionError for whatever should never be."""
    world, held = story.world, story.world.held
    may_go = world.approved_rows | story.taken
    assert story.before | story.put >= held, "something is there that nobody wrote"
    lost = (story.before | story.put) - held - may_go
    assert not lost, f"{len(lost)} are gone that nobody approved"
    assert not story.bared, f"{story.bared} markers went before the data of their keys"
    assert not story.unannounced, f"{len(story.unannounced)} went before they were announced"
    absent = world.approved_rows - held - story.taken
    assert absent <= world.announced(), "something is absent that was never announced"
    _check_hold(story)
    for root, rows in world.approved.items():
        _check_fates(story, root, rows, held)
    _check_certificates(story)
    _check_ledger(story)
    _check_secrets(story)


def _check_hold(story):
    if story.held_from is not None:
        late = [r for r in story.kept if r.kind is Entry.INTENT and r.index >= story.held_from]
        assert not late, f"{len(late)} batches were announced under a hold"


def _check_fates(story, root, rows, held):
    """Each fate that the verifier ever wrote was true, then and now."""
    for verified in story.kept:
        if verified.kind is not Entry.VERIFIED or verified.text("root") != root:
            continue
        fates = [loads(line) for line in story.world.evidence.lines(verified.text("pack"))]
        assert [f["n"] for f in fates] == list(range(1, len(rows) + 1))
        counted = Counter(f["fate"] for f in fates)
        names = ("destroyed", "absent_before", "held_back", "refused", "failed", "unknown")
        assert {n: verified.number(n) for n in names} == {n: counted[n] for n in names}
        for row, fate in zip(rows, (f["fate"] for f in fates), strict=True):
            if fate in GONE:
                assert row not in held, f"called {fate}, and there"
                assert row in story.taken or story.gone.get(row, 0) <= verified.index, fate
            if fate == "absent_before":
                assert row in story.taken, "called absent before, and it was ours"


def _check_certificates(story):
    world = story.world
    case = world.case(world.proposal)
    if case.has_begun:
        assert case.certified, "something may be gone, and nothing was certified"
    for record in case.certified.values():
        made = Certificate.read(world.evidence.read(record.text("statement")))
        newest = {  # that the issuer had read
            r.text("root"): r
            for r in story.kept
            if r.kind is Entry.VERIFIED and r.index < record.index
        }
        for dataset in made.what.datasets:
            said, seen = dataset.verification, newest[dataset.manifest_root]
            assert said.planned == len(world.approved[dataset.manifest_root])
            assert said.unknown == 0
            for name in ("destroyed", "absent_before", "held_back", "refused", "failed"):
                assert getattr(said, name) == seen.number(name), name
            assert set(case.sealed) >= {r.text("certificate") for r in case.certified.values()}


def _check_ledger(story):
    world = story.world
    acknowledged = {r.index: r for ledger in world.shaky.values() for r in ledger.kept}
    assert all(story.kept[index] == r for index, r in acknowledged.items()), "a record is lost"
    assert world.ledger.audit(outside=[world.witness.kept]) == len(story.kept)


def _check_secrets(story):
    assert not story.leaks, f"a key was told: {story.leaks}"
    assert SECRET_WORD.encode() not in story.world.bytes_on_disk(), "a key stands on the disk"
    letters = "".join(f"{each.subject}{each.body}" for each in story.world.courier.letters)
    assert SECRET_WORD not in letters, "a key stands in a letter"


# How it is run


class _Ear(logging.Handler):
    """Hears everything that anybody writes down."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.leaks = []

    def emit(self, record):
        if SECRET_WORD in record.getMessage() or SECRET_WORD in str(record.exc_info or ""):
            self.leaks.append(f"a log: {record.name}")


def tell(seed, folder, server, *, world=OnMemory, patient=False, **options):
    """Tell the story of *seed* and check it; return it.  Raises AssertionError with all of it.

    *world* is made with *options* besides.
    """
    plan = Plan(seed, patient)
    besieged = world(folder, server.endpoint_url, **options)
    besieged.lanes = 3 if plan.hands == "three lanes" else 1
    besieged.is_fast, besieged.list_max = plan.is_fast, plan.list_max
    try:
        besieged.settle(seed, objects=11 if patient else 7)
        besieged.approve_all()
        with _surroundings(plan) as ear:
            story = Story(plan, besieged, server)
            story.leaks = ear.leaks
            try:
                story.tell()
                check(story)
            except AssertionError as wrong:
                raise AssertionError(f"{wrong}\n{story.told}\n{replay(seed, patient)}") from wrong
            except Exception as error:
                error.add_note(f"{story.told}\n{replay(seed, patient)}")
                raise
        return story
    finally:
        besieged.close()


def replay(seed, patient):
    """Return the command that tells one story again."""
    return f"again: python -m tests.faults.soak --only {seed}{' --patient' if patient else ''}"


@contextmanager
def _surroundings(plan):
    ear, root = _Ear(), logging.getLogger()
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(destruction, "BATCH", plan.batch)
            patch.setattr(destroys, "BATCH_MAX", plan.list_max)
            patch.setattr(database, "LOCK_TIMEOUT_S", 0.3)
            yield ear
    finally:
        root.removeHandler(ear)
        root.setLevel(level)
