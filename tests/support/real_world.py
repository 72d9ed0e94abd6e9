"""The invented organisation on real parts: Ceph, ledger and evidence on disk, keys in files.

What people do is done for them; the rest is the composition that a process of ours makes.  Another
process may be given the same folder, by its environment.
"""

import json
import secrets
from pathlib import Path

from retention.domain.certificate import Certificate
from tests.support.composed import clock_of, compose, environment_of
from tests.support.world import World

_AGREEMENT = """# INVENTED
[agreement]
reference    = "INV"
version      = 1
title        = "Invented audit"
our_role     = "processor"
route        = "direct"
controllers  = ["north", "south"]
mandate      = "Invented agreement, schedule 3"
signed_on    = 2018-04-01
in_force     = {{ from = 2018-04-01, until = 2030-03-31 }}
lawful_basis = ["6(1)(e)", "9(2)(i)"]

[disposal]
instruction     = "standing"
approved_by     = ["records-manager", "information-asset-owner"]
notice          = "P0D"
silence         = "wait"
approval_lapses = "P14D"
cooling_off     = "P0D"
lead            = "P30D"
certificate     = {{ within = "P14D", signed_by = ["information-asset-owner"] }}
dispute_window  = "P90D"
limits          = {{ datasets_max = 9, objects_max = 5_000, bytes_max = 100_000_000, share_max_percent = 90 }}

[[event]]
name        = "round-published"
per         = "round"
recorded_by = ["audit-lead"]

[[class]]
name              = "patient"
status            = "signed"
describes         = "Invented case notes"
identifiability   = "pseudonymised"
special_category  = true
confidentiality   = "common-law"
datasets          = ["s3://{bucket}/patient/{{round:[0-9]{{4}}}}/"]
trigger           = "round-published"
cut_off           = "financial-year-end"
keep_at_least     = "P5Y"
destroy_by        = "P6Y6M"
destroy_by_covers = "live"
after_end         = "keep-to-term"
after_end_clause  = "9.7"
then              = "destroy"
clause            = "9.2"
"""
_ENGINE = """certificate_prefix = "INV"
demonstration      = true

[issuer]
legal_name   = "Invented Processor Ltd"
address      = "1 Nowhere Street"
registration = "Z0000000 (invented)"
contact      = "dpo@example.invalid"

[keeps]
catalogue = "P1Y"
logs      = "P90D"
runs      = "P90D"
mails     = "P1Y"
"""
_PARTIES = "".join(
    f'[[party]]\nid = "{name}"\nname = "Invented {name} trust"\n'
    f'email = "{name}@example.invalid"\nto_confirm = false\n\n'
    for name in ("north", "south")
)
_PEOPLE = "".join(
    f'[[person]]\nid = "{person}"\nname = "{name} Invented"\nroles = ["{role}"]\n'
    f'email = "{person}@example.invalid"\n\n'
    for person, name, role in (
        ("rm-01", "Ada", "records-manager"),
        ("iao-01", "Bob", "information-asset-owner"),
        ("audit-01", "Dee", "audit-lead"),
    )
)


class RealWorld(World):
    """A world whose ports are real; *bucket* holds its data, and roles may do their own there."""

    def __init__(self, folder: Path, ceph, *, lock=False):
        self.folder, self.ceph, self.bucket = folder, ceph, ceph.bucket(lock=lock)
        policies = folder / "policies"
        (policies / "INV").mkdir(parents=True)
        agreement = _AGREEMENT.format(bucket=self.bucket.name)
        files = {"INV/v1": agreement, "engine": _ENGINE, "parties": _PARTIES, "people": _PEOPLE}
        for name, text in files.items():
            (policies / f"{name}.toml").write_text(text)
        self.clock = clock_of(folder)
        self.clock.start()
        self.environment = environment_of(folder, ceph)
        self.work = work = compose(self.environment)
        self.ledger, self.evidence, self.library = work.ledger, work.evidence, work.library
        self.catalogue, self.courier, self.gate = work.catalogue, work.courier, work.keyring.gate

    def secret(self):
        return secrets.token_bytes(32)

    def survey(self):
        self.work.agreements()
        for store in self.work.stores():
            found = self.work.survey_store(store)
            if found.fault is not None:
                raise found.fault
        self.work.conclude_surveys()

    def classify(self):
        return self.work.classify()

    def notify(self):
        return self.work.notify()

    def propose(self):
        return self.work.propose()

    def desk(self, proposal):
        return self.work.desk(proposal)

    def dispose(self, proposal):
        self.work.dispose(proposal)

    def check_gone(self, proposal):
        self.work.check_gone(proposal)

    def certify(self, proposal):
        return self.work.certify(proposal)

    def advance(self):
        self.work.advance()
        self.work.notify()

    def kinds(self, kind):
        return list(self.ledger.of_kind(kind))

    def approved(self):
        """Do everything up to the last yes, and return the proposal."""
        self.publish()
        proposal = self.propose_all()
        self.approve(proposal)
        return proposal

    def listed(self):
        """Everything in the bucket, as its owner sees it: (key, kind, version id)."""
        found = self.work.verifies().versions(self.bucket.place())
        return {(v.key, v.kind, v.version_id) for v in found}

    def rows(self, proposal):
        """What the manifests of *proposal* name, as :meth:`listed` has it."""
        from retention.domain.manifest import rows_of
        from retention.steps.cases import read_proposal

        manifests = [i.manifest for i in read_proposal(self.case(proposal), self.evidence).items]
        return {
            (row.version.key, row.version.kind, row.version.version_id)
            for m in manifests
            for row in rows_of(self.evidence.lines(m.pack), m.root)
        }

    def certificate(self, proposal, kind):
        """Return the certificate of one type."""
        record = self.case(proposal).certified[kind]
        return Certificate.read(self.evidence.read(record.text("statement")))

    def verified_lines(self, proposal):
        """Return what the verifier wrote of each number."""
        (verified,) = self.case(proposal).verified.values()
        return [json.loads(line) for line in self.evidence.lines(verified.text("pack"))]


def fill(bucket, objects, round_="2019"):
    """Write *objects* with overwritten ones, hidden ones and an upload among them."""
    place = f"patient/{round_}/"
    for number in range(objects):
        key = f"{place}{number:03d} é+%2F"
        bucket.put(key, b"first")
        if number % 3 == 0:
            bucket.put(key, b"second")
        if number % 7 == 0:
            bucket.hide(key)
    bucket.start_upload(f"{place}unfinished")
