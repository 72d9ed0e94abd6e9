"""What goes wrong between a request and a page, before it is known what it is to the reader."""

from retention.errors import StoreError


class UnreadableError(Exception):
    """A body that is no whole XML, or none that a store writes; the next one may be.

    It says nothing: whatever was in the body may be a key.
    """


class PassingError(Exception):
    """No answer came, or not the whole of it; its text is a plain word for what failed."""


class StoppedError(Exception):
    """Nobody waits for the answer any more."""


def broken(what: str) -> StoreError:
    """Return what to raise when a listing contradicts itself."""
    return StoreError(
        f"the listing cannot be relied on: {what}",
        hint="nothing was concluded from it; list again; if it stays so, ask the store's keeper",
    )
