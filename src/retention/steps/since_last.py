"""What changed of a dataset since people were last asked about it, counted as it is frozen anew.

A drifted or lapsed list comes back as a fresh one: whoever decided on the last sees at once what
is different.  Only counts are kept, for the keys stay in the manifests.
"""

from collections.abc import Iterator
from contextlib import suppress

from retention.domain.case import Case
from retention.domain.entry import Entry
from retention.domain.manifest import Manifest, Row, rows_of
from retention.domain.proposal import Item
from retention.errors import EvidenceError
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.steps.cases import decided_case_of, read_proposal


def since_last(manifest: Manifest, ledger: Ledger, evidence: Evidence) -> dict[str, str]:
    """Return how *manifest* differs from the last one of its dataset; {} if it is the first.

    The keys are mark, why (the last list was spent), added, gone and changed; the three counts
    are "" where the last manifest cannot be read any more.
    """
    last = _last(manifest.dataset, ledger, evidence)
    if last is None:
        return {}
    case, item, mark = last
    why = "" if case.spent is None else case.spent.text("why")
    counts = dict.fromkeys(("added", "gone", "changed"), "")
    with suppress(EvidenceError):  # its key is destroyed, or it is damaged: today's is what counts
        counts = {name: str(n) for name, n in _counted(item.manifest, manifest, evidence).items()}
    return {"mark": mark, "why": why, **counts}


def _last(dataset: str, ledger: Ledger, evidence: Evidence) -> tuple[Case, Item, str] | None:
    found = None
    for record in ledger.of_kind(Entry.PROPOSED):
        case = decided_case_of(ledger, record.text("proposal"))
        proposal = read_proposal(case, evidence)
        for item in proposal.items:
            if item.manifest.dataset == dataset:
                found = case, item, proposal.mark
    return found


def _counted(before: Manifest, after: Manifest, evidence: Evidence) -> dict[str, int]:
    """Count what differs, by one pass over both: *changed* is the same version with other content.

    Raises EvidenceError if either cannot be read whole.
    """
    counts = dict.fromkeys(("added", "gone", "changed"), 0)
    was, now = _rows(before, evidence), _rows(after, evidence)
    old, new = next(was, None), next(now, None)
    while old is not None or new is not None:
        if new is None or (old is not None and old < new):
            counts["gone"] += 1
            old = next(was, None)
        elif old is None or new < old:
            counts["added"] += 1
            new = next(now, None)
        else:
            counts["changed"] += old.version.etag != new.version.etag
            old, new = next(was, None), next(now, None)
    return counts


def _rows(manifest: Manifest, evidence: Evidence) -> Iterator[Row]:
    yield from rows_of(evidence.lines(manifest.pack), manifest.root)
