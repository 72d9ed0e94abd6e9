"""What a changed clause would do: to which datasets, how many bytes, and on which days."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from retention.domain.agreement import Agreement
from retention.domain.eligibility import Assessment, Phase
from retention.domain.knowledge import Ground
from retention.domain.term import Term
from retention.ports.catalogue import Catalogue
from retention.ports.ledger import Ledger
from retention.steps.effects import Effect, effects
from retention.steps.registers import Registers


class Consequence(StrEnum):
    """What becomes of a dataset, worst first: the first that fits is said."""

    OVERDUE = "overdue at once"
    DUE = "due at once"
    OPENS = "review opens at once"
    CONFLICT = "in conflict"
    UNCLASSIFIED = "no longer claimed by any class"
    CLAIMED = "claimed by a class"
    STOPS = "no longer eligible"
    EARLIER = "earlier"
    LATER = "later"
    OTHERWISE = "changed otherwise"


@dataclass(frozen=True, slots=True)
class Difference:
    """One dataset that a change would touch."""

    consequence: Consequence
    effect: Effect


def differences(
    old: Agreement, new: Agreement, *, catalogue: Catalogue, ledger: Ledger, on: date
) -> Iterator[Difference]:
    """Yield every known dataset that would stand otherwise if *new* governed in place of *old*.

    Both are taken to be in force on the day *on*: the question is what the clause would do.
    """
    registers = Registers.read(ledger)
    before, after = (_as_if_in_force(registers, each, on) for each in (old, new))
    for effect in effects(before, after, catalogue=catalogue, on=on):
        if effect.changes:
            yield Difference(_consequence(effect), effect)


def _as_if_in_force(registers: Registers, agreement: Agreement, on: date) -> Ground:
    begun = agreement.in_force_from
    governing = agreement if begun is None else replace(agreement, in_force_from=min(begun, on))
    until = agreement.in_force_until
    return registers.ground(Term(agreement.reference, governing, begun, until, ()))


def _consequence(effect: Effect) -> Consequence:
    before, after = effect.before, effect.after
    became = (
        (Consequence.OVERDUE, after.overdue and not before.overdue),
        (Consequence.CONFLICT, after.conflict and not before.conflict),
        (Consequence.UNCLASSIFIED, _is_unclaimed(after) and not _is_unclaimed(before)),
        (Consequence.CLAIMED, _is_unclaimed(before) and not _is_unclaimed(after)),
        (Consequence.DUE, after.due and not before.due),
        (Consequence.OPENS, after.eligible and not before.eligible),
        (Consequence.STOPS, before.eligible and not after.eligible),
    )
    for consequence, fits in became:
        if fits:
            return consequence
    was, would = _key(before), _key(after)
    if was is None or would is None or was == would:
        return Consequence.OTHERWISE
    return Consequence.EARLIER if would < was else Consequence.LATER


def _is_unclaimed(found: Assessment) -> bool:
    return found.phase is Phase.UNCLASSIFIED


def _key(found: Assessment) -> date | None:
    """Return the day that people plan by: from when it may go, or by when it must be gone."""
    return None if found.days is None else found.days.due_on or found.days.destroy_by
