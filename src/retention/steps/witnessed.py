"""Who answered under a pause key: the gate's record of it, found on the ledger and checked.

A ledger row alone proves nothing, for workers write rows: only the gate's signature does.
"""

from collections.abc import Callable, Mapping

from retention.domain.approval import stream_about
from retention.domain.canonical import Json
from retention.domain.entry import Entry, Record
from retention.errors import AnswerError
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.seal import Checks
from retention.steps.authorise import is_of, signature_holds

Patience = Callable[[Callable[[], Record | None]], Record | None]


def witnessed(
    about: str,
    key: str,
    answer: Mapping[str, Json],
    *,
    ledger: Ledger,
    evidence: Evidence,
    gate: Checks,
    patience: Patience,
) -> Record:
    """Return the gate's signed record that somebody gave *answer* under the pause *key*.

    *about* is what the question was about; *patience* waits for the record, within bounds.
    Raises AnswerError if there is none, if it is of another answer, or if nobody signed it; and
    EvidenceError if the salt of its digest is not kept any more.
    """

    def look() -> Record | None:
        return _newest_under(key, about, ledger, gate)

    signed = patience(look)
    if signed is None:
        raise AnswerError(
            "the gate did not witness this answer", hint="log in as yourself and answer again"
        )
    if not is_signed(signed, about, gate):
        raise AnswerError("the gate's signature does not hold", hint="answer again")
    if not is_of(signed, answer, evidence):
        raise AnswerError("the answer is not the one that the gate witnessed", hint="answer again")
    return signed


def is_signed(record: Record, about: str, gate: Checks) -> bool:
    """Tell whether the gate signed a record about this; a row that cannot be read is not signed."""
    try:
        return signature_holds(record, about, gate)
    except (TypeError, ValueError):
        return False


def _newest_under(key: str, about: str, ledger: Ledger, gate: Checks) -> Record | None:
    """Return the newest answer under *key*: one that is signed, if there is any."""
    found = [
        r
        for r in ledger.stream(stream_about(about))
        if r.kind is Entry.SIGNED and r.facts["pause_key"] == key
    ]
    newest = found[-1] if found else None
    return next((r for r in reversed(found) if is_signed(r, about, gate)), newest)
