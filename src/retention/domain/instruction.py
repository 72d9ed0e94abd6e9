"""Recorded instructions of parties: on a processor's data nothing is extended or changed without.

Source: ``clock.md``, rulings 9 and 16; UK GDPR, article 28(3)(a).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Self

from retention.domain.entry import Entry, Record


class InstructionVerb(StrEnum):
    """What a party instructs."""

    EXTEND = "extend"  # one dataset, until a day
    RECLASSIFY = "reclassify"  # one dataset, to another class
    RETURN = "return"  # one dataset or a class: not to be destroyed here
    CONFIRM_SHORTER = "confirm-shorter"  # a class whose minimum is shorter than the schedule's


@dataclass(frozen=True, slots=True)
class Instruction:
    """What one party said in writing, on which day it was signed, and who recorded it."""

    id: str
    verb: str
    reference: str
    class_name: str
    dataset: str  # "" is the whole class
    controller: str
    signed_on: date
    until: date | None = None  # of an extension
    to: str = ""  # the class, of a reclassification; the minimum, of one that is confirmed
    moves_maximum: bool = False  # an extension moves destroy_by only if it says so
    by: str = ""
    evidence: str = ""
    entry: int = -1

    def concerns(self, class_name: str, dataset: str) -> bool:
        """Tell whether it is about this dataset, or about its whole class."""
        return self.class_name == class_name and self.dataset in {"", dataset}


@dataclass(frozen=True, slots=True)
class InstructionBook:
    """The instructions on one agreement: those on datasets by id, those on classes by name."""

    on_dataset: Mapping[str, Sequence[Instruction]] = field(default_factory=dict)
    on_class: Mapping[str, Sequence[Instruction]] = field(default_factory=dict)

    @classmethod
    def of(cls, instructions: Iterable[Instruction]) -> Self:
        """Sort *instructions*, which come in the order of their recording."""
        by_dataset: dict[str, list[Instruction]] = defaultdict(list)
        by_class: dict[str, list[Instruction]] = defaultdict(list)
        for each in instructions:
            if each.dataset:
                by_dataset[each.dataset].append(each)
            else:
                by_class[each.class_name].append(each)
        return cls(dict(by_dataset), dict(by_class))

    def supposing(self, instruction: Instruction) -> Self:
        """Return the book as it would be with *instruction* recorded, too."""
        known = [*self.on_dataset.values(), *self.on_class.values()]
        return self.of([*(each for some in known for each in some), instruction])

    def concerning(self, class_name: str, dataset: str) -> Sequence[Instruction]:
        """Return what was instructed of one dataset, or of its whole class."""
        return (*self.on_dataset.get(dataset, ()), *self.on_class.get(class_name, ()))

    def extensions(self, dataset: str) -> Sequence[Instruction]:
        """Return the extensions of one dataset, oldest first."""
        found = self.on_dataset.get(dataset, ())
        return [each for each in found if each.verb == InstructionVerb.EXTEND]

    def diverting(self, class_name: str, dataset: str) -> Sequence[Instruction]:
        """Return what says that a dataset is to be returned or reclassified and not destroyed."""
        found = self.concerning(class_name, dataset)
        away = {InstructionVerb.RETURN, InstructionVerb.RECLASSIFY}
        return [each for each in found if each.verb in away]

    def confirms_shorter(self, class_name: str) -> bool:
        """Tell whether a party confirmed in writing that a class is kept shorter."""
        found = self.on_class.get(class_name, ())
        return any(each.verb == InstructionVerb.CONFIRM_SHORTER for each in found)


def instructions_in(records: Iterable[Record]) -> list[Instruction]:
    """Return the instructions among *records* that were not retracted, in their order."""
    standing: dict[str, Instruction] = {}
    for r in records:
        if r.kind is Entry.INSTRUCTION:
            standing[r.text("instruction")] = _instruction(r)
        elif r.kind is Entry.INSTRUCTION_RETRACTED:
            standing.pop(r.text("instruction"), None)
    return list(standing.values())


def _instruction(r: Record) -> Instruction:
    return Instruction(
        id=r.text("instruction"),
        verb=r.text("verb"),
        reference=r.text("agreement"),
        class_name=r.text("class"),
        dataset=r.text("dataset"),
        controller=r.text("controller"),
        signed_on=date.fromisoformat(r.text("signed_on")),
        until=date.fromisoformat(r.text("until")) if r.text("until") else None,
        to=r.text("to"),
        moves_maximum=bool(r.number("moves_maximum")),
        by=r.text("by"),
        evidence=r.text("evidence"),
        entry=r.index,
    )
