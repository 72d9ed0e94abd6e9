"""Read the ledger, daily: bring every dataset to its day, start what may move, tell controllers."""

from prefect import flow

from flows.attempt import attempted
from retention import wiring


@attempted
def move(_all: str) -> None:
    """Spend what lapsed, and bring every dataset to where the clock says it is."""
    wiring.compose().advance()


@attempted
def tell(_all: str) -> None:
    """Tell controllers of what became eligible."""
    wiring.compose().notify()


@attempted
def close(_all: str) -> None:
    """Destroy the keys of manifests whose day has passed."""
    wiring.compose().close_manifests()


@flow(name="advance", persist_result=False)
def advance() -> None:
    """Advance.  Safe to run again: what is already at work is not started twice."""
    move("all")
    wiring.compose().hand_on()  # before the letters: a dead mail server holds up no disposal
    closed = close("all", return_state=True)  # a key that does not go holds up no letter
    tell("all")
    closed.result()
    wiring.compose().unattended.note_ran("advance")
