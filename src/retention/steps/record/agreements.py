"""Write down that a version of an agreement is in force."""

from retention.domain.agreement import Agreement
from retention.domain.entry import Draft, Entry, Fact
from retention.errors import RefusedError
from retention.ports.ledger import Ledger
from retention.steps.registers import events_stream


def record_agreement(agreement: Agreement, *, ledger: Ledger) -> None:
    """Write the digest of a version that is in force; refuse one that was edited since.

    Safe to run again: a version is written once.
    Raises RefusedError if the file of this version has another digest than when it came into force,
    or if a later one came into force and is not there any more: what it replaced governs no more.
    """
    stream = events_stream(agreement.reference)
    written = [r for r in ledger.stream(stream) if r.kind is Entry.AGREEMENT]
    newest = max((r.number("version") for r in written), default=agreement.version)
    if newest > agreement.version:
        raise RefusedError(
            f"{agreement.reference} v{newest} came into force, and its file is gone",
            hint=f"restore the file: v{agreement.version} does not govern any more",
        )
    for r in written:
        if r.number("version") == agreement.version:
            if r.text("digest") != agreement.digest:
                raise RefusedError(
                    f"{agreement.reference} v{agreement.version} was edited while in force",
                    hint="restore the file, and write the change as a new version",
                )
            return
    facts: dict[str, Fact] = {
        "agreement": agreement.reference,
        "version": agreement.version,
        "digest": agreement.digest,
    }
    ledger.append(Draft(stream, Entry.AGREEMENT, facts))
