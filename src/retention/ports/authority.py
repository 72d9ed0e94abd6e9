"""Whether a disposal may go on: approval, holds, stop and day, read afresh at every asking."""

from typing import Protocol

from retention.domain.approval import Approval
from retention.domain.manifest import Manifest


class Authority(Protocol):
    """The one place that no path to destruction goes round."""

    def require(self, approval: Approval, manifest: Manifest, *, begun: bool) -> None:
        """Return if *manifest* may go on being destroyed under *approval* at this moment.

        Laws: nothing is remembered between two askings; whatever cannot be read is a no.
        Raises NotAuthorisedError, HeldError, NotDueError or StaleError; *begun* says that the
        first intent is on the ledger, after which new arrivals no longer void the approval.
        """
        ...
