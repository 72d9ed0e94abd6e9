"""The invented cast: an agreement, its people and parties, and the small ports around them."""

import hashlib
from datetime import date

from retention.domain.agreement import (
    Action,
    Agreement,
    CheckedBy,
    Copy,
    Covers,
    Disposal,
    EventKind,
    Limits,
    OurRole,
    Party,
    Person,
    RetentionClass,
    Route,
    Rule,
    Silence,
    Status,
    Trigger,
)
from retention.domain.clock import Period
from retention.domain.pattern import Pattern
from retention.domain.term import Term
from retention.ports.library import Engine

P = Period.parse
PATIENT = "s3://records/patient/{round:[0-9]{4}}/"
STEPS = ("records-manager", "information-asset-owner")
PEOPLE = (  # invented
    Person("rm-01", "Ada Invented", ("records-manager",), "rm-01@example.invalid"),
    Person("iao-01", "Bob Invented", ("information-asset-owner",), "iao-01@example.invalid"),
    Person("both-01", "Cy Invented", STEPS, "both-01@example.invalid"),
    Person("audit-01", "Dee Invented", ("audit-lead",), "audit-01@example.invalid"),
)


def agreement(**changes):
    """Return the invented agreement; *changes* go to its disposal terms."""
    terms = {
        "approved_by": STEPS,
        "notice": P("P0D"),
        "silence": Silence.WAIT,
        "approval_lapses": P("P14D"),
        "cooling_off": P("P0D"),
        "lead": P("P90D"),
        "certificate_within": P("P14D"),
        "dispute_window": P("P90D"),
        "limits": Limits(40, 10_000, 10**12, 100),
    }
    backup = Copy(
        "backup",
        CheckedBy.ENGINE,
        Pattern.parse("s3://backup/patient/{round:[0-9]{4}}/"),
        gone_within=P("P1D"),
    )
    replica = Copy("replica", CheckedBy.ENGINE, Pattern.parse("s3://dr/patient/{round:[0-9]{4}}/"))
    return Agreement(
        reference="INV",
        version=changes.pop("version", 1),
        title="Invented audit",
        our_role=OurRole.PROCESSOR,
        through=(),
        route=Route.DIRECT,
        controllers=("north", "south"),
        mandate="Invented agreement, schedule 3",
        in_force_from=date(2020, 1, 1),
        in_force_until=date(2030, 1, 1),
        lawful_basis=("6(1)(e)",),
        disposal=Disposal(**(terms | changes)),
        events=(EventKind("round-published", "round", ("audit-lead", "records-manager")),),
        classes=(
            RetentionClass(
                name="patient",
                status=Status.SIGNED,
                describes="Invented case notes",
                identifiability="pseudonymised",
                special_category=True,
                datasets=(Pattern.parse(PATIENT),),
                controllers=(),
                rule=Rule(Trigger.of("round-published"), ((3, 31),), P("P5Y"), P("P6Y6M")),
                destroy_by_covers=Covers.LIVE,
                then=Action.DESTROY,
                clause="9.2",
                copies=(replica, backup),
            ),
        ),
        digest="sha256:" + "a" * 64,
    )


class MemoryLibrary:
    """One agreement at a time; ``library.now`` may be replaced."""

    def __init__(self):
        self.now = agreement()

    def agreements(self, on):
        return [self.now]

    def terms(self, on):
        return [Term.of([self.now], on)]

    def agreement(self, reference, version):
        return self.now

    def party(self, party_id):
        return Party(party_id, f"Invented {party_id} trust", f"{party_id}@example.invalid", False)

    def people(self):
        return PEOPLE

    def edition(self):
        """Return what agreements and people are now."""
        return self.now, self.people()

    def engine(self):
        issuer = {
            "legal_name": "Invented Processor Ltd",
            "address": "1 Nowhere Street",
            "registration": "Z0000000",
            "contact": "dpo@example.invalid",
        }
        return Engine(issuer, "INV", demonstration=True)


class Key:
    """Signs with a secret; whoever knows it checks."""

    key_id = "sha256:" + "b" * 64

    def sign(self, message):
        return hashlib.sha256(b"secret" + message).digest()

    def holds(self, key_id, message, signature):
        return key_id == self.key_id and signature == self.sign(message)


class MemoryCourier:
    """Keeps letters; *dead* refuses them all."""

    def __init__(self):
        self.letters, self.dead = [], None

    def send(self, letter):
        if self.dead is not None:
            raise self.dead
        self.letters.append(letter)
        return "sha256:" + hashlib.sha256(letter.subject.encode()).hexdigest()


class PlainTypesetter:
    def pdf(self, template, data, attachments):
        return b"%PDF " + data


class PlainSeals:
    def seal(self, pdf):
        return pdf + b" sealed"
