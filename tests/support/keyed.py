"""An organisation in memory whose datasets lie under a key of a documented key service."""

from dataclasses import replace
from functools import partial

from retention.adapters.kms import KmsCancels, KmsDestroys, KmsKeys
from retention.domain.agreement import CheckedBy, Copy
from retention.domain.certificate import Certificate
from retention.domain.clock import Period
from retention.domain.entry import Entry
from retention.domain.erasure import doubts_in
from retention.domain.pattern import key_prefix
from retention.ports.probe import Looked
from retention.steps.cancel_keys import KeyRescue, cancel_keys, note_needed_keys
from retention.steps.destroy_keys import KeyDestruction, destroy_keys
from retention.steps.elsewhere import Searching, elsewhere
from retention.steps.keys import story_of
from retention.steps.see_keys import KeySight, see_keys
from tests.support.kms import DocumentedKms
from tests.support.world import World

OTHER = "arn:aws:kms:eu-west-2:111122223333:key/ffffffff-0000-4000-8000-000000000000"


def keyed(agreement, *arns, window="P30D"):
    """Return the agreement with each key of *arns* declared for its one class."""
    (kind,) = agreement.classes
    keys = tuple(
        Copy("key", CheckedBy.ENGINE, where=arn, gone_within=Period.parse(window)) for arn in arns
    )
    return replace(agreement, classes=(replace(kind, copies=(*kind.copies, *keys)),))


class KeyedWorld(World):
    """Every version lies under *key*, unless *under* says otherwise of its bucket, or of itself."""

    def __init__(self, window="P30D", made=None, **terms):
        super().__init__(**terms)
        self.kms = DocumentedKms(self.clock)
        self.kms.before = lambda call: self.calls(f"kms.{call}")
        self.kms.after = lambda call: self.calls(f"kms.{call} done")
        self.key = self.kms.make(**(made or {}))
        self.library.now = keyed(self.library.now, self.key, window=window)
        self.under = dict.fromkeys(self.buckets, f"aws:kms {self.key}")
        self.store.look = self._look

    def _look(self, place, version, *, locks):
        bucket = key_prefix(place)[1]
        self.store._require(bucket)
        if version in self.store.looks:
            return self.store.looks[version]
        return Looked(self.under.get(version, self.under[bucket]), "", None, False)

    @property
    def story(self):
        """The key's story under the last proposal, and so where it stands."""
        return partial(story_of, self.ledger, self.key)

    def standing(self, proposal):
        return self.story(proposal).standing.name

    def dispose(self, proposal, run=""):
        super().dispose(proposal, run)
        self.end_keys(proposal)

    def end_keys(self, proposal):
        cancels = KmsCancels(self.kms)
        by = "destroyer:1"
        cancel_keys(proposal, KeyRescue(cancels, self.ledger, self.evidence, self.clock, by))
        searching = Searching(self.stores, self.store, self.store, self.catalogue)
        ports = KeyDestruction(
            self.authority,
            KmsKeys(self.kms),
            KmsDestroys(self.kms),
            partial(elsewhere, ports=searching),
            self.ledger,
            self.evidence,
            self.clock,
            by,
            worker=f"worker-{next(self.workers)}",
            wait=lambda seconds: self.clock.step(seconds=seconds),
        )
        destroy_keys(proposal, ports)

    def advance(self):
        super().advance()
        note_needed_keys(self.ledger, self.evidence, self.catalogue)

    def check_gone(self, proposal):
        super().check_gone(proposal)
        sight = KeySight(KmsKeys(self.kms), self.ledger, self.evidence, self.clock, "verifier:2")
        see_keys(proposal, sight)

    def gone(self):
        """Do everything up to live destruction, seen gone; return the proposal."""
        proposal = self.propose_all()
        self.approve(proposal)
        self.dispose(proposal)
        self.check_gone(proposal)
        return proposal


def certificate(world, proposal, kind):
    record = world.case(proposal).certified[kind]
    return Certificate.read(world.evidence.read(record.text("statement")))


def key_of(made):
    (copy,) = [each for each in made.residuals if each.kind == "key"]
    return copy


def why(world):
    (kept,) = {r.text("why") for r in world.kinds(Entry.KEY_KEPT)}
    return doubts_in(kept)


def until_settled(world, proposal):
    """Go on as the flows do, until nothing more may run today."""
    for _ in range(12):
        world.advance()
        steps = [flow for flow, about in world.next_steps() if about == proposal]
        if not steps:
            return
        for flow in steps:
            getattr(world, flow)(proposal)
    raise AssertionError(f"it does not come to an end: {steps}")
