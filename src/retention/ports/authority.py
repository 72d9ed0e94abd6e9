"""Whether a disposal may go on: approval, holds, stop and day, read afresh at every asking."""

from collections.abc import Mapping
from typing import Protocol

from retention.domain.approval import Approval
from retention.domain.manifest import Manifest


class Authority(Protocol):
    """The one place that no path to destruction goes round."""

    def require(
        self, approval: Approval, manifest: Manifest, *, begun: bool, seen_gone: bool = False
    ) -> Mapping[str, int]:
        """Return if *manifest* may go on being destroyed under *approval* at this moment.

        What is returned is how many entries each stream of the ledger holds from which this yes
        follows: whoever acts on it writes the intent only while that is so, and so no hold, stop
        or new version can slip in between the asking and the act.

        Laws: of what was read before nothing counts but what cannot have changed, for entries
        never do; whatever cannot be read is a no.
        Raises NotAuthorisedError, HeldError, NotDueError, TooMuchError or StaleError; and
        EvidenceError where it cannot be told, which stops the run and voids nothing.  *begun* says
        that the first intent is on the ledger, after which new arrivals no longer void it;
        *seen_gone* that the verifier saw all of it gone, and that only its key is to go: then it
        must be so.
        """
        ...
