"""Withdraw access for cooling-off, and give it back: the last days in which nothing is lost yet.

While an approval cools off, nobody but our own roles reads or changes what will go.  Whatever
becomes of the approval, no rule of ours stays behind: it is taken away when the approval is spent
before anything began, and when what was ordered has been looked at.  A rule that somebody changed
meanwhile is left alone, for a person to look at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from retention.domain.access import (
    AccessAct,
    Standing,
    access_stream,
    bucket_digest,
    by_bucket,
)
from retention.domain.calendar import stamp
from retention.domain.case import Case
from retention.domain.disposition import State
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.proposal import Item
from retention.errors import (
    RefusedError,
    RetentionError,
    StaleError,
    StoreError,
    StoreUnavailableError,
)
from retention.ports.access import Change, WithdrawsAccess
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.steps.answers import kept_items
from retention.steps.cases import case_of, read_proposal
from retention.steps.moves import state_of

MADE_WITHIN: Final = timedelta(minutes=2)  # of its announcement; then another may go on


@dataclass(frozen=True, slots=True)
class Custody:
    """The ports that withdrawing takes; *access* has the custodian's credential."""

    access: WithdrawsAccess
    ledger: Ledger
    evidence: Evidence
    clock: Clock
    by: str  # whose credential changes rules, such as "custodian:81ce9aa9"


@dataclass(frozen=True, slots=True)
class Owed:
    """What is to be done for one proposal in one bucket."""

    act: AccessAct
    root: str
    places: tuple[str, ...]


def settle_access(proposal: str, custody: Custody) -> None:
    """Withdraw access to the places of an approval that cools off, or give back what was withdrawn.

    What is owed is read from the ledger now.  Every bucket is tried before the first fault is
    raised: RefusedError where a rule cannot be written or was changed meanwhile (then nothing of
    it was touched), StoreError where the store does not take it.
    Safe to run again after a crash at any call: what was done is found in the rules themselves.
    """
    case = case_of(custody.ledger, proposal)
    kept = kept_items(case, read_proposal(case, custody.evidence), custody.evidence)
    faults: list[RetentionError] = []
    for owed in access_owed(case, kept, custody.ledger):
        try:
            _settle(proposal, owed, custody)
        except (RefusedError, StoreError) as fault:
            faults.append(fault)
    if faults:
        raise faults[0]


def closed_by(ledger: Ledger) -> set[str]:
    """Return the proposals that announced a change anywhere and have not taken it back since."""
    last: dict[tuple[str, str], Entry] = {}
    kinds = (Entry.ACCESS_ANNOUNCED, Entry.ACCESS_WITHDRAWN, Entry.ACCESS_RESTORED)
    for record in ledger.of_kind(*kinds):
        last[record.text("proposal"), record.text("bucket")] = record.kind
    return {proposal for (proposal, _), kind in last.items() if kind is not Entry.ACCESS_RESTORED}


def may_concern(case: Case, closed: set[str], *, withdraws: bool = True) -> bool:
    """Tell whether anything may be owed for a case, without a look into its proposal.

    *closed* is what :func:`closed_by` returned: of all that ended long ago nothing is read again.
    """
    waits = case.approved is not None and case.spent is None and not case.has_begun
    return case.proposal in closed or (withdraws and waits)


def access_owed(
    case: Case, kept: tuple[Item, ...], ledger: Ledger, *, withdraws: bool = True
) -> list[Owed]:
    """Return what is to be withdrawn or given back for one case; it only looks.

    With *withdraws* False nothing is to be withdrawn, and what was is to be given back all the
    same when its time comes.
    """
    return [
        owed
        for owed, standing in _each(case, kept, ledger)
        if (owed.act is AccessAct.WITHDRAW and withdraws and not standing.is_withdrawn)
        or (owed.act is AccessAct.RESTORE and standing.withdrawn is not None)
    ]


def access_withdrawn(case: Case, kept: tuple[Item, ...], ledger: Ledger) -> list[str]:
    """Return the buckets in which access is withdrawn for one case, rightly or not."""
    places = by_bucket(place.uri for item in kept for place in item.manifest.places)
    standings = {root: _standing(case.proposal, root, ledger) for root in places}
    return [root for root, standing in standings.items() if standing.is_withdrawn]


def _each(case: Case, kept: tuple[Item, ...], ledger: Ledger) -> Iterator[tuple[Owed, Standing]]:
    act = _act(case, kept, ledger)
    if act is None:
        return
    places = by_bucket(place.uri for item in kept for place in item.manifest.places)
    for root, each in places.items():
        yield Owed(act, root, each), _standing(case.proposal, root, ledger)


def _act(case: Case, kept: tuple[Item, ...], ledger: Ledger) -> AccessAct | None:
    """Return which way things go for one case, or None while they stay as they are."""
    if case.approved is None:
        return None
    if case.has_begun:
        seen = all(case.is_known(item.manifest.root) for item in kept)
        return AccessAct.RESTORE if seen else None
    if case.spent is not None:
        return AccessAct.RESTORE
    waits = case.approved.text("decided_on") < case.approved.text("may_begin_on")
    cooling = all(state_of(ledger, i.manifest.dataset) is State.COOLING_OFF for i in kept)
    return AccessAct.WITHDRAW if waits and cooling else None


def _standing(proposal: str, root: str, ledger: Ledger) -> Standing:
    return Standing.of(ledger.stream(access_stream(root)), proposal)


def _settle(proposal: str, owed: Owed, custody: Custody) -> None:
    standing = _standing(proposal, owed.root, custody.ledger)
    if standing.must_wait(custody.clock.now()):
        raise _another()
    change = _planned(proposal, owed, standing, custody)
    if change.is_made:
        before, after, length = _as_announced(change, owed, standing, custody)
    else:
        before, after = (custody.evidence.keep(t.encode()) for t in (change.before, change.after))
        length = _announce(proposal, owed, standing, before, after, custody)
        custody.access.make(change)
    kind = Entry.ACCESS_WITHDRAWN if owed.act is AccessAct.WITHDRAW else Entry.ACCESS_RESTORED
    _write(kind, owed, _facts(proposal, owed, before, after, custody), length, custody)


def _planned(proposal: str, owed: Owed, standing: Standing, custody: Custody) -> Change:
    if owed.act is AccessAct.WITHDRAW:
        return custody.access.withdrawal(owed.root, owed.places, proposal)
    assert standing.withdrawn is not None
    done = Change(owed.root, *_texts(standing.withdrawn, custody.evidence))
    return custody.access.restoration(done, proposal)


def _texts(record: Record, evidence: Evidence) -> tuple[str, str]:
    before, after = (evidence.read(record.text(name)).decode() for name in ("before", "after"))
    return before, after


def _as_announced(
    change: Change, owed: Owed, standing: Standing, custody: Custody
) -> tuple[str, str, int]:
    """Return what a run had announced that was cut off before it could say that it was done."""
    announced = standing.announced
    if announced is not None and announced.text("act") == owed.act:
        return announced.text("before"), announced.text("after"), standing.length
    now = custody.evidence.keep(change.after.encode())
    return now, now, standing.length


def _announce(
    proposal: str, owed: Owed, standing: Standing, before: str, after: str, custody: Custody
) -> int:
    """Write down what is about to be done; return how long the stream is then."""
    facts = _facts(proposal, owed, before, after, custody)
    facts |= {"act": owed.act.value, "until": stamp(custody.clock.now() + MADE_WITHIN)}
    return _write(Entry.ACCESS_ANNOUNCED, owed, facts, standing.length, custody) + 1


def _write(kind: Entry, owed: Owed, facts: dict[str, Fact], length: int, custody: Custody) -> int:
    """Write an entry of a bucket if nobody wrote one since it was read; return its position."""
    draft = Draft(access_stream(owed.root), kind, facts)
    try:
        return custody.ledger.append(draft, expect=length).position
    except StaleError:
        raise _another() from None


def _another() -> StoreUnavailableError:
    return StoreUnavailableError(
        "another proposal is at work on who may reach this bucket",
        hint="nothing to do: it is tried again",
    )


def _facts(proposal: str, owed: Owed, before: str, after: str, custody: Custody) -> dict[str, Fact]:
    return {
        "proposal": proposal,
        "bucket": bucket_digest(owed.root),
        "before": before,
        "after": after,
        "by": custody.by,
    }
