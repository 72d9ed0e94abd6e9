"""Instructions that were recorded by mistake: retracted, as if they had never been recorded.

A party that changes its mind gives a new instruction; this is for what was never said like that.
What was written stays on the ledger, and any approval that rests on it is void.
"""

from dataclasses import replace

from retention.domain.entry import Entry
from retention.domain.instruction import InstructionBook, instructions_in
from retention.domain.roles import Act, require
from retention.domain.words import long_day
from retention.errors import RefusedError
from retention.steps.preview import Supposed, changed
from retention.steps.record import naming
from retention.steps.record.planned import Bare, Planned, Recording, Why, seen
from retention.steps.record.reviews import review_words
from retention.steps.registers import Registers, events_stream
from retention.views.preview import Preview


def plan_instruction_retraction(
    reference: str, number: str, *, why: Why, ports: Recording
) -> Planned:
    """Plan to retract the instruction *number*, such as I-0001, of one agreement.

    Raises RefusedError if it is not recorded, or was retracted already.
    """
    require(Act.RECORD_INSTRUCTION, why.by)
    expect = seen(ports, [reference])
    term, _ = naming.term_named(ports, reference)
    standing = instructions_in(ports.ledger.stream(events_stream(reference)))
    found = next((each for each in standing if each.id == number), None)
    if found is None:
        raise RefusedError(
            f"no instruction of that number stands for {reference}",
            hint=naming.listed(
                "recorded", [each.id for each in standing], "`retention instruction list`"
            ),
        )
    before = Registers.read(ports.ledger).ground(term)
    rest = InstructionBook.of(each for each in standing if each is not found)
    after = replace(before, instructions=rest)
    changes = tuple(changed(Supposed(before, after).effects(ports.catalogue, ports.today)))
    notes = [
        f"It was recorded by {found.by} as entry {found.entry}: that stays, and counts no more.",
        *review_words((each.dataset for each in changes), ports),
    ]
    preview = Preview(
        f"Retract {found.id} ({found.verb}, {found.controller}, signed on "
        f"{long_day(found.signed_on)}), as if it had never been recorded.",
        changes,
        tuple(notes),
        untouched="It moves no dataset that a survey has seen.",
    )
    facts = {"agreement": reference, "instruction": found.id}
    act = Bare(events_stream(reference), Entry.INSTRUCTION_RETRACTED, facts, why)
    return Planned(preview, (act,), expect, result=found.id)
