"""Prove the ledger, weekly, from a pool that has the credential of no store."""

from prefect import flow

from flows.attempt import attempted
from retention import wiring
from retention.adapters.prefect.shown import show_page


@attempted
def prove(_all: str) -> None:
    """Check every entry, compare with the checkpoint outside, note a new one."""
    show_page("ledger-audit", wiring.compose().unattended.audit())


@flow(name="audit", persist_result=False)
def audit() -> None:
    """Audit.  Safe to run again: it looks, and notes how far the ledger is."""
    prove("all")
    wiring.compose().unattended.note_ran("audit")
