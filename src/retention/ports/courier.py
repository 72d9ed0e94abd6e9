"""Letters to the outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail; *attachments* are (file name, media type) → content."""

    to: Sequence[str]
    subject: str
    body: str
    attachments: Mapping[tuple[str, str], bytes] = field(default_factory=dict)


class Courier(Protocol):
    """Something that carries letters.

    Laws: returns only when the next mail server has accepted the letter for every recipient;
    otherwise DeliveryError, and it may be sent again.
    """

    def send(self, letter: Letter) -> str:
        """Send *letter* and return the digest of the message as it was handed over."""
        ...
