"""A memory of the ledger that whoever restores the ledger does not restore with it."""

from typing import Protocol

from retention.ports.ledger import Checkpoint


class Witness(Protocol):
    """Keeps the newest checkpoint, so that a ledger of yesterday is noticed.

    Laws: of all that were noted by any process, the one over the most entries is read; noting an
    older one changes nothing; what cannot be read raises StoreError, and is never *none*.
    """

    def note(self, checkpoint: Checkpoint) -> None:
        """Keep *checkpoint*, unless one over more entries is kept already."""
        ...

    def newest(self) -> str | None:
        """Return the note of the one over the most entries; None if none was ever noted."""
        ...
