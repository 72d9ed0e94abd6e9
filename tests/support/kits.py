"""A certificate as a controller gets it: signed, in a small ledger, typeset and sealed."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from retention.adapters.seal.check import Trusted
from retention.adapters.seal.keys import IssuerKeys, ed25519_signer, issuer_keys
from retention.adapters.seal.pades import PadesSeals
from retention.adapters.typeset import Typst
from retention.domain.calendar import london_day
from retention.domain.canonical import canonical
from retention.domain.case import CERTIFICATES
from retention.domain.certificate import Certificate
from retention.domain.dsse import Envelope, pae
from retention.domain.entry import Entry, Record
from retention.domain.merkle import inclusion, leaf_hash, node_hash, root_of
from retention.domain.tlog import LogKey, TreeHead, proof, signed
from retention.views.certificate_view import Kit, document
from tests.support.certificates import ISSUED_AT, LEDGER, certificate

BEFORE, AFTER = 5, 3  # entries of the ledger on either side of the certificate's


class FixedClock:
    """Stands still; fits ``ports.clock.Clock``."""

    def __init__(self, at=ISSUED_AT):
        self.at = at

    def now(self):
        return self.at

    def today(self):
        return london_day(self.at)


@dataclass(frozen=True, slots=True)
class Issued:
    """Everything about one issued certificate."""

    certificate: Certificate
    kit: Kit
    unsealed: bytes
    pdf: bytes
    trusted: Trusted


class Issuer:
    """An issuer with keys of its own."""

    def __init__(self, folder: Path, clock=None):
        self.clock = clock or FixedClock()
        name = "Example Benchmarking Ltd (invented)"
        self.keys: IssuerKeys = issuer_keys(folder / "issuer", common_name=name, clock=self.clock)
        self.ledger = ed25519_signer(folder / "ledger")
        self.log = LogKey(LEDGER, self.ledger.public_raw)
        self.seals = PadesSeals(self.keys, self.clock, legal_name=name)
        self.typesetter = Typst()

    @property
    def trusted(self):
        return Trusted(self.keys.certificate_pem, str(self.log))

    def issue(self, made=None, *, entry=None, kit=None, data=None):
        """Issue *made*; *entry*, *kit* and *data* may change what is told where, and still seal."""
        made = self.signed(made or certificate())
        kit = replace(self.kit(made, entry or {}), **(kit or {}))
        pages = document(made, kit)
        told = canonical({**json.loads(pages.data), **(data or {})})
        names = [each["name"] for each in json.loads(told)["attachments"]]
        attachments = {name: pages.attachments[name] for name in names}
        unsealed = self.typesetter.pdf(pages.template, told, attachments)
        return Issued(made, kit, unsealed, self.seals.seal(unsealed), self.trusted)

    def signed(self, made):
        named = replace(made.statement_and_integrity, issuer_key=self.keys.signer.key_id)
        return replace(made, statement_and_integrity=named)

    def kit(self, made, entry):
        statement = made.statement()
        signer = self.keys.signer
        envelope = Envelope(statement, signer.key_id, signer.sign(pae(statement)))
        leaf = self.record(made, entry).leaf()
        return Kit(envelope.line(), leaf, self.proof(leaf), self.keys.certificate_pem)

    def record(self, made, entry):
        facts = {
            "proposal": made.authority.proposal,
            "certificate": made.identity.number,
            "type": made.identity.type.value,
            "statement": made.digest,
        }
        at = made.identity.issued_at
        return Record(BEFORE, CERTIFICATES, 0, at, Entry.CERTIFIED, {**facts, **entry})

    def proof(self, leaf):
        leaves = [b"before"] * BEFORE + [leaf] + [b"after"] * AFTER
        hashes = [leaf_hash(each) for each in leaves]

        def node(level, index):
            if level == 0:
                return hashes[index]
            return node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

        head = TreeHead(LEDGER, len(leaves), root_of(node, len(leaves)))
        note = signed(head, self.log, self.ledger.sign)
        return proof(BEFORE, inclusion(node, BEFORE, len(leaves)), note).encode()
