"""List every store, nightly: what is there, what no agreement claims, what could not be read."""

from prefect import flow

from flows.attempt import attempted
from retention import wiring


@attempted
def listing(_all: str) -> None:
    """List the stores of every agreement."""
    work = wiring.compose()
    work.survey(work.progress)


@flow(name="survey", persist_result=False)
def survey() -> None:
    """Bring the catalogue to date.

    Safe to run again: a survey replaces what stood there as a whole.
    """
    listing("all")
    wiring.compose().hand_on()
