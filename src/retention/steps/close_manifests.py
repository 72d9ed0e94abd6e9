"""Destroy the keys of manifests on their day: from then on nobody can read what lay there.

The day is the end of the dispute window after the last certificate of a disposal.  A list that was
put to people and never carried out has the same window after it was given up.  A hold or an open
incident keeps a manifest for longer.  Intent stands on the ledger before, and the outcome after it.
Source: design.md, rule 15; UK GDPR, article 5(1)(e); ``infra/decisions``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from retention.domain.calendar import london_day
from retention.domain.case import Case, proposal_stream
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.incident import incidents_in
from retention.domain.proposal import Item, Proposal
from retention.domain.wording import CertificateType
from retention.domain.words import long_day
from retention.errors import AgreementError, EvidenceError, StaleError
from retention.ports.clock import Clock
from retention.ports.closing import ClosesPacks
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.authorise import matching_holds
from retention.steps.cases import case_of, cases, read_proposal
from retention.steps.moves import stream_of
from retention.steps.registers import HOLDS

PACKS: Final = "packs"  # the stream of those that no proposal names
STRAY_AFTER: Final = timedelta(days=7)  # longer than anything is frozen before it is proposed


@dataclass(frozen=True, slots=True)
class Closing:
    """The ports that closing takes."""

    ledger: Ledger
    evidence: Evidence
    library: Library
    clock: Clock
    keys: ClosesPacks


def close_manifests(ports: Closing) -> list[str]:
    """Destroy the key of every manifest whose day has passed, and return the roots closed now.

    A key that a backup brought back is destroyed again.
    Safe to run again after a crash at any call: what was closed and not written down is written
    down, and what is not closed is.
    Raises EvidenceError if a pack can still be opened afterwards.
    """
    closed = []
    for case in _ended(ports.ledger):
        proposal = read_proposal(case, ports.evidence)
        for item in proposal.items:
            if item.manifest.root in case.closed:
                if ports.keys.is_open(item.manifest.pack):
                    _end(item.manifest.pack, ports)
            elif is_over(case, proposal, ports.library, ports.clock.today()) and _close(
                item, case.proposal, ports
            ):
                closed.append(item.manifest.root)
    return closed


def close_strays(ports: Closing) -> list[str]:
    """Destroy the key of every pack that no proposal names, and return their digests.

    Freezing leaves one where it was cut off, or where it found that nothing may be proposed.  It is
    noted first, and closed when no proposal names it days later.
    Safe to run again.  Raises EvidenceError if a pack can still be opened afterwards.
    """
    found = set(ports.keys.open_packs())
    named = {
        item.manifest.pack
        for record in ports.ledger.of_kind(Entry.PROPOSED)
        for item in Proposal.read(ports.evidence.read(record.text("document"))).items
    }
    noted_before = ports.ledger.stream(PACKS)
    seen = {r.text("pack"): r for r in noted_before if r.kind is Entry.STRAY_SEEN}
    done = {r.text("pack") for r in noted_before if r.kind is Entry.STRAY_CLOSED}
    closed = []
    for pack in sorted((found | (seen.keys() - done)) - named):
        if (noted := seen.get(pack)) is None:
            ports.ledger.append(Draft(PACKS, Entry.STRAY_SEEN, {"pack": pack}))
        elif ports.clock.now() - noted.at >= STRAY_AFTER:
            _end(pack, ports)
            ports.ledger.append(Draft(PACKS, Entry.STRAY_CLOSED, {"pack": pack}))
            closed.append(pack)
    return closed


def manifests_kept(
    ledger: Ledger, evidence: Evidence, library: Library, today: date
) -> Iterator[str]:
    """Yield each dataset whose manifest is kept past its day, and what keeps it; it only looks."""
    for case in _ended(ledger):
        proposal = read_proposal(case, evidence)
        if is_over(case, proposal, library, today):
            for item in proposal.items:
                why = why_kept(item, proposal, ledger, library)
                if why and item.manifest.root not in case.closed:
                    yield f"{item.manifest.dataset} ({why})"


def _ended(ledger: Ledger) -> Iterator[Case]:
    """Yield every case that may be over: certified, or given up before anything began."""
    for case in cases(ledger):
        if case.certified or (case.spent is not None and not case.has_begun):
            yield case


def is_over(case: Case, proposal: Proposal, library: Library, today: date) -> bool:
    """Tell whether the dispute window after a case is over; not while its agreement is missing."""
    ended_on = _ended_on(case, proposal)
    if ended_on is None:
        return False
    try:
        disposal = library.agreement(proposal.agreement, proposal.version).disposal
    except AgreementError:
        return False  # `retention status` names the agreement whose file is gone
    return disposal is not None and disposal.dispute_window.after(ended_on) < today


def _ended_on(case: Case, proposal: Proposal) -> date | None:
    """Return the London day from which the dispute window of a case runs; None while it goes on.

    That of its last certificate, final or not, once that has reached every controller.  What was
    declined, lapsed or drifted before anything began ended when it was given up.
    """
    if case.spent is not None and not case.has_begun:
        return london_day(case.spent.at)
    last = [r for kind, r in case.certified.items() if kind != CertificateType.INTERIM.value]
    for record in last:
        number = record.text("certificate")
        if number not in case.sealed or set(proposal.controllers) - set(
            case.delivered.get(number, {})
        ):
            return None
    return max((london_day(record.at) for record in last), default=None)


def why_kept(item: Item, proposal: Proposal, ledger: Ledger, library: Library) -> str:
    """Return what keeps a manifest past its day, such as ``held by H-0001``; "" if nothing does."""
    dataset = item.manifest.dataset
    holds = matching_holds(ledger, library, [item], proposal, since=ledger.size())
    if holds:
        return f"held by {', '.join(sorted(hold.id for hold in holds))}"
    open_ones = [each for each in incidents_in(ledger.stream(stream_of(dataset))) if each.is_open]
    if open_ones:
        first = open_ones[0]
        return f"incident {first.number} of {long_day(first.noticed_on)} is open"
    return ""


def _close(item: Item, digest: str, ports: Closing) -> bool:
    """Close one manifest, unless something keeps it; tell whether it was closed now."""
    stream, manifest = proposal_stream(digest), item.manifest
    known = ports.ledger.lengths([stream, HOLDS, stream_of(manifest.dataset)])
    case = case_of(ports.ledger, digest)
    proposal = read_proposal(case, ports.evidence)
    if manifest.root in case.closed or why_kept(item, proposal, ports.ledger, ports.library):
        return False
    about: dict[str, Fact] = {"proposal": digest, "root": manifest.root, "pack": manifest.pack}
    if manifest.root not in case.closing:
        try:
            ports.ledger.append_all([Draft(stream, Entry.MANIFEST_CLOSING, about)], expect=known)
        except StaleError:
            return False  # something was recorded meanwhile that may keep it: the next run asks
    _end(manifest.pack, ports)
    facts: dict[str, Fact] = {**about, "versions": manifest.versions}
    ports.ledger.append(Draft(stream, Entry.MANIFEST_CLOSED, facts))
    return True


def _end(pack: str, ports: Closing) -> None:
    """Destroy the key of one pack, and see that it opens nothing any more."""
    ports.keys.close(pack)
    try:
        opened = next(ports.evidence.lines(pack), None) is not None
    except EvidenceError:
        opened = False  # closed; or damaged besides, and then nobody reads it either
    if opened or ports.keys.is_open(pack):
        raise EvidenceError(
            "a manifest can still be opened after its key was destroyed",
            hint="look for a second folder of keys, and for a backup that is mounted",
        )
