"""Documents for people, from data that cannot become markup."""

from collections.abc import Mapping
from typing import Protocol


class Typesets(Protocol):
    """A typesetter for the templates of ``retention.views``."""

    def pdf(self, template: str, data: bytes, attachments: Mapping[str, bytes]) -> bytes:
        """Return a PDF/A-3 and PDF/UA document: the same bytes from the same input.

        *data* is JSON, and is data only: markup in it is printed as text.
        """
        ...
