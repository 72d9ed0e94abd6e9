"""A person halts a disposal, or withdraws an approval before anything began.

Both spend the approval for good: whoever is destroying finds it so before the next batch, for
the intent is written only while the proposal's stream is what it was.  What remains needs a new
review.  No file shows why: the words of whoever stops it are what is kept.
"""

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

from retention.domain.case import Case, proposal_stream
from retention.domain.entry import Draft, Entry, Fact
from retention.domain.proposal import Item, Proposal
from retention.domain.roles import Act, require
from retention.errors import RefusedError
from retention.steps.answers import kept_items
from retention.steps.cases import case_named, read_proposal
from retention.steps.effects import datasets_of
from retention.steps.preview import touched
from retention.steps.record.planned import Bare, Planned, Recording, Why, words_alone
from retention.views.preview import Change, Preview, Row


class Halt(StrEnum):
    """What is asked for, and why the approval is spent afterwards."""

    STOP = "stopped"
    ABORT = "aborted"


_NOTES = {
    Halt.STOP: (
        "Whoever is at work ends with the batch that is under way, and takes no other.",
        "What was ordered is verified and reported; what remains goes back to review.",
    ),
    Halt.ABORT: ("Nothing was ordered yet: its datasets go back to review, as they are.",),
}


def plan_halt(halt: Halt, name: str, *, why: Why, ports: Recording) -> Planned:
    """Plan to halt what follows from the approval of the proposal called *name*.

    Raises NotAuthorisedError for a person who may not, and RefusedError for a proposal that is
    none, was never approved, is spent or ordered to its end, or has begun where that is too late.
    """
    require(Act.HALT, why.by)
    case = case_named(ports.ledger, name)
    proposal = read_proposal(case, ports.evidence)
    _require_open(halt, case)
    kept = kept_items(case, proposal, ports.evidence)
    stream = proposal_stream(case.proposal)
    facts: dict[str, Fact] = {"proposal": case.proposal, "act": halt.name.lower()}
    why = replace(why, content=why.content or words_alone(why.reason, ports))
    spent: dict[str, Fact] = {"proposal": case.proposal, "why": halt.value}
    return Planned(
        _preview(halt, case, proposal, kept, ports),
        (Bare(stream, Entry.HALTED, facts, why),),
        {stream: case.length},
        follows=(Draft(stream, Entry.SPENT, spent),),
        result=proposal.mark,
    )


def _require_open(halt: Halt, case: Case) -> None:
    if case.spent is not None:
        raise RefusedError(
            f"this proposal is spent already ({case.spent.text('why')})",
            hint="nothing can follow from it any more",
        )
    if case.approved is None:
        raise RefusedError(
            "nobody has approved it to the end", hint="whoever is asked can refuse it"
        )
    if len(case.ordered) == case.approved.number("kept"):
        raise RefusedError(
            "every version was ordered already", hint="`retention show` says what became of it"
        )
    if halt is Halt.ABORT and case.has_begun:
        raise RefusedError(
            "its disposal has begun, so that it cannot be undone",
            hint="halt what remains: `retention stop`",
        )


def _preview(
    halt: Halt, case: Case, proposal: Proposal, kept: tuple[Item, ...], ports: Recording
) -> Preview:
    verb = "Stop the disposal" if halt is Halt.STOP else "Withdraw the approval"
    return Preview(
        f"{verb} of proposal {proposal.mark} ({proposal.agreement} v{proposal.version}).",
        tuple(_changes(case, kept, ports)),
        _NOTES[halt],
    )


def _changes(case: Case, kept: tuple[Item, ...], ports: Recording) -> Iterator[Change]:
    reference = case.proposed.text("agreement")
    seen = {str(each): held for each, held in datasets_of(ports.catalogue, reference)}
    for item in kept:
        manifest = item.manifest
        answered = case.outcomes.get(manifest.root, {}).values()
        ordered = sum(r.number("last") - r.number("first") + 1 for r in answered)
        told = f"{ordered:,} of {manifest.versions:,}"
        row = Row("versions ordered so far", told, told, passing=True)  # it goes on meanwhile
        yield touched(manifest.dataset, seen.get(manifest.dataset, ()), (row,))
