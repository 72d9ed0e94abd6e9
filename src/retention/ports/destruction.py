"""The only ports that can end anything.

Only ``steps.destroy`` and ``steps.destroy_keys`` may import them.  Neither port lists: whoever
destroys is not the one who looks.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from retention.domain.dataset import Answer, ObjectVersion
from retention.domain.erasure import KeyAnswer


class Destroys(Protocol):
    """A store whose contents can be destroyed."""

    def destroy(
        self, place: str, versions: Sequence[ObjectVersion]
    ) -> Mapping[ObjectVersion, Answer]:
        """Destroy exactly *versions* in *place* for good, and say what the store answered to each.

        Laws: one answer for each version asked and for no other; no answer is UNKNOWN and never
        TAKEN; what befalls one is its own answer, never an exception for all; in no particular
        order; safe to repeat; no lock is lifted, shortened or bypassed; nothing new is left
        behind, not even a delete marker; a version without an id, or outside *place*, is refused
        unasked; an unfinished upload is aborted by its own id; no versions, no call.
        """
        ...


class DestroysKeys(Protocol):
    """A key service whose keys can be destroyed, and with them all that they encrypt."""

    def destroy_key(self, arn: str, *, window_days: int) -> KeyAnswer:
        """Order the end of one key, by its own ARN, after a waiting period of 7 to 30 days.

        Laws: TAKEN means that the service accepted the order, that the key is unusable from now
        on, and that it can be recovered until *gone_at*; one that is pending already is NOT_ASKED
        for again, and *gone_at* is told: whose order that was is for the ledger to say; a key that
        others may use, that was imported, or that lies elsewhere too is REFUSED, for its end here
        would prove nothing or end what no one approved; what cannot be told of it is a refusal; an
        alias, or another period, is REFUSED unasked; no answer is UNKNOWN; safe to repeat.
        """
        ...
