"""Report the last whole month to those who answer for it: asked daily, written once a month.

So that a report that could not be written or sent on its day is, on the next.
"""

from prefect import flow

from flows.attempt import attempted
from retention import wiring
from retention.adapters.prefect.shown import show_page


@attempted
def tell(_all: str) -> None:
    """Write the report, send it, and show it."""
    show_page("monthly-report", wiring.compose().unattended.report())


@flow(name="report", persist_result=False)
def report() -> None:
    """Report.  Safe to run again: a month has one report."""
    tell("all")
    wiring.compose().unattended.note_ran("report")
