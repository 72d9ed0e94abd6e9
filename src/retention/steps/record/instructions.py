"""Recorded instructions of parties: to extend, return or reclassify, and to keep for shorter.

On a processor's data nothing of this happens without one.  Where we are the controller ourselves,
the decision is that of our own people: it is recorded in the same way, from the controller that
the agreement names, by whoever keeps the schedule or answers for the data.
Source: ``clock.md``, rulings 9 and 16; UK GDPR, article 28(3)(a).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from retention.domain.agreement import Agreement, Extensions, RetentionClass
from retention.domain.clock import Days
from retention.domain.dataset import DatasetId
from retention.domain.disposition import MOVES, Event, State
from retention.domain.eligibility import assess
from retention.domain.entry import Draft, Entry
from retention.domain.instruction import Instruction, InstructionVerb
from retention.domain.knowledge import Ground
from retention.domain.roles import Act, require
from retention.domain.term import Term
from retention.domain.words import long_day, period_words
from retention.errors import AgreementError, RefusedError
from retention.steps.moves import planned, state_of, stream_of
from retention.steps.preview import Supposed, changed
from retention.steps.record import naming
from retention.steps.record.planned import Bare, Planned, Recording, Why, seen
from retention.steps.record.reviews import review_words
from retention.steps.registers import Registers, events_stream
from retention.views.preview import Preview

_EXTENDED = frozenset(MOVES[Event.EXTEND])
_BEFORE_DISPOSAL = _EXTENDED | {
    State.UNCLASSIFIED,
    State.AWAITING_TRIGGER,
    State.RETAINED,
}


@dataclass(frozen=True, slots=True)
class Said:
    """What a party says of a dataset, or of a class: one verb, and what belongs to it."""

    target: str  # the id of a dataset, or REF/CLASS
    verb: InstructionVerb
    controller: str
    signed_on: date
    until: date | None = None
    to: str = ""
    moves_maximum: bool = False


def plan_instruction(said: Said, *, why: Why, ports: Recording) -> Planned:
    """Plan to record what a party instructs in writing.

    Raises AgreementError for a dataset, class or party that is none, or one that may not instruct
    this; RefusedError, with the clause and the limit, for what the agreement does not allow.
    """
    require(Act.RECORD_INSTRUCTION, why.by)
    expect = seen(ports, [said.target.partition("/")[0]])
    term, kind, dataset = _target(said, ports)
    agreement = term.governing
    assert agreement is not None
    naming.signed_day(said.signed_on, ports.today)
    before = Registers.read(ports.ledger).ground(term)
    _require_allowed(said, agreement, kind, dataset, before, ports)
    instruction = _instruction(said, agreement, kind, dataset, why, ports)
    after = replace(before, instructions=before.instructions.supposing(instruction))
    changes = tuple(changed(Supposed(before, after).effects(ports.catalogue, ports.today)))
    follows, notes = list[Draft](), list(_notes(said, dataset, after, ports))
    if dataset is not None:
        # What had not begun when it was shown must not have begun when it is written.
        name = str(dataset)
        expect[stream_of(name)] = len(ports.ledger.stream(stream_of(name)))
        if said.verb is InstructionVerb.EXTEND and state_of(ports.ledger, name) in _EXTENDED:
            follows.append(planned(ports.ledger, name, Event.EXTEND, held=())[0])
    notes += review_words((each.dataset for each in changes), ports)
    preview = Preview(_title(said, instruction), changes, tuple(notes))
    act = _bare(instruction, why)
    return Planned(preview, (act,), expect, tuple(follows), result=instruction.id)


def _target(said: Said, ports: Recording) -> tuple[Term, RetentionClass, DatasetId | None]:
    """Return the agreement, the class, and the dataset if it is about one."""
    reference, _, rest = said.target.partition("/")
    term, agreement = naming.term_named(ports, reference)
    of_class = said.verb in {InstructionVerb.RETURN, InstructionVerb.CONFIRM_SHORTER}
    if rest and "/" not in rest and of_class:
        return term, naming.class_named(agreement, rest), None
    if said.verb is InstructionVerb.CONFIRM_SHORTER:
        raise AgreementError(
            "a shorter period is confirmed for a whole class", hint="name it as REF/CLASS"
        )
    term, kind, dataset = naming.dataset_named(ports, said.target)
    naming.require_surveyed(dataset, naming.Known(ports))
    state = state_of(ports.ledger, said.target)
    if state not in _BEFORE_DISPOSAL:
        raise RefusedError(
            f"it stands at {state.value}: its disposal has begun, or is over",
            hint="record what the party wants on paper, and tell the DPO",
        )
    return term, kind, dataset


def _require_allowed(
    said: Said,
    agreement: Agreement,
    kind: RetentionClass,
    dataset: DatasetId | None,
    before: Ground,
    ports: Recording,
) -> None:
    match said.verb:
        case InstructionVerb.EXTEND:
            assert dataset is not None
            _require_extension(said, agreement, kind, dataset, before, ports)
        case InstructionVerb.RECLASSIFY:
            naming.class_named(agreement, said.to)
            if said.to == kind.name:
                raise RefusedError("it is of that class already", hint="name another class")
        case InstructionVerb.CONFIRM_SHORTER if not kind.shorter_than:
            raise RefusedError(
                f"{agreement.reference}/{kind.name} is not shorter than its schedule",
                hint="nothing is to be confirmed: `retention check` warns of what is",
            )
    if said.verb is not InstructionVerb.EXTEND:
        values = {} if dataset is None else dataset.values
        own = kind.controllers_of(values) or agreement.controllers
        allowed = agreement.instructions_from or own
        otherwise = f"that party may not instruct to {said.verb.value} this, under {_clause(kind)}"
        naming.party_named(ports, said.controller, allowed, otherwise)


def _require_extension(
    said: Said,
    agreement: Agreement,
    kind: RetentionClass,
    dataset: DatasetId,
    before: Ground,
    ports: Recording,
) -> None:
    """Refuse an extension by the wrong party, of nothing, too far, or once too often.

    Source: ``clock.md``, ruling 9; the limits are the agreement's own.
    """
    assert said.until is not None
    allowed = None if agreement.disposal is None else agreement.disposal.extension
    if allowed is None:
        raise RefusedError(
            f"{agreement.reference} allows no extension",
            hint="its [disposal] has no `extension`: a longer period is a new version",
        )
    owners = {duty.owner for duty in kind.also}
    otherwise = f"that party may not extend this, under {_clause(kind)}"
    naming.party_named(ports, said.controller, {*allowed.by, *owners}, otherwise)
    made = len(before.instructions.extensions(str(dataset)))
    if made >= allowed.times:
        raise RefusedError(
            f"it was extended {made} times, and {agreement.reference} allows {allowed.times}",
            hint=f"{_clause(kind)}: a longer period is a new version of the agreement",
        )
    found = assess(dataset, before, on=ports.today)
    if found.days is None or found.timeline is None or not found.timeline.minimum_known:
        raise RefusedError(
            "nothing has started its clock yet: there is no day to extend",
            hint="record the event that does: `retention due` says which it waits for",
        )
    _require_limit(said.until, _extended(found.days), allowed, kind)


def _require_limit(until: date, base: date, allowed: Extensions, kind: RetentionClass) -> None:
    if until <= base:
        raise RefusedError(
            f"it is kept through {long_day(base)} as it is",
            hint="an extension ends on a later day; a shorter period is a new version",
        )
    most = allowed.longest.after(base)
    if until > most:
        raise RefusedError(
            f"that is more than {period_words(allowed.longest)} after {long_day(base)}",
            hint=f"{_clause(kind)} with the agreement's limit: through {long_day(most)} at most",
        )


def _extended(days: Days) -> date:
    """Return the day that an extension moves: of a class with a maximum alone, the last of it."""
    base = days.retained_through or days.destroy_by
    assert base is not None
    return base


def _instruction(
    said: Said,
    agreement: Agreement,
    kind: RetentionClass,
    dataset: DatasetId | None,
    why: Why,
    ports: Recording,
) -> Instruction:
    records = ports.ledger.stream(events_stream(agreement.reference))
    number = sum(r.kind is Entry.INSTRUCTION for r in records) + 1
    return Instruction(
        id=f"I-{number:04d}",
        verb=said.verb.value,
        reference=agreement.reference,
        class_name=kind.name,
        dataset="" if dataset is None else str(dataset),
        controller=said.controller,
        signed_on=said.signed_on,
        until=said.until,
        to=kind.minimum_mark if said.verb is InstructionVerb.CONFIRM_SHORTER else said.to,
        moves_maximum=said.moves_maximum,
        by=why.by.id,
    )


def _bare(each: Instruction, why: Why) -> Bare:
    return Bare(
        events_stream(each.reference),
        Entry.INSTRUCTION,
        {
            "instruction": each.id,
            "verb": each.verb,
            "agreement": each.reference,
            "class": each.class_name,
            "dataset": each.dataset,
            "until": "" if each.until is None else each.until.isoformat(),
            "to": each.to,
            "moves_maximum": int(each.moves_maximum),
            "controller": each.controller,
            "signed_on": each.signed_on.isoformat(),
        },
        why,
    )


def _title(said: Said, each: Instruction) -> str:
    too = ", and its maximum moves with it" if said.moves_maximum else ""
    until = "" if said.until is None else long_day(said.until)
    what = {
        InstructionVerb.EXTEND: f"keep it through {until}{too}",
        InstructionVerb.RETURN: "return it, and not destroy it here",
        InstructionVerb.RECLASSIFY: f"treat it as {said.to}",
        InstructionVerb.CONFIRM_SHORTER: "keep it for shorter than the schedule says",
    }[said.verb]
    return (
        f"Record {each.id}: {said.controller} instructs us, on {said.target}, to {what}; signed on "
        f"{long_day(said.signed_on)}."
    )


def _notes(said: Said, dataset: DatasetId | None, after: Ground, ports: Recording) -> Iterator[str]:
    if said.verb in {InstructionVerb.RETURN, InstructionVerb.RECLASSIFY}:
        yield "From now on it is not proposed for destruction here; people carry the rest out."
    if dataset is None or said.verb is not InstructionVerb.EXTEND:
        return
    found = assess(dataset, after, on=ports.today)
    if found.conflict:
        yield (
            "Its minimum would then end after its maximum, a conflict that people decide: say "
            "--moves-maximum if the instruction says that it may exist for longer, too."
        )
    overdue = None if found.timeline is None else found.timeline.overdue_between
    if overdue is not None:
        yield (
            f"It was signed after the day by which it must be gone: from {long_day(overdue[0])} to "
            f"{long_day(overdue[1])} it was over-retained, and that incident stands."
        )


def _clause(kind: RetentionClass) -> str:
    return f"clause {kind.clause}" if kind.clause else f"the class {kind.name}"
