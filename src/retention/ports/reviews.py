"""Where the review of a proposal runs, so that a mail can lead there."""

from typing import Protocol


class Reviews(Protocol):
    """Something that knows the runs that ask people.

    Laws: it only looks; the newest run about a proposal counts; whoever cannot be asked, or knows
    none, is no fault: a mail then leads to the list of runs.
    """

    def run_of(self, proposal: str) -> str:
        """Return the id of the newest run that asks about *proposal*; "" if none is known."""
        ...
