"""What people recorded, read from the ledger: events, holds and instructions."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from retention.domain.events import EventBook, events_in
from retention.domain.hold import HoldBook, holds_in
from retention.domain.instruction import (
    Instruction,
    InstructionBook,
    InstructionVerb,
    instructions_in,
)
from retention.domain.knowledge import Ground
from retention.domain.term import Term
from retention.errors import NotAuthorisedError
from retention.ports.ledger import Ledger
from retention.ports.library import Library

HOLDS: Final = "holds"


def events_stream(reference: str) -> str:
    """Return the name of the stream of one agreement's versions, events and instructions."""
    return f"agreement:{reference}"


@dataclass(frozen=True, slots=True)
class Registers:
    """The registers as they stood when they were read; the ledger stays behind them."""

    ledger: Ledger
    holds: HoldBook

    @classmethod
    def read(cls, ledger: Ledger) -> Self:
        """Read the holds now; each agreement's events follow when its ground is asked for."""
        return cls(ledger, HoldBook.of(holds_in(ledger.stream(HOLDS))))

    def ground(self, term: Term) -> Ground:
        """Return all that may be looked at to assess the datasets of one agreement."""
        records = self.ledger.stream(events_stream(term.reference))
        return Ground(
            term,
            EventBook.of(term.reference, events_in(records)),
            self.holds,
            InstructionBook.of(i for i in instructions_in(records) if _says_so_still(i, term)),
        )


def _says_so_still(each: Instruction, term: Term) -> bool:
    """Tell whether an instruction is about what the version in force says.

    What confirms a short minimum confirms that one, and not one that is shorter still.
    """
    if each.verb != InstructionVerb.CONFIRM_SHORTER or term.governing is None:
        return True
    kinds = [kind for kind in term.governing.classes if kind.name == each.class_name]
    return all(kind.minimum_mark == each.to for kind in kinds)


def term_of(library: Library, reference: str, on: date) -> Term:
    """Return the term of one agreement; raise NotAuthorisedError if no version governs on *on*."""
    for term in library.terms(on):
        if term.reference == reference and term.governing is not None:
            return term
    raise NotAuthorisedError(f"no agreement {reference} is in force", hint="look at policies/")
