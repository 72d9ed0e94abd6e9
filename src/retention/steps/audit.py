"""Prove the whole ledger, and that it is the one whose checkpoints were noted outside it.

A ledger that does not prove itself is told to people by mail as well: what stands on it may not be
believed any more, and nobody may have looked at the run that failed.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from retention.domain.incident import IncidentKind
from retention.domain.roles import DPO, MANAGER
from retention.errors import LedgerBrokenError, RetentionError
from retention.ports.courier import Courier, Letter
from retention.ports.ledger import Checkpoint, Ledger
from retention.ports.library import Library
from retention.steps.incidents import raise_incident

LEDGER = "ledger"  # what an incident about all of it is about


class Witness(Protocol):
    """The part of ``ports.witness.Witness`` that an audit takes."""

    def note(self, checkpoint: Checkpoint) -> None:
        """Keep *checkpoint*."""
        ...

    def newest(self) -> str | None:
        """Return the newest note, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Auditing:
    """The ports that an audit takes; the courier is composed only if there is something to say."""

    ledger: Ledger
    witness: Witness
    library: Library
    courier: Callable[[], Courier]
    today: date


@dataclass(frozen=True, slots=True)
class Audited:
    """What was proved: how many entries, whether against a checkpoint kept outside, the new one."""

    entries: int
    continued: bool
    checkpoint: Checkpoint

    @property
    def page(self) -> str:
        """It as a page, in Markdown."""
        outside = (
            "It continues the newest checkpoint that was noted outside it."
            if self.continued
            else "No checkpoint was noted outside it before: this is the first."
        )
        return (
            f"# The ledger proves itself\n\n{self.entries:,} entries, each what its leaf says, "
            f"all under one root. {outside}\n\n"
            f"The new checkpoint, noted outside:\n\n```\n{self.checkpoint.note}```\n"
        )


def audit(ports: Auditing) -> Audited:
    """Check every entry, note a checkpoint outside, and return what was proved.

    Raises LedgerBrokenError for a ledger that does not prove itself, once people were told.
    Safe to run again: it looks, and an incident is raised once.
    """
    try:
        return _prove(ports)
    except LedgerBrokenError as broken:
        _tell(str(broken), ports)
        raise


def _prove(ports: Auditing) -> Audited:
    outside = ports.witness.newest()
    if outside is not None:
        ports.ledger.require_continued(outside)
    entries = ports.ledger.audit()
    checkpoint = ports.ledger.checkpoint()
    ports.witness.note(checkpoint)
    return Audited(entries, outside is not None, checkpoint)


def _tell(what: str, ports: Auditing) -> None:
    """Raise an incident and write to those who must look; what fails here hides nothing."""
    with suppress(RetentionError):  # it is broken: it may take nothing more
        kind = IncidentKind.LEDGER_BROKEN
        raise_incident(ports.ledger, kind, LEDGER, noticed_on=ports.today, personal=False)
    body = (
        f"The weekly audit of the ledger says:\n\n  {what}\n\n"
        "What stands on the ledger may not be believed until somebody has found out why. Nothing "
        "is destroyed meanwhile. Keep a copy of the database as it is, run `retention ledger "
        "audit`, and compare with the newest checkpoint and the last backup: "
        "infra/runbooks/unattended.md says how.\n"
    )
    with suppress(
        RetentionError
    ):  # the agreements may be at fault, too: the run fails all the same
        courier = ports.courier()
        for person in ports.library.people():
            if {DPO, MANAGER} & set(person.roles) and person.email:
                with suppress(RetentionError):  # one mailbox holds up no other
                    courier.send(Letter([person.email], "The ledger does not prove itself", body))
