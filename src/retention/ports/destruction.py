"""The only ports that can end anything.  Only ``steps.destroy`` may import them.

Neither lists: whoever destroys is not the one who looks.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from retention.domain.dataset import Answer, ObjectVersion


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
