"""Incidents: something for the data protection officer to assess; nobody outside is told by itself.

One for each (kind, dataset generation): the second noticing adds nothing.
"""

from datetime import date

from retention.domain.entry import Draft, Entry, Fact
from retention.ports.ledger import Ledger
from retention.steps.moves import stream_of


def raise_incident(
    ledger: Ledger, kind: str, dataset: str, *, noticed_on: date, personal: bool
) -> None:
    """Write an incident of *kind*; *personal* marks a possible personal data breach.

    Safe to run again: the same incident is written once.
    """
    stream = stream_of(dataset)
    known = {r.text("incident") for r in ledger.stream(stream) if r.kind is Entry.INCIDENT}
    if kind not in known:
        facts: dict[str, Fact] = {
            "incident": str(kind),  # the word, and no member of an enum
            "dataset": dataset,
            "noticed_on": noticed_on.isoformat(),
            "personal": int(personal),
        }
        ledger.append(Draft(stream, Entry.INCIDENT, facts))
