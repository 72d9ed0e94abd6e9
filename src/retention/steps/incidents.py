"""Incidents: something for the data protection officer to assess; nobody outside is told by itself.

One for each (kind, dataset generation): the second noticing adds nothing.
"""

from datetime import date

from retention.domain.entry import Draft, Entry, Fact
from retention.domain.incident import Incident, incidents_in
from retention.ports.ledger import Ledger
from retention.steps.moves import stream_of


def raise_incident(
    ledger: Ledger,
    kind: str,
    dataset: str,
    *,
    noticed_on: date,
    personal: bool,
    began_on: date | None = None,
) -> None:
    """Write an incident of *kind*; *personal* marks a possible personal data breach.

    *began_on* is for what can come again: the first day of this time, so that an incident that was
    noticed before it, and closed, does not stand for this one.
    Safe to run again: the same incident is written once.
    """
    draft = incident_draft(
        ledger, kind, dataset, noticed_on=noticed_on, personal=personal, began_on=began_on
    )
    if draft is not None:
        ledger.append(draft)


def incident_draft(
    ledger: Ledger,
    kind: str,
    dataset: str,
    *,
    noticed_on: date,
    personal: bool,
    began_on: date | None = None,
) -> Draft | None:
    """Return the entry of an incident, or None if it is raised already."""
    stream = stream_of(dataset)
    known = [each for each in incidents_in(ledger.stream(stream)) if each.kind == kind]
    if known and (known[-1].is_open or began_on is None or known[-1].noticed_on >= began_on):
        return None
    facts: dict[str, Fact] = {
        "incident": str(kind),
        "dataset": dataset,
        "noticed_on": noticed_on.isoformat(),
        "personal": int(personal),
    }
    return Draft(stream, Entry.INCIDENT, facts)


def every_incident(ledger: Ledger) -> list[Incident]:
    """Return every incident, oldest first, open or closed."""
    return incidents_in(ledger.of_kind(Entry.INCIDENT, Entry.INCIDENT_CLOSED))
