"""What is shown by a reference and no file: whatever people recorded in the browser."""

from retention.domain.entry import Entry
from retention.ports.ledger import Ledger


def by_reference(ledger: Ledger) -> frozenset[str]:
    """Return the digests of evidence that is a reference and words: no file was brought."""
    return frozenset(r.text("evidence") for r in ledger.of_kind(Entry.ACTED))


def shown_by(evidence: str, references: frozenset[str]) -> str:
    """Return in words what shows something: a file, or a reference to one that nobody brought."""
    return "a reference, no file" if evidence in references else "a file"
