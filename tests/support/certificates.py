"""An invented certificate: every fact in it is made up, and every name says so."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from retention.domain.beyond_use import BeyondUse
from retention.domain.certificate import (
    Authority,
    Certificate,
    Decision,
    HoldCheck,
    How,
    Identity,
    Issuer,
    ManifestsKept,
    NotDestroyed,
    NoticeGiven,
    People,
    Recipient,
    StatementAndIntegrity,
    Verification,
    What,
    type_for,
)
from retention.domain.certified import (
    Attestation,
    CertifiedDataset,
    CopyPlace,
    Counts,
    DatasetAuthority,
    ResidualCopy,
    Timeline,
)
from retention.domain.refusal import Lock, Refusal
from retention.domain.wording import BY_VERSION_ID, FULL_ENUMERATION, ONE_FACTOR, WORDING

ISSUED_AT = datetime(2031, 4, 12, 9, 14, 2, 117000, tzinfo=UTC)
ISSUER = Issuer(
    legal_name="Example Benchmarking Ltd (invented)",
    address="1 Invented Street, Exampleton, EX1 1EX",
    registration="ICO Z0000000 (invented)",
    contact="records@issuer.invalid",
)
RECIPIENTS = (
    Recipient(id="audit-sponsor", name="Audit Sponsor Partnership (invented)"),
    Recipient(id="health-board-ni", name="Northern Health Board (invented)"),
)
LEDGER = "retention.invalid/ledger"


def at(days, hours=0, minutes=0):
    return ISSUED_AT - timedelta(days=days, hours=hours, minutes=minutes)


def counts(destroyed=0, **others):
    names = dict.fromkeys(("absent_before", "held_back", "refused", "failed", "unknown"), 0)
    arrivals = others.pop("arrivals", 0)
    names |= others
    planned = destroyed + sum(names.values())
    return Counts(planned=planned, destroyed=destroyed, arrivals=arrivals, **names)


def refused(versions, lock=Lock.COMPLIANCE, first=date(2032, 1, 1), last=date(2032, 1, 1)):
    return Refusal(lock=lock, versions=versions, first_until=first, until=last)


def dataset(nation="england", year="2023", fates=None, residual=(), **changes):
    fates = fates or counts(1204)
    gone = fates.destroyed > 0
    made = CertifiedDataset(
        id=f"NACEL/patient-level/{nation}/{year}",
        describes="Case note review, pseudonymised",
        class_name="patient-level",
        identifiability="pseudonymised",
        special_category=True,
        controllers=("audit-sponsor",) if nation == "england" else ("health-board-ni",),
        manifest_root="sha256:" + (nation.encode() + year.encode()).hex().ljust(64, "3")[:64],
        versions=fates.planned,
        markers=min(31, fates.planned),
        uploads=min(2, max(0, fates.planned - 31)),
        size_bytes=fates.planned * 48_217,
        authority=DatasetAuthority(
            clause="9.2",
            trigger="audit-round-published",
            trigger_on=date(2025, 6, 30),
            trigger_by="audit-lead-1",
            trigger_evidence="sha256:" + "ab" * 32,
            due_on=date(2031, 4, 1),
            destroy_by=date(2031, 12, 30),
            destroy_by_covers="live",
            working=(
                f"audit-round-published {year} on 2025-06-30",
                "the year of the cut-off ends on 2026-03-31",
                "to be kept through 2031-03-31 (clause 9.2)",
                "disposal may begin on 2031-04-01",
                "must be gone by 2031-12-30",
            ),
        ),
        where=(
            CopyPlace(copy="primary-1", kind="primary", place=f"s3://nacel/p/{nation}/{year}/"),
            CopyPlace(copy="replica-1", kind="replica", place=f"s3://nacel-dr/p/{nation}/{year}/"),
        ),
        how=Timeline(
            frozen_at=at(16),
            listed_at=at(0, 7, 3),
            first_intent_at=at(0, 7, 2) if gone else None,
            last_outcome_at=at(0, 6, 41) if gone else None,
            verified_at=at(0, 6, 5),
        ),
        verification=fates,
        residual=tuple(residual),
        refusals=(refused(fates.refused),) if fates.refused else (),
    )
    return replace(made, **changes)


BACKUP = ResidualCopy(
    copy="backup-r1",
    kind="backup",
    where="Backup vault",
    checked_by="person",
    until=date(2031, 5, 17),
)

WORD = Attestation(by="audit-1", gone_on=date(2031, 4, 11), evidence="sha256:" + "d0" * 32)


def every_fate():
    """Return a residual copy for each fate that there is."""
    looked = date(2031, 1, 15)
    gone = {"seen_gone_at": at(0, 1)}
    others = [
        {"where": "Old tapes", "beyond_use": BeyondUse((True,) * 4, "iao-1", looked)},
        {"where": "Older tapes", "beyond_use": BeyondUse((True, False) * 2, "iao-1", looked)},
        {"where": "Vault two", "checked_by": "engine", **gone},
        {"where": "Export", "checked_by": "provider document", "attested": WORD, **gone},
        {"where": "Box AB0001", "kind": "paper", "until": None, "attested": WORD, **gone},
        {"where": "The release of 2019", "until": None, "not_covered_clause": "9.8"},
        {"where": "Vault three", "held_by": "H-0001+H-0004"},
        {"where": "Late tapes", "until": date(2031, 4, 1)},
    ]
    return [BACKUP, *(replace(BACKUP, copy=f"r{n}", **each) for n, each in enumerate(others))]


def certificate(datasets=None, *, type=None, **identity):  # noqa: A002  # the field's own name
    rows = tuple(datasets or (dataset(residual=[BACKUP]), dataset("northern-ireland")))
    kind = type or type_for(rows)
    return Certificate(
        identity=Identity(
            **{
                "number": "RET-2031-0007",
                "type": kind,
                "issued_at": ISSUED_AT,
                "issuer": ISSUER,
                "our_role": "sub-processor",
                "recipients": RECIPIENTS,
                "demonstration": False,
                **identity,
            }
        ),
        authority=Authority(
            agreement="NACEL",
            version=3,
            agreement_digest="sha256:" + "5e" * 32,
            title="National audit of care (invented)",
            mandate="Data processing agreement DPA-0000 (invented), schedule 3",
            action="destroy",
            proposal="sha256:3fa9c27b" + "61" * 28,
            notices=(
                NoticeGiven(controller="audit-sponsor", accepted_at=at(60), answer="proceed"),
                NoticeGiven(controller="health-board-ni", accepted_at=at(59), answer="proceed"),
            ),
            hold_check=HoldCheck(at=at(0, 7, 2), holds=3, matching=0),
        ),
        what=What(datasets=rows),
        how=How(
            technique=BY_VERSION_ID, tool="retention", tool_version="0.1.0", performer="destroyer"
        ),
        verification=Verification(
            method=FULL_ENUMERATION, verifier="verifier", separate_credentials=True
        ),
        not_destroyed=NotDestroyed(left_out=("NACEL/patient-level/wales/2023",)),
        manifests=ManifestsKept(window="P90D"),
        people=People(
            approvals=(
                Decision(
                    step="records-manager",
                    person="rm-1",
                    name="Asha Exampleperson (invented)",
                    decision="approve",
                    decided_at=at(10),
                    evidence="sha256:" + "0c" * 32,
                ),
                Decision(
                    step="information-asset-owner",
                    person="iao-1",
                    name="Tomos Madeupname (invented)",
                    decision="approve",
                    decided_at=at(9, 3),
                    evidence="sha256:" + "7d" * 32,
                ),
            ),
            identity_proof=ONE_FACTOR,
        ),
        statement_and_integrity=StatementAndIntegrity(
            wording=WORDING[kind], issuer_key="sha256:" + "e1" * 32, ledger=LEDGER
        ),
    )
