"""Freeze what is due, weekly, under one digest for people to decide on."""

from prefect import flow

from flows.attempt import attempted
from retention import wiring


@attempted
def freeze(_all: str) -> None:
    """Notify, and freeze the manifests of what may be decided."""
    wiring.compose().propose()


@flow(name="propose", persist_result=False)
def propose() -> None:
    """Propose what is due.

    Safe to run again: what is already proposed is not proposed twice.
    """
    freeze("all")
    wiring.compose().hand_on()
    wiring.compose().unattended.note_ran("propose")
