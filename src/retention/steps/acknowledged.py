"""Which controller acknowledged which certificate, as people recorded it; silence is none.

Its entries stand in streams of their own: no decision and no disposal follows from them.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from retention.domain.entry import Entry, Record
from retention.ports.ledger import Ledger


def acknowledged_stream(number: str) -> str:
    """Return the stream of what is recorded of the certificate *number*."""
    return f"acknowledged:{number}"


def acknowledgements(ledger: Ledger) -> Mapping[tuple[str, str], Record]:
    """Return what stands recorded of every certificate, by its number and controller."""
    kinds = Entry.ACKNOWLEDGED, Entry.ACKNOWLEDGEMENT_RETRACTED
    return acknowledgements_in(ledger.of_kind(*kinds))


def acknowledgements_in(records: Iterable[Record]) -> Mapping[tuple[str, str], Record]:
    """Return what stands of these *records*, by the certificate's number and controller."""
    said: list[Record] = []
    wrong: set[int] = set()
    for r in records:
        if r.kind is Entry.ACKNOWLEDGED:
            said.append(r)
        else:
            wrong.add(r.number("entry"))
    return {(r.text("certificate"), r.text("controller")): r for r in said if r.index not in wrong}


def acknowledged_on(record: Record) -> date:
    """Return the day on which, as a person recorded, a controller acknowledged a certificate."""
    return date.fromisoformat(record.text("on"))
