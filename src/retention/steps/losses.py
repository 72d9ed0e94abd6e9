"""Raise what a survey no longer sees of a dataset that nobody has disposed of.

A whole store may look full while one dataset in it is gone, or hidden behind delete markers: what
counts is data versions, place by place.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from retention.domain.floor import looks_empty
from retention.domain.incident import IncidentKind
from retention.domain.store import Spot
from retention.ports.catalogue import Catalogue, Run
from retention.ports.ledger import Ledger
from retention.steps.expected import MAY_BE_GONE
from retention.steps.incidents import raise_incident
from retention.steps.moves import state_of

_BACKUP: Final = "backup"  # ages out by itself


def raise_losses(
    run: Run, spots: Sequence[Spot], catalogue: Catalogue, ledger: Ledger, *, on: date
) -> None:
    """Raise each copy of which next to nothing is left: missing, or shrunk.

    Safe to run again: an incident is written once.
    """
    personal = {
        (spot.agreement.reference, spot.class_name)
        for spot in spots
        if spot.agreement.class_named(spot.class_name).is_personal
    }
    for each in catalogue.losses(run):
        if each.kind == _BACKUP or not looks_empty(each.now, each.before):
            continue
        if state_of(ledger, each.dataset) in MAY_BE_GONE:
            continue
        gone = each.kind == "primary" and not each.now
        reference, class_name, *_ = each.dataset.split("/")
        raise_incident(
            ledger,
            IncidentKind.MISSING if gone else IncidentKind.SHRUNK,
            each.dataset,
            noticed_on=on,
            personal=(reference, class_name) in personal,
            began_on=on,
        )
