"""Destroy what was approved: exactly that, once, and believe nothing.

The order is the evidence: before each batch the authority is read afresh; then intent goes on
the ledger, the order to the store, and every answer into a pack that the ledger names.  An
answer certifies nothing: ``steps.verify`` looks, with other credentials.  Keys stay out of the
ledger and of every message, for a key may name a patient: "number 17 of the manifest".
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from json import dumps

from retention.domain.approval import Approval
from retention.domain.case import proposal_stream
from retention.domain.dataset import Answer, Kind
from retention.domain.disposition import Event
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.manifest import Manifest, Row, rows_of
from retention.errors import (
    HeldError,
    NotAuthorisedError,
    StaleError,
    UnverifiedError,
)
from retention.ports.authority import Authority
from retention.ports.destruction import Destroys
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.progress import Progress
from retention.steps.begin import absent_before
from retention.steps.cases import case_of, read_proposal
from retention.steps.moves import move_if_possible
from retention.steps.spend import spend

BATCH = 500  # authority is read again before each: so much may still go after a hold is placed

_Batch = list[tuple[int, Row]]


@dataclass(frozen=True, slots=True)
class Destruction:
    """The ports that destruction takes: none of them can list."""

    authority: Authority
    store: Destroys
    ledger: Ledger
    evidence: Evidence
    progress: Progress
    by: str  # whose credential gives the orders, such as "destroyer:3fa9c27b"


@dataclass(slots=True)
class _Run:
    """One manifest under one approval: what stood on the ledger when this run began."""

    manifest: Manifest
    approval: Approval
    absent: set[int]
    whole: dict[int, int]  # first → last number of each batch of which everything was taken
    spared: set[tuple[str, str]] = field(default_factory=set)  # (copy, key) with data left


def destroy(manifest: Manifest, approval: Approval, ports: Destruction) -> None:
    """Order the end of every version in *manifest*; what arrived later is left alone.

    Safe to run again after a crash at any call: a batch that went whole is passed over, any other
    is asked again.  A stop is for good: what remains needs a new review.

    Raises NotDueError, HeldError, NotAuthorisedError or StaleError, perhaps part-way: the ledger
    says how far.  UnverifiedError if the stored manifest is not the one that was approved.
    """
    case = case_of(ports.ledger, approval.proposal)
    if manifest.root in case.stopped:
        raise NotAuthorisedError("this disposal was stopped", hint="propose what remains afresh")
    if manifest.root in case.ordered:
        move_if_possible(ports.ledger, manifest.dataset, Event.FINISH)
        return  # single use: a second run finds nothing to do
    if (begun := case.begun.get(manifest.root)) is None:
        raise UnverifiedError("no begin-listing was taken", hint="steps.begin comes first")
    for _ in rows_of(ports.evidence.lines(manifest.pack), manifest.root):
        pass  # the root is known at the end: nothing is ordered on rows that were edited at rest
    outcomes = case.outcomes.get(manifest.root, {})
    whole = {first: r.number("last") for first, r in outcomes.items() if _went_whole(r)}
    run = _Run(manifest, approval, absent_before(begun, ports.evidence), whole)
    for batch in _batches(rows_of(ports.evidence.lines(manifest.pack), manifest.root)):
        _one_batch(batch, run, ports)
        ports.progress.at(f"destroy {manifest.dataset}", batch[-1][0], manifest.versions)
    _append(Entry.ORDERED, run, ports, {})
    move_if_possible(ports.ledger, manifest.dataset, Event.FINISH)


def _batches(rows: Iterable[Row]) -> Iterator[_Batch]:
    """Cut numbered rows into batches of one copy each, always the same for the same manifest."""
    for _, group in groupby(enumerate(rows, start=1), key=lambda pair: pair[1].copy):
        while batch := list(islice(group, BATCH)):
            yield batch


def _one_batch(batch: _Batch, run: _Run, ports: Destruction) -> None:
    span: dict[str, Fact] = {"first": batch[0][0], "last": batch[-1][0]}
    if run.whole.get(batch[0][0]) == batch[-1][0]:
        return
    try:
        ports.authority.require(run.approval, run.manifest, begun=True)
    except (HeldError, NotAuthorisedError, StaleError) as stop:  # too early is no stop
        stopped: dict[str, Fact] = {"before": batch[0][0], "code": stop.exit_code}
        _append(Entry.STOPPED, run, ports, stopped)
        case = case_of(ports.ledger, run.approval.proposal)
        spend(ports.ledger, case.proposal, "stopped", read_proposal(case, ports.evidence))
        raise
    _append(Entry.INTENT, run, ports, {**span, "by": ports.by})
    move_if_possible(ports.ledger, run.manifest.dataset, Event.DESTROY)
    answers = _order(batch, run, ports.store)
    lines = (dumps({"n": n, "answer": answer.value}).encode() for n, answer in answers.items())
    pack = ports.evidence.keep_lines(lines, sealed=False)
    counts = Counter(answer.value for answer in answers.values())
    outcome: dict[str, Fact] = {**span, "pack": pack, **{a.value: counts[a.value] for a in Answer}}
    _append(Entry.OUTCOME, run, ports, outcome)
    last = batch[-1][1]
    run.spared &= {(last.copy, last.version.key)}  # sorted: only the last key can go on


def _order(batch: _Batch, run: _Run, store: Destroys) -> dict[int, Answer]:
    """Order data, then those markers whose data all went; else an old version is current again."""
    answers = {
        number: Answer.NEVER_THERE if number in run.absent else Answer.NOT_ASKED
        for number, _ in batch
    }
    there = [(number, row) for number, row in batch if number not in run.absent]
    data = [(n, row) for n, row in there if row.version.kind is not Kind.MARKER]
    _ask(data, run, store, answers)
    run.spared |= {(row.copy, row.version.key) for n, row in data if answers[n] is not Answer.TAKEN}
    markers = [
        (n, row)
        for n, row in there
        if row.version.kind is Kind.MARKER and (row.copy, row.version.key) not in run.spared
    ]
    _ask(markers, run, store, answers)  # a later call, for within one a store keeps no order
    return answers


def _ask(
    asked: Sequence[tuple[int, Row]], run: _Run, store: Destroys, answers: dict[int, Answer]
) -> None:
    if not asked:
        return
    place = run.manifest.place(asked[0][1].copy)
    said = store.destroy(place, [row.version for _, row in asked])
    for number, row in asked:
        answers[number] = said.get(row.version, Answer.UNKNOWN)


def _went_whole(outcome: Record) -> bool:
    size = outcome.number("last") - outcome.number("first") + 1
    return outcome.number("taken") + outcome.number("never_there") == size


def _append(kind: Entry, run: _Run, ports: Destruction, facts: dict[str, Fact]) -> None:
    about: dict[str, Fact] = {"proposal": run.approval.proposal, "root": run.manifest.root}
    ports.ledger.append(Draft(proposal_stream(run.approval.proposal), kind, {**about, **facts}))
