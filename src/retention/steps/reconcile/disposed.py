"""Look again, after a certificate: what lies where a dataset was destroyed, and is it the same.

Source: design.md, rule 20.  The manifest can be compared until its key is destroyed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from retention.domain.dataset import Kind, ObjectVersion
from retention.domain.disposition import Event, State
from retention.domain.finding import Finding, FindingKind
from retention.domain.manifest import Manifest, rows_of
from retention.domain.term import Term
from retention.errors import EvidenceError, PackClosedError, RefusedError, StoreError
from retention.ports.catalogue import Catalogue, Holding
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.store import Lists
from retention.steps.cases import cases, read_proposal
from retention.steps.classify import Standing
from retention.steps.effects import datasets_of
from retention.steps.moves import moved_at, states

AFTER: Final = frozenset({State.DISPOSED, State.RESIDUAL, State.CLOSED})
COMPARED_MAX: Final = 100_000  # versions of one dataset that are held in memory and compared
_BACKUP: Final = "backup"  # ages out by itself: a residual, which its own window is looked at for


@dataclass(slots=True)
class _Back:
    """What is there now, by what may be the same."""

    versions: set[tuple[str, str]] = field(default_factory=set)  # key and id
    keys: set[str] = field(default_factory=set)
    etags: set[str] = field(default_factory=set)

    def add(self, version: ObjectVersion) -> None:
        self.versions.add((version.key, version.version_id))
        self.keys.add(version.key)
        if version.kind is Kind.DATA and version.size_bytes and version.etag:
            self.etags.add(version.etag)


def after_disposal(
    terms: Sequence[Term],
    catalogue: Catalogue,
    ledger: Ledger,
    evidence: Evidence,
    lister: Lists,
) -> Iterator[Finding]:
    """Yield a finding for each dataset that was destroyed and of which a survey saw something.

    What cannot be compared now is found all the same, and says why.
    """
    manifests: dict[str, list[Manifest]] | None = None
    for term in terms:
        standing = Standing(states(ledger, term.reference))
        for dataset, holdings in datasets_of(catalogue, term.reference):
            name = str(dataset)
            if standing.of(name) not in AFTER:
                continue
            gone_at = moved_at(ledger, name, Event.SEE_GONE)
            back = [h for h in holdings if h.kind != _BACKUP and h.seen_at > gone_at]
            if not back:
                continue
            if manifests is None:
                manifests = _manifests(ledger, evidence)
            yield _finding(name, back, manifests.get(name, []), evidence, lister)


def _manifests(ledger: Ledger, evidence: Evidence) -> dict[str, list[Manifest]]:
    """Return the manifests of everything that was looked for after its destruction.

    A proposal that was damaged at rest is left out: what it was about can then not be compared.
    """
    found: dict[str, list[Manifest]] = {}
    for case in cases(ledger):
        if not case.verified:
            continue
        try:
            items = read_proposal(case, evidence).items
        except (EvidenceError, RefusedError):
            continue
        for item in items:
            if item.manifest.root in case.verified:
                found.setdefault(item.manifest.dataset, []).append(item.manifest)
    return found


def _finding(
    name: str,
    back: Sequence[Holding],
    manifests: Sequence[Manifest],
    evidence: Evidence,
    lister: Lists,
) -> Finding:
    kind = FindingKind.LISTED_AFTER_DISPOSAL
    try:
        there = _there(back, lister)
        same, closed = _alike(manifests, there, evidence)
    except EvidenceError:
        detail = "the manifest can no longer be read, so nothing can be compared"
    except StoreError as fault:
        detail = f"it cannot be compared now: {fault}"
    else:
        kind = FindingKind.RESURRECTION if same else kind
        detail = same[0] if same else _none(manifests, closed)
    rows = sum(h.versions + h.markers + h.uploads for h in back)
    size_bytes = sum(h.size_bytes for h in back)
    store = back[0].store
    return Finding(kind, store, name, detail, datasets=1, rows=rows, size_bytes=size_bytes)


def _alike(
    manifests: Sequence[Manifest], there: _Back, evidence: Evidence
) -> tuple[list[str], int]:
    """Return what is the same as in any manifest, and how many were closed by design."""
    same, closed = [], 0
    for each in manifests:
        try:
            if said := _same(each, there, evidence):
                same.append(said)
        except PackClosedError:
            closed += 1
    return same, closed


def _none(manifests: Sequence[Manifest], closed: int) -> str:
    if closed:
        return "the manifest was closed on its day, so nothing can be compared: a person looks"
    return "nothing of the manifest is among it" if manifests else "there is no manifest to read"


def _there(back: Sequence[Holding], lister: Lists) -> _Back:
    there = _Back()
    for place in sorted({h.place for h in back}):
        for number, version in enumerate(lister.versions(place)):
            if number == COMPARED_MAX:
                break
            there.add(version)
    return there


def _same(manifest: Manifest, there: _Back, evidence: Evidence) -> str:
    """Return what is the same as in the manifest, the surest first; "" if nothing is."""
    found: set[str] = set()
    for row in rows_of(evidence.lines(manifest.pack), manifest.root):
        v = row.version
        if (v.key, v.version_id) in there.versions:
            found.add("the same versions")
        elif v.etag and v.size_bytes and v.etag in there.etags:
            found.add("the same checksums")
        elif v.key in there.keys:
            found.add("the same keys")
    order = ("the same versions", "the same checksums", "the same keys")
    return next((said for said in order if said in found), "")
