"""The acts that people may start in the browser: how the answers of each form become a plan.

A table: what each is called, whether it relies on what is in force, and what must show it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from retention.domain.instruction import InstructionVerb
from retention.errors import AnswerError, RefusedError
from retention.steps.acts.scope_line import HOLDS, read_line
from retention.steps.acts.typed import Typed, day, line, line_or_none
from retention.steps.record.answers import plan_answer
from retention.steps.record.events import plan_event
from retention.steps.record.halting import Halt, plan_halt
from retention.steps.record.holds import plan_hold
from retention.steps.record.instructions import Said, plan_instruction
from retention.steps.record.naming import guess, term_named
from retention.steps.record.planned import Planned, Recording, Why

Plan = Callable[[Typed, Why, Recording], Planned]
REPLIES: Mapping[str, str] = MappingProxyType(
    {  # what can be chosen on the form, and what is recorded of it as an answer to a notice
        "answer: proceed": "proceed",
        "answer: object": "object",
        "answer: extend": "extend",
        "answer: return instead": "return-instead",
        "answer: hold": "hold",
    }
)
INSTRUCTS: Mapping[str, tuple[InstructionVerb, bool]] = MappingProxyType(
    {  # the same of an instruction, and whether the maximum moves with it
        "keep it longer": (InstructionVerb.EXTEND, False),
        "keep it longer, and its maximum moves": (InstructionVerb.EXTEND, True),
        "return it": (InstructionVerb.RETURN, False),
        "treat it as another class": (InstructionVerb.RECLASSIFY, False),
        "keep the shorter period": (InstructionVerb.CONFIRM_SHORTER, False),
    }
)
WHERE: Final = "Evidence"
EVENT_WITH_FILE: Final = "retention event record --evidence FILE"
_REFERENCE_LETTERS_MIN: Final = 3
_NO_REFERENCE = frozenset({"none", "n/a", "na", "unknown", "-", "tbc", "see above"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One act: *plan* reads its form; *shown_by* is the command that takes a file instead.

    *plan_wide* plans it where it is over-wide and people say that they mean it; *on_agreements*
    says that it relies on what is in force: a hold waits for nothing.
    """

    name: str
    plan: Plan
    plan_wide: Plan | None = None
    shown_by: str = ""  # "": words suffice, for stopping is safe
    on_agreements: bool = False

    def require_reference(self, typed: Typed) -> str:
        """Return where the letter or file is, "" if none is named and none need be.

        Raises AnswerError if one must be named: nobody could look at what is not said to be there.
        """
        if "evidence" not in typed:
            return ""
        found = line(typed, "evidence", WHERE)
        if found.lower().rstrip(".") not in _NO_REFERENCE and len(found) >= _REFERENCE_LETTERS_MIN:
            return found
        if self.shown_by:
            raise AnswerError(
                f"{WHERE}: this moves dates, and nothing is named that shows it",
                hint="give a link to the letter or its number in your records, or bring the file: "
                f"`{self.shown_by}`",
            )
        return ""


def _hold(typed: Typed, why: Why, ports: Recording, *, whole: bool = False) -> Planned:
    said = read_line(line(typed, "holds", HOLDS))
    return plan_hold(
        said.scope,
        line(typed, "ground", "Ground"),
        why=why,
        ports=ports,
        received_on=said.received_on,
        answer_to=said.answer_to,
        whole=whole,
        even_if_none=said.even_if_none,
    )


def _event(typed: Typed, why: Why, ports: Recording) -> Planned:
    reference, name = line(typed, "agreement", "Agreement"), line(typed, "event", "Event")
    _, agreement = term_named(ports, reference)
    if any(each.name == name and each.takes_file for each in agreement.events):
        raise AnswerError(
            f"{reference} wants a file that shows this event, and no reference will do",
            hint=f"bring it: `{EVENT_WITH_FILE}`",
        )
    return plan_event(
        reference,
        name,
        line_or_none(typed, "which_one", "Which one"),
        line(typed, "happened_on", "The day"),
        why=why,
        ports=ports,
    )


def _instruction(typed: Typed, why: Why, ports: Recording) -> Planned:
    target = line(typed, "about", "What it is about")
    party = line(typed, "party", "From")
    says = line(typed, "says", "What they say")
    dataset = line_or_none(typed, "dataset", "On which dataset")
    detail = line_or_none(typed, "detail", "Until when, or as what")
    signed = line_or_none(typed, "signed_on", "Signed on")
    if says in REPLIES:
        if detail or signed:
            raise AnswerError(
                "an answer to a notice has no day and no detail",
                hint="write the word none there, or choose what the letter instructs instead",
            )
        return plan_answer(target, party, REPLIES[says], dataset=dataset, why=why, ports=ports)
    if says not in INSTRUCTS:
        raise AnswerError(
            "What they say: that is none of the choices",
            hint=guess(says, (*REPLIES, *INSTRUCTS), "choose one"),
        )
    if dataset:
        raise AnswerError(
            "On which dataset: this is of an answer to a notice alone",
            hint="write the word none there; what a letter instructs on is 'What it is about'",
        )
    verb, moves_maximum = INSTRUCTS[says]
    if bool(detail) != (verb in {InstructionVerb.EXTEND, InstructionVerb.RECLASSIFY}):
        raise AnswerError(
            "Until when, or as what: it does not fit what they say",
            hint="the last day for 'keep it longer', the class for 'treat it as another class', "
            "and the word none for the rest",
        )
    if not signed:
        raise AnswerError(
            "an instruction counts from its signature, and no day is given",
            hint="give the day on the letter, such as 2026-03-02",
        )
    extends = verb is InstructionVerb.EXTEND
    said = Said(
        target,
        verb,
        party,
        day(signed, "Signed on"),
        day(detail, "Until when") if extends else None,
        "" if extends else detail,
        moves_maximum,
    )
    return plan_instruction(said, why=why, ports=ports)


def _halt(halt: Halt) -> Plan:
    def plan(typed: Typed, why: Why, ports: Recording) -> Planned:
        return plan_halt(halt, line(typed, "mark", "Mark").lower(), why=why, ports=ports)

    return plan


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        each.name: each
        for each in (
            Kind("hold", _hold, partial(_hold, whole=True)),
            Kind("event", _event, None, EVENT_WITH_FILE, on_agreements=True),
            Kind(
                "instruction",
                _instruction,
                None,
                "retention instruction record --evidence FILE",
                on_agreements=True,
            ),
            Kind("abort", _halt(Halt.ABORT)),
            Kind("stop", _halt(Halt.STOP)),
        )
    }
)


def kind_named(name: str) -> Kind:
    """Return one of the acts; raise RefusedError for any other name."""
    if name not in KINDS:
        raise RefusedError("there is no such act", hint=guess(name, KINDS, "there is none"))
    return KINDS[name]
