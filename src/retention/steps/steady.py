"""An authority that need not read again what cannot have changed.

Entries are never changed: while every stream that a yes follows from is as long as it was, on the
same day, and the agreements and people are those that were read, reading all of it again gives the
same yes.  Two questions to the ledger tell: one that is
smaller than it was is another ledger.  The intent, which is a compare-and-set on the same streams,
tells once more in the transaction that writes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

from retention.domain.approval import Approval
from retention.domain.manifest import Manifest
from retention.ports.authority import Authority
from retention.ports.clock import Clock
from retention.ports.ledger import Ledger

_Asked = tuple[str, str, str, bool, bool]


@dataclass(slots=True)
class SteadyAuthority:
    """Fits ``ports.authority.Authority``, over one that reads everything at every asking.

    *edition* returns what tells one reading of agreements and people from another: they are files,
    and no entry says that somebody left.  What it raises is a no.
    """

    fresh: Authority
    ledger: Ledger
    clock: Clock
    edition: Callable[[], object]
    yes: dict[_Asked, tuple[date, object, Mapping[str, int]]] = field(default_factory=dict)
    largest: int = 0  # of entries that the ledger was seen to hold
    lock: Lock = field(default_factory=Lock)

    def require(
        self, approval: Approval, manifest: Manifest, *, begun: bool, seen_gone: bool = False
    ) -> Mapping[str, int]:
        """Return if *manifest* may go on being destroyed under *approval*; see the port's laws."""
        asked = (approval.proposal, approval.roots_digest, manifest.root, begun, seen_gone)
        today, edition = self.clock.today(), self.edition()
        self._forget_if_restored()
        if (known := self.yes.get(asked)) is not None:
            *said_on, ground = known
            if said_on == [today, edition] and self.ledger.lengths(list(ground)) == ground:
                return ground
        ground = self.fresh.require(approval, manifest, begun=begun, seen_gone=seen_gone)
        self.yes[asked] = today, edition, ground
        return ground

    def _forget_if_restored(self) -> None:
        with self.lock:  # lanes that look one after another never see it shrink
            size = self.ledger.size()
            if size < self.largest:
                self.yes.clear()
            self.largest = size
