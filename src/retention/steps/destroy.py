"""Destroy what was approved: exactly that, once, and believe nothing.

The order is the evidence: before each batch the authority is read afresh; then intent goes on
the ledger, the order to the store, and every answer into a pack that the ledger names.  An
answer certifies nothing: ``steps.verify`` looks, with other credentials.  Keys stay out of the
ledger and of every message, for a key may name a patient: "number 17 of the manifest".
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Condition
from typing import Final

from retention.domain.approval import Approval
from retention.domain.batch import Batch, Numbered, batches
from retention.domain.case import Case, proposal_stream
from retention.domain.dataset import Answer, Kind
from retention.domain.disposition import Event
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.manifest import Manifest, require_root, rows_of
from retention.domain.orders import LEASE, Standing
from retention.errors import HeldError, NotAuthorisedError, StaleError, UnverifiedError
from retention.ports.authority import Authority
from retention.ports.clock import Clock
from retention.ports.destruction import Destroys
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.progress import Progress
from retention.steps.begin import absent_before
from retention.steps.breaker import Breaker
from retention.steps.cases import case_of, decided_case_of, read_proposal
from retention.steps.lanes import in_lanes
from retention.steps.moves import move_if_possible
from retention.steps.spend import spend
from retention.steps.taking_up import Desk

BATCH = 1000  # authority is read again before each: so much may still go after a hold is placed
ASKED_AGAIN_MAX: Final = 5  # times, if what the authority's yes follows from changes under it
LOOKS_MAX: Final = 40  # at the batches that others hold, or that the store failed on
_SAID: Final = {answer: answer.value.encode() for answer in Answer}
WAIT_S: Final = LEASE.total_seconds() / 20  # between two looks


@dataclass(frozen=True, slots=True)
class Destruction:
    """The ports that destruction takes: none of them can list."""

    authority: Authority
    store: Destroys
    ledger: Ledger
    evidence: Evidence
    clock: Clock
    progress: Progress
    by: str  # whose credential gives the orders, such as "destroyer:3fa9c27b"
    worker: str  # which process gives them: no two share it
    wait: Callable[[float], None]  # sleeps for so many seconds
    lanes: int = 1  # batches at a time
    share: tuple[int, int] = (1, 1)  # which of how many workers this is: of those it begins with


@dataclass(frozen=True, slots=True)
class _Ended:
    """What a look has come to with one batch."""

    over: bool  # nothing remains to be asked
    whole: bool  # all of it went, and of the pieces of the same key before it


@dataclass(slots=True)
class _Run:
    """One manifest under one approval, in the hands of this worker."""

    manifest: Manifest
    approval: Approval
    desk: Desk
    breaker: Breaker
    ended: dict[int, _Ended] = field(default_factory=dict)  # in this look, by first row
    left: int = 0  # batches that are held by others, or must be asked for again
    absent: set[int] | None = None  # before the first order; read when that was announced
    turn: Condition = field(default_factory=Condition)


def destroy(manifest: Manifest, approval: Approval, ports: Destruction) -> None:
    """Order the end of every version in *manifest*; what arrived later is left alone.

    Safe to run again after a crash at any call, and twice at once: a batch that is done is passed
    over, one that another worker holds is left to it until its lease is over.  A stop is for good:
    what remains needs a new review.

    Raises NotDueError, HeldError, NotAuthorisedError or StaleError, perhaps part-way: the ledger
    says how far.  UnverifiedError if the stored manifest is not the one that was approved, and
    StoreUnavailableError if a store does not answer any more, or others are still at work.
    """
    case = case_of(ports.ledger, approval.proposal)
    if manifest.root in case.stopped:
        # Whoever stopped it may have died before the approval was spent.
        spend(ports.ledger, case.proposal, "stopped", read_proposal(case, ports.evidence))
        raise NotAuthorisedError("this disposal was stopped", hint="propose what remains afresh")
    if manifest.root in case.ordered:
        move_if_possible(ports.ledger, manifest.dataset, Event.FINISH)
        return  # single use: a second run finds nothing to do
    run = _run(manifest, approval, case, ports)
    for look in range(LOOKS_MAX):
        if look > 1 or (look and ports.share[1] == 1):
            ports.wait(WAIT_S)
        _look(run, ports, ports.share if look == 0 else (1, 1))
        run.breaker.require_closed()
        if not run.left:
            break
    else:
        raise run.breaker.fault(f"{run.left} batches are still in other hands")
    _write_ordered(run, ports)
    move_if_possible(ports.ledger, manifest.dataset, Event.FINISH)


def _write_ordered(run: _Run, ports: Destruction) -> None:
    """Write once that every batch was ordered, whichever worker came to the end first."""
    for _ in range(ASKED_AGAIN_MAX):
        case = decided_case_of(ports.ledger, run.approval.proposal)
        if run.manifest.root in case.ordered:
            return
        try:
            _append(Entry.ORDERED, run, ports, {}, expect=case.length)
        except StaleError:
            continue
        return
    raise run.breaker.fault("others went on with this proposal while its end was written")


def _run(manifest: Manifest, approval: Approval, case: Case, ports: Destruction) -> _Run:
    _begun(case, manifest)
    # The root is known at the end: nothing is ordered on rows that were edited at rest.
    require_root(ports.evidence.lines(manifest.pack), manifest.root)
    desk = Desk(
        manifest, approval, ports.ledger, ports.clock, ports.by, ports.worker, case.has_begun
    )
    return _Run(manifest, approval, desk, Breaker())


def _begun(case: Case, manifest: Manifest) -> Record:
    if (begun := case.begun.get(manifest.root)) is None:
        raise UnverifiedError("no begin-listing was taken", hint="steps.begin comes first")
    return begun


def _absent(run: _Run, ports: Destruction) -> set[int]:
    """Return what the last begin-listing did not show: the first intent has ended them."""
    with run.turn:
        if run.absent is None:
            case = decided_case_of(ports.ledger, run.approval.proposal)
            run.absent = absent_before(_begun(case, run.manifest), ports.evidence)
        return run.absent


def _look(run: _Run, ports: Destruction, share: tuple[int, int]) -> None:
    """Go once through the manifest, and do what nobody else is doing of this *share* of it."""
    run.desk.read()
    run.ended.clear()
    run.left = 0
    rows = rows_of(ports.evidence.lines(run.manifest.pack), run.manifest.root)
    found = _shared(batches(rows, BATCH), run, share)
    in_lanes(ports.lanes, found, lambda batch: _one_batch(batch, run, ports))


def _shared(found: Iterator[Batch], run: _Run, share: tuple[int, int]) -> Iterator[Batch]:
    """Yield the batches of one *share*; the pieces of one key are in the same."""
    which, of = share
    turn = 0
    for batch in found:
        turn += batch.follows is None
        if turn % of == which % of:
            yield batch
        else:
            with run.turn:
                run.left += 1


def _one_batch(batch: Batch, run: _Run, ports: Destruction) -> None:
    over = False
    try:
        over = _is_over(batch, run, ports)
    finally:
        with run.turn:
            whole = batch.follows is None or run.ended[batch.follows].whole
            run.ended[batch.first] = _Ended(over, whole and run.desk.went_whole(batch.first))
            run.left += not over
            run.turn.notify_all()
    ports.progress.at(f"destroy {run.manifest.dataset}", batch.last, run.manifest.versions)


def _is_over(batch: Batch, run: _Run, ports: Destruction) -> bool:
    """Do *batch* if it is open; tell whether nothing remains to be done for it."""
    data_left = False
    if batch.follows is not None:
        with run.turn:  # the piece before it was taken by a lane before this one
            run.turn.wait_for(lambda: batch.follows in run.ended)
            before = run.ended[batch.follows]
        if not before.over:
            return False
        data_left = not before.whole
    standing = run.desk.standing(batch)
    if standing is not Standing.OPEN:
        return standing is Standing.DONE
    place = run.manifest.place(batch.copy)
    if run.breaker.is_open(place) or not _is_taken_up(batch, run, ports):
        return False
    answers = _order(
        batch,
        place,
        _absent(run, ports),
        ports.store,
        may_order=lambda: run.desk.is_ours_still(batch),
        data_left=data_left,
    )
    if answers is None:
        return False
    lines = (b'{"n": %d, "answer": "%s"}' % (n, _SAID[a]) for n, a in answers.items())
    pack = ports.evidence.keep_lines(lines, sealed=False)
    counts = Counter(answer.value for answer in answers.values())
    said: dict[str, Fact] = {"pack": pack, **{a.value: counts[a.value] for a in Answer}}
    run.desk.answer_for(batch, said)
    run.breaker.heard(place, answers.values())
    return run.desk.standing(batch) is Standing.DONE


def _is_taken_up(batch: Batch, run: _Run, ports: Destruction) -> bool:
    """Ask the authority, and write the intent while its yes stands; tell whether it is ours."""
    for _ in range(ASKED_AGAIN_MAX):
        try:
            ground = ports.authority.require(run.approval, run.manifest, begun=True)
        except (HeldError, NotAuthorisedError, StaleError) as stop:  # too early is no stop
            if run.manifest.root in decided_case_of(ports.ledger, run.approval.proposal).ordered:
                return False  # another worker came to the end meanwhile, and nothing was open
            stopped: dict[str, Fact] = {"before": batch.first, "code": stop.exit_code}
            _append(Entry.STOPPED, run, ports, stopped)
            case = case_of(ports.ledger, run.approval.proposal)
            spend(ports.ledger, case.proposal, "stopped", read_proposal(case, ports.evidence))
            raise
        try:
            return run.desk.take_up(batch, ground)
        except StaleError:
            continue  # something was recorded meanwhile: it may be a hold
    return False


def _order(
    batch: Batch,
    place: str,
    absent: set[int],
    store: Destroys,
    *,
    may_order: Callable[[], bool],
    data_left: bool,
) -> dict[int, Answer] | None:
    """Order *batch* in *place*, and return the answer to each number, in their order.

    Markers stay while any data of their key stays, else an old version is current again:
    *data_left* says so of the pieces before this one.  *may_order* is asked before each call, and
    None is returned where it says no: then the batch is another's.
    """
    answers = {n: Answer.NEVER_THERE if n in absent else Answer.NOT_ASKED for n, _ in batch.rows}
    there = [(n, row) for n, row in batch.rows if n not in absent]
    data = [(n, row) for n, row in there if row.version.kind is not Kind.MARKER]
    if not _ask(data, place, store, answers, may_order):
        return None
    spared = {row.version.key for n, row in data if answers[n] is not Answer.TAKEN}
    if data_left:
        spared.add(batch.rows[0][1].version.key)
    markers = [
        (n, row)
        for n, row in there
        if row.version.kind is Kind.MARKER and row.version.key not in spared
    ]
    # In a later call, for within one a store keeps no order.
    return answers if _ask(markers, place, store, answers, may_order) else None


def _ask(
    asked: Sequence[Numbered],
    place: str,
    store: Destroys,
    answers: dict[int, Answer],
    may_order: Callable[[], bool],
) -> bool:
    if not asked:
        return True
    if not may_order():
        return False
    said = store.destroy(place, [row.version for _, row in asked])
    for number, row in asked:
        answers[number] = said.get(row.version, Answer.UNKNOWN)
    return True


def _append(
    kind: Entry,
    run: _Run,
    ports: Destruction,
    facts: dict[str, Fact],
    *,
    expect: int | None = None,
) -> None:
    about: dict[str, Fact] = {"proposal": run.approval.proposal, "root": run.manifest.root}
    draft = Draft(proposal_stream(run.approval.proposal), kind, {**about, **facts})
    ports.ledger.append(draft, expect=expect)
