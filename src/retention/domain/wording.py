"""The words of a certificate: types, titles, grades of evidence, and sentences that claim.

Rule 12 of the design: evidence is graded on the page, and some words are never used, because
nobody can show them.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

TEMPLATE = "certificate/2"  # a change of words or layout is a new number


class CertificateType(StrEnum):
    """Which claim a certificate makes."""

    INTERIM = "interim"  # at live destruction
    FINAL = "final"  # every residual window has closed and was looked at or attested
    PARTIAL = "partial"  # something was held back, refused or failed
    NIL = "nil"  # nothing was there to destroy
    CORRECTION = "correction"  # supersedes a certificate that was wrong


class Grade(StrEnum):
    """How we know something; nothing on the page goes ungraded."""

    OBSERVED = "observed"
    RELIED_ON = "relied on"
    ATTESTED = "attested"
    PENDING = "pending until"
    BEYOND_USE = "beyond use"  # pending too, and the four tests are met
    HELD = "residual held"  # a hold matches: it stays until that is released
    NOT_COVERED = "not covered"


# What a certificate says of a notice that reached a controller by the word of a person.
RECEIPT_ATTESTED = "attested by {by}, entry {entry}: received on {on}"
NO_SERVER = "accepted by no mail server"

TITLES: Mapping[CertificateType, str] = MappingProxyType(
    {
        CertificateType.INTERIM: "Interim certificate of destruction",
        CertificateType.FINAL: "Final certificate of destruction",
        CertificateType.PARTIAL: "Partial destruction report",
        CertificateType.NIL: "Nil certificate",
        CertificateType.CORRECTION: "Correction of a certificate",
    }
)
_SEEN = (
    "was ordered deleted, version by version, and was absent when we listed its places again "
    "with other credentials."
)
WORDING: Mapping[CertificateType, str] = MappingProxyType(
    {
        CertificateType.INTERIM: (
            f"What is counted here as destroyed {_SEEN} Copies that remain are named below, each "
            "with the latest day by which it ends. A final certificate will follow."
        ),
        CertificateType.FINAL: (
            f"What is counted here as destroyed {_SEEN} Every other copy that is named below has "
            "reached its end, and was looked at or attested since, unless it says that it is not "
            "covered. What we keep as evidence is named, too."
        ),
        CertificateType.PARTIAL: (
            "Some of what was approved for destruction is still there: the numbers below say how "
            f"much, and why. What is counted here as destroyed {_SEEN} This is a report, and not "
            "a certificate that the destruction is complete."
        ),
        CertificateType.NIL: (
            "Nothing was destroyed: when the work began, nothing of the manifests named below was "
            "in its place. How it came to be absent is being looked into as an incident."
        ),
        CertificateType.CORRECTION: (
            "This replaces the earlier certificate named below, which was not correct. What "
            f"counts is what stands here. What is counted here as destroyed {_SEEN}"
        ),
    }
)

BANNED = (
    "permanently",
    "permanent destruction",
    "irrecoverable",
    "irrecoverably",
    "military grade",
    "military-grade",
    "all copies",
)

ONE_FACTOR = (
    "Each person proved who they are at our gate, by a password of their own or by our "
    "organisation's login; no second factor was asked for at the gate. The gate signed what each "
    "person answered. That an account belongs to the person named rests on our own records."
)
TWO_FACTORS = (
    "Each person proved who they are at our gate, by a password of their own or by our "
    "organisation's login, and gave with every decision a one-time code from a device of their "
    "own, which the gate checked and nobody kept. The gate signed what each person answered. That "
    "an account belongs to the person named rests on our own records."
)
BY_VERSION_ID = (
    "Logical deletion: each object version, delete marker and unfinished upload was ordered "
    "deleted by its own id; no prefix, wildcard or container was ever the subject of an order."
)
FULL_ENUMERATION = (
    "Full enumeration: every place was listed again from beginning to end, and every line of the "
    "manifest was looked for in that listing."
)
RELIED_ON_STORE = (
    "That the storage provider also clears its internal replicas and media: not checked by us.",
)
MANIFESTS_KEPT = (
    "A manifest holds the names of the objects of one dataset, encrypted, under a key of its own. "
    "It is kept so that a single object can be shown for as long as this may be disputed. Whoever "
    "runs this system for us can read it; nobody else was given the key. Once the dispute window "
    "is over the key is destroyed, unless a hold or an open incident needs the manifest; its root "
    "and its counts stay."
)
NOT_COVERED = (
    "What others received earlier: onward recipients, published reports and tables.",
    "What was made of the datasets: aggregated or anonymised outputs.",
    "What stays as evidence: this certificate, our ledger, the roots and counts of the manifests.",
)


def banned_in(text: str) -> list[str]:
    """Return the words in *text* that no certificate may use."""
    plain = " ".join(text.lower().split())
    return [word for word in BANNED if word in plain]
