"""What becomes of a dataset that an approver did not approve: held, extended, asked for, sent back.

Everything that a decision entails is written with it, in one transaction: a hold that somebody
asked for on the form stands from that moment, whatever the other approvers say.

On a processor's data nothing is extended, reclassified or returned without a party's recorded
instruction; where there is none, the verb becomes a question to those who may instruct.
Source: ``clock.md``, ruling 9; UK GDPR, article 28(3)(a).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from retention.domain.agreement import Agreement, OurRole, Person, RetentionClass
from retention.domain.case import Case
from retention.domain.dataset import DatasetId
from retention.domain.decision import Decision, Otherwise, Verb
from retention.domain.disposition import MOVES, Event
from retention.domain.entry import Draft, Entry
from retention.domain.instruction import Instruction, InstructionVerb
from retention.domain.proposal import Item, Proposal
from retention.domain.words import long_day
from retention.errors import AgreementError, AnswerError, RefusedError, TooMuchError
from retention.steps.moves import claimed_since, planned, state_of, stream_of
from retention.steps.record.holds import plan_hold
from retention.steps.record.instructions import Said, plan_instruction
from retention.steps.record.planned import Planned, Recording, Why, words_alone
from retention.steps.record.scopes import Scope
from retention.steps.registers import Registers, term_of

_INSTRUCTED = {
    Verb.EXTEND: InstructionVerb.EXTEND,
    Verb.RECLASSIFY: InstructionVerb.RECLASSIFY,
    Verb.RETURN: InstructionVerb.RETURN,
}


@dataclass(slots=True)
class Entailed:
    """The entries that a decision entails, and how long each stream must be for them to stand."""

    drafts: list[Draft] = field(default_factory=list)
    expect: dict[str, int] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)

    def add(self, each: Planned, ports: Recording) -> None:
        """Add an act as it was planned, after those of its kind that are here already.

        Each is planned as if it were alone: the next one of a kind takes the next number.
        """
        drafts = each.drafts(ports)
        ahead = sum(draft.kind is drafts[0].kind for draft in self.drafts)
        self.drafts += [_renumbered(draft, ahead) for draft in drafts]
        self.expect |= each.expect
        self.moved |= {d.stream for d in drafts if d.kind is Entry.MOVED}


def entailed(
    decision: Decision, proposal: Proposal, case: Case, by: Person, ports: Recording
) -> Entailed:
    """Return what *decision*, given by a person, entails for each dataset that it does not approve.

    Raises AnswerError, naming the number on the list, for what the agreement does not allow.
    """
    found = Entailed()
    for each in decision.exceptions:
        item = proposal.items[each.number - 1]
        try:
            _add(each, item, proposal, by, found, ports)
        except (AgreementError, RefusedError, TooMuchError) as fault:
            raise AnswerError(
                f"number {each.number}: {fault}", hint=fault.hint or "choose another verb for it"
            ) from None
        _send_back(item, case, found, ports)
    return found


def _add(
    each: Otherwise,
    item: Item,
    proposal: Proposal,
    by: Person,
    found: Entailed,
    ports: Recording,
) -> None:
    dataset = item.manifest.dataset
    if each.verb is Verb.HOLD:
        why = Why(by, each.because, words_alone(each.because, ports))
        scope = Scope(dataset=dataset)
        held = plan_hold(scope, each.ground.value, why=why, ports=ports, even_if_none=True)
        found.add(held, ports)
    elif (verb := _INSTRUCTED.get(each.verb)) is not None:
        agreement = ports.library.agreement(proposal.agreement, proposal.version)
        said = _said(each, verb, item, agreement, ports.today)
        _require_below_maximum(each, item)
        instructed = _plan(said, by, each, agreement, ports)
        if agreement.our_role is OurRole.CONTROLLER:
            found.add(instructed, ports)
        elif not _is_instructed(said, item, agreement, ports):
            found.drafts.append(_asked(said, proposal))


def _plan(
    said: Said, by: Person, each: Otherwise, agreement: Agreement, ports: Recording
) -> Planned:
    """Plan the instruction: where it is not ours to give, it is planned to see that it may be.

    Raises NotAuthorisedError where we are the controller and this person may not record it.
    """
    ours = agreement.our_role is OurRole.CONTROLLER
    recorder = by if ours else Person(by.id, by.name, ("records-manager",), None)
    return plan_instruction(
        said, why=Why(recorder, each.because, words_alone(each.because, ports)), ports=ports
    )


def _said(
    each: Otherwise, verb: InstructionVerb, item: Item, agreement: Agreement, today: date
) -> Said:
    kind = agreement.class_named(item.class_name)
    parties = instructing(verb, kind, _id_of(item, kind), agreement)
    if not parties:
        raise RefusedError(
            f"{agreement.reference} names nobody who may instruct to {verb.value} it",
            hint="refuse it, or hold it, and have the agreement changed",
        )
    return Said(item.manifest.dataset, verb, parties[0], today, until=each.until, to=each.to)


def instructing(
    verb: InstructionVerb, kind: RetentionClass, dataset: DatasetId, agreement: Agreement
) -> Sequence[str]:
    """Return the parties that may instruct this on *dataset*, in the agreement's order."""
    if verb is InstructionVerb.EXTEND:
        terms = agreement.disposal
        return () if terms is None or terms.extension is None else terms.extension.by
    own = kind.controllers_of(dataset.values) or agreement.controllers
    return agreement.instructions_from or own


def _require_below_maximum(each: Otherwise, item: Item) -> None:
    """Refuse an extension past the day by which it must be gone: that takes a party's own word."""
    if each.until is None or item.destroy_by is None:
        return
    last = date.fromisoformat(item.destroy_by)
    if each.until > last:
        raise RefusedError(
            f"it must be gone by {long_day(last)}, and only an instruction that says so moves that",
            hint="extend to that day at most, or refuse it and record the instruction: "
            "`retention instruction record`",
        )


def _is_instructed(said: Said, item: Item, agreement: Agreement, ports: Recording) -> bool:
    """Tell whether a party has already instructed it, as far as the form asks."""
    term = term_of(ports.library, agreement.reference, ports.today)
    ground = Registers.read(ports.ledger).ground(term)
    found = ground.instructions.concerning(item.class_name, item.manifest.dataset)
    return any(_covers(each, said) for each in found)


def _covers(each: Instruction, said: Said) -> bool:
    if each.verb != said.verb or each.to != said.to:
        return False
    return said.until is None or (each.until is not None and each.until >= said.until)


def _asked(said: Said, proposal: Proposal) -> Draft:
    return Draft(
        asked_stream(proposal.agreement),
        Entry.ASKED,
        {
            "proposal": proposal.digest,
            "agreement": proposal.agreement,
            "version": proposal.version,
            "dataset": said.target,
            "verb": said.verb.value,
            "until": "" if said.until is None else said.until.isoformat(),
            "to": said.to,
        },
    )


def asked_stream(reference: str) -> str:
    """Return the stream of what parties of one agreement were asked to instruct."""
    return f"asked:{reference}"


def _send_back(item: Item, case: Case, found: Entailed, ports: Recording) -> None:
    """Add the move that takes a dataset off the list, if nothing has taken it off already."""
    dataset, stream = item.manifest.dataset, stream_of(item.manifest.dataset)
    if stream in found.moved or claimed_since(ports.ledger, dataset, case.proposed):
        return
    if state_of(ports.ledger, dataset) in MOVES[Event.LAPSE]:
        draft, length = planned(ports.ledger, dataset, Event.LAPSE, held=())
        found.drafts.append(draft)
        found.expect[stream] = length


def _id_of(item: Item, kind: RetentionClass) -> DatasetId:
    return DatasetId.parse(item.manifest.dataset, kind.placeholders)


def _renumbered(draft: Draft, ahead: int) -> Draft:
    """Return *draft* with the number that it has once *ahead* others of its kind were written."""
    name = {Entry.HOLD_PLACED: "hold", Entry.INSTRUCTION: "instruction"}.get(draft.kind)
    if name is None or not ahead:
        return draft
    letter, _, number = str(draft.facts[name]).partition("-")
    return Draft(
        draft.stream,
        draft.kind,
        {**draft.facts, name: f"{letter}-{int(number) + ahead:04d}"},
    )


def notes_of(decision: Decision, proposal: Proposal) -> Iterator[str]:
    """Yield what becomes of each dataset that was not approved; no reason stands in it."""
    for each in decision.exceptions:
        more = f" until {each.until}" if each.until else f" to {each.to}" if each.to else ""
        dataset = proposal.items[each.number - 1].manifest.dataset
        yield f"Number {each.number}, {dataset}: {each.verb}{more}"
