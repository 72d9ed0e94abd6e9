"""A whole organisation in memory: one invented agreement, its people, a store, and all the ports.

Everything that can stop a run goes through ``world.calls``: a test may die at any of them.
"""

import base64
import json
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count

from retention.domain.approval import SignedAnswer, input_digest, pause_key
from retention.domain.calendar import stamp
from retention.domain.case import proposal_stream
from retention.domain.entry import Draft, Entry
from retention.domain.store import spots_of, stores_of
from retention.ports.progress import NoProgress
from retention.steps.advance import bring_up_to_date, next_steps
from retention.steps.authorise import FreshAuthority
from retention.steps.cases import case_of, read_proposal
from retention.steps.certify import Issuing, certify
from retention.steps.classify import classify
from retention.steps.close_manifests import Closing, close_manifests, close_strays
from retention.steps.deliver import Delivery, deliver
from retention.steps.destroy import Destruction
from retention.steps.dispose import Disposing, approved, dispose
from retention.steps.moves import state_of
from retention.steps.notify import notices, notify
from retention.steps.propose import Freezing, propose
from retention.steps.record import record_agreement
from retention.steps.record.answers import plan_answer
from retention.steps.record.events import plan_event
from retention.steps.record.holds import plan_hold
from retention.steps.record.planned import Recording, Why
from retention.steps.record.releases import plan_release, plan_release_request
from retention.steps.record.scopes import Scope
from retention.steps.review import Desk
from retention.steps.safeguards import Safeguards
from retention.steps.survey import Surveying, survey
from retention.steps.surveyed import drop_stores, write_known
from retention.steps.verify import Verification, check_gone
from retention.steps.withdraw_access import Custody, settle_access
from tests.support.accesses import MemoryAccess
from tests.support.cast import (
    Key,
    MemoryCourier,
    MemoryLibrary,
    PlainSeals,
    PlainTypesetter,
    agreement,
)
from tests.support.mailing import Mailing, MemoryReviews
from tests.support.memory import FixedClock, MemoryEvidence, MemoryLedger, MemoryWitness
from tests.support.memory_catalogue import MemoryCatalogue
from tests.support.stores import MemoryStore

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
REASON = "the period has ended, clause 9.2"


class Estate(MemoryStore):
    """Can stop the run after an order took effect, too."""

    after = staticmethod(lambda port: None)

    def destroy(self, place, versions):
        answers = super().destroy(place, versions)
        self.after("destroy")
        return answers


class World(Mailing):
    """The ports, and the verbs of the story by their names."""

    lanes = 1  # batches at a time
    share = (1, 1)  # which of how many workers disposes

    def __init__(self, **terms):
        self.calls = lambda name: None
        self.clock = FixedClock(START)
        self.library = MemoryLibrary()
        self.library.now = agreement(**terms)
        self.store = Estate()
        self.buckets = {name: self.store.bucket(name) for name in ("records", "dr", "backup")}
        self.store.before = lambda port: self.calls(f"store.{port}")
        self.store.after = lambda port: self.calls(f"store.{port} done")

        def hook(name):
            self.calls(name)

        self.custodian, self.withdraws = MemoryAccess(hook), False
        for name in self.buckets:
            rules = {"others": ["the analyst reads"], "ours": {}}
            self.custodian.rules[f"s3://{name}/"] = json.dumps(rules, sort_keys=True)
        self.ledger = MemoryLedger(self.clock, on_call=hook, on_done=hook)
        self.evidence = MemoryEvidence(on_call=hook, on_done=hook)
        self.catalogue, self.witness = MemoryCatalogue(), MemoryWitness()
        self.inventories, self.configured = None, []
        self.gate = Key()
        self.courier, self.reviews = MemoryCourier(), MemoryReviews()
        self.secrets, self.workers = 0, count(1)

    def put(self, key="patient/2019/a", content=b"x", copy="records"):
        return self.buckets[copy].put(key, content)

    def fill(self, rounds=("2019",), objects=3):
        """Write a few objects with versions, markers and uploads, in all copies."""
        for each in rounds:
            for number in range(objects):
                key = f"patient/{each}/{number:02d} é+%2F"
                for copy in ("records", "dr", "backup"):
                    self.put(key, b"first", copy)
                self.put(key, b"second")
            self.buckets["records"].hide(f"patient/{each}/00 é+%2F")
            self.buckets["records"].start_upload(f"patient/{each}/upload")

    def secret(self):
        self.secrets += 1
        return b"%032d" % self.secrets

    @property
    def recording(self):
        """The ports that recording takes, today."""
        return Recording(
            self.ledger,
            self.evidence,
            self.catalogue,
            self.library,
            self.clock.today(),
            self.secret,
        )

    def why(self, by="rm-01", content=b"invented evidence", reason=REASON):
        person = next(p for p in self.library.people() if p.id == by)
        return Why(person, reason, content)

    def record(self, plan, *arguments, by="rm-01", **named):
        """Plan and write at once, as *by*; return what was planned."""
        planned = plan(*arguments, why=self.why(by), ports=self.recording, **named)
        planned.write(self.recording)
        return planned

    def publish(self, rounds=("2019",), on=date(2020, 6, 30), by="audit-01"):
        for each in rounds:
            self.record(plan_event, "INV", "round-published", each, str(on), by=by)

    def hold(self, dataset="", ground="court", by="rm-01"):
        scope = Scope("INV", dataset=dataset)
        held = self.record(plan_hold, scope, ground, by=by, whole=True, even_if_none=True)
        return held.result

    def release(self, hold, asked_by="rm-01", confirmed_by="iao-01", successor=""):
        self.record(plan_release_request, hold, successor, by=asked_by)
        self.record(plan_release, hold, by=confirmed_by)

    @property
    def surveying(self):
        """The ports that a survey takes."""
        return Surveying(
            sweeps=self.store,
            probes=self.store,
            inventories=self.inventories,
            catalogue=self.catalogue,
            ledger=self.ledger,
            clock=self.clock,
            progress=NoProgress(),
            secret=b"folders",
        )

    @property
    def stores(self):
        """Every store that the agreement names."""
        return stores_of([self.library.now], self.configured)

    def survey(self):
        """Survey every store; raise the first fault once all were tried."""
        record_agreement(self.library.now, ledger=self.ledger)
        agreements, ports = [self.library.now], self.surveying
        found = [survey(store, spots_of(agreements), ports) for store in self.stores]
        known = {"catalogue": self.catalogue, "ledger": self.ledger}
        drop_stores(self.stores, **known, clock=self.clock)
        write_known(agreements, self.stores, **known)
        for each in found:
            if each.fault is not None:
                raise each.fault
        return found

    def classify(self):
        return classify(
            self.library.terms(self.clock.today()),
            catalogue=self.catalogue,
            ledger=self.ledger,
            on=self.clock.today(),
        )

    def notify(self):
        return notify(
            self.classify(),
            library=self.library,
            courier=self.courier,
            ledger=self.ledger,
            evidence=self.evidence,
        )

    def controllers_answer(self, answer="proceed"):
        for notice in notices(self.ledger):
            for controller in notice.accepted:
                self.record(plan_answer, notice.id, controller, answer)

    def propose(self):
        ports = Freezing(
            self.store,
            self.store,
            self.ledger,
            self.evidence,
            self.clock,
            NoProgress(),
            self.secret,
            self.library,
        )
        return propose(self.classify(), ports)

    def propose_all(self):
        """Do everything up to the frozen proposal, and return its digest."""
        self.survey()
        self.notify()
        self.controllers_answer()
        return self.propose()[-1]

    def desk(self, proposal):
        return Desk(
            proposal,
            self.ledger,
            self.evidence,
            self.library,
            self.gate,
            self.clock,
            lambda look: look(),
            self.catalogue,
            self.secret,
        )

    def proposal(self, digest):
        """Return what was frozen under *digest*."""
        return read_proposal(self.case(digest), self.evidence)

    def mark(self, proposal):
        return read_proposal(case_of(self.ledger, proposal), self.evidence).mark

    def form(self, proposal, **changes):
        """What an approver fills in who approves all of it; *changes* go on top."""
        return {
            "decision": "approve all",
            "exceptions": "none",
            "reason": REASON,
            "minute": "none",
            "inquiries": "no, I know of none",
            "mark": self.mark(proposal),
        } | changes

    def answer(self, proposal, person, step=None, attempt=1, witness=True, factor="", **changes):
        """Answer as *person* would through the gate; *changes* go to the form."""
        desk = self.desk(proposal)
        step = step or desk.unanswered()
        form = self.form(proposal, **changes)
        key = pause_key(proposal, step, 1, attempt)
        if witness:
            self.sign(proposal, person, step, key, form, factor)
        desk.record(step, key, form)

    def leave_out(self, proposal, number, person="rm-01", **changes):
        """Approve all of it but one dataset."""
        line = f"{number}: refuse because it is not asked about now"
        changes = {"decision": "approve except", "exceptions": line, **changes}
        self.answer(proposal, person, **changes)

    def sign(self, proposal, person, step, key, form, factor=""):
        """Write what the gate would write when *person* answers."""
        salt = self.secret().hex()
        said, kept = input_digest(form, salt), self.evidence.keep(salt.encode())
        at = stamp(self.clock.now())
        answer = SignedAnswer(proposal, person, step, "run", key, said, kept, factor, at)
        facts = {name: getattr(answer, name) for name in answer.__slots__}
        facts["signature"] = base64.urlsafe_b64encode(self.gate.sign(answer.message())).decode()
        facts["key_id"] = self.gate.key_id
        self.ledger.append(Draft(proposal_stream(proposal), Entry.SIGNED, facts))

    def approve(self, proposal):
        """Both approvers say yes."""
        self.answer(proposal, "rm-01")
        self.answer(proposal, "iao-01")

    @property
    def authority(self):
        safeguards = Safeguards(self.ledger, self.witness, self.stores)
        return FreshAuthority(
            self.ledger, self.evidence, self.library, self.gate, self.clock, safeguards
        )

    def state(self, dataset):
        """Return where *dataset* stands."""
        return state_of(self.ledger, dataset).value

    def dispose(self, proposal, run=""):
        destruction = Destruction(
            self.authority,
            self.store,
            self.ledger,
            self.evidence,
            self.clock,
            NoProgress(),
            "destroyer:1",
            worker=f"worker-{next(self.workers)}",
            wait=lambda seconds: self.clock.step(seconds=seconds),
            lanes=self.lanes,
            share=self.share,
        )
        ports = Disposing(
            authority=self.authority,
            lister=self.store,
            destruction=destruction,
            ledger=self.ledger,
            evidence=self.evidence,
            clock=self.clock,
        )
        dispose(proposal, ports, run=run)

    def manifests(self, proposal):
        """Return the manifests that were approved."""
        return approved(proposal, self.ledger, self.evidence)[1]

    def access(self, proposal):
        custody = Custody(self.custodian, self.ledger, self.evidence, self.clock, by="custodian:3")
        settle_access(proposal, custody)

    def check_gone(self, proposal):
        ports = Verification(
            self.store, self.store, self.ledger, self.evidence, self.clock, "verifier:2"
        )
        check_gone(proposal, ports)

    def certify(self, proposal):
        ports = Issuing(
            ledger=self.ledger,
            evidence=self.evidence,
            library=self.library,
            clock=self.clock,
            signer=self.gate,
            typesetter=PlainTypesetter(),
            seals=PlainSeals(),
            origin="ledger.invalid",
            tool_version="0",
            issuer_pem=b"-----BEGIN CERTIFICATE-----\naW52ZW50ZWQ=\n-----END CERTIFICATE-----\n",
        )
        return certify(proposal, ports)

    def deliver(self, proposal):
        ports = Delivery(self.ledger, self.evidence, self.library, self.courier)
        return deliver(proposal, ports)

    def backups_age_out(self):
        self.buckets["backup"].held.clear()

    @contextmanager
    def dying(self, hook):
        """Let *hook* see every call of every port; it may raise."""
        self.calls = hook
        try:
            yield hook
        finally:
            self.calls = lambda name: None

    def advance(self):
        bring_up_to_date(self.ledger, self.evidence, self.library, self.clock)
        self.close_manifests()
        self.notify()

    @property
    def closing(self):
        return Closing(self.ledger, self.evidence, self.library, self.clock, self.evidence)

    def close_manifests(self):
        return close_manifests(self.closing)

    def close_strays(self):
        return close_strays(self.closing)

    def next_steps(self):
        return [
            (n.flow, n.argument)
            for n in next_steps(
                self.ledger, self.evidence, self.clock.today(), withdraws=self.withdraws
            )
        ]

    def case(self, proposal):
        return case_of(self.ledger, proposal)

    def kinds(self, kind):
        return [r for r in self.ledger.records if r.kind is kind]
