"""Copies that nobody is ordered to destroy: they age out, and are looked at when they should have.

Source: ICO guidance on deleting personal data ("beyond use"); design.md, rule 13.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from retention.domain.beyond_use import BeyondUse
from retention.domain.calendar import instant, london_day
from retention.domain.case import Case, proposal_stream
from retention.domain.certified import Attestation, KeyEnd, ResidualCopy
from retention.domain.clock import Period
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.domain.erasure import Doubt
from retention.domain.key import KEY
from retention.domain.proposal import Item
from retention.ports.clock import Clock
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.store import Lists
from retention.steps.answers import kept_items
from retention.steps.cases import case_of, read_proposal


def residual_until(declared: Mapping[str, str], destroyed_on: date | None) -> date | None:
    """Return the last day on which a residual copy may exist; None if nobody agreed one."""
    if not declared["gone_within"] or destroyed_on is None:
        return None
    return Period.parse(declared["gone_within"]).after(destroyed_on)


def last_success(case: Case, root: str, verified: Record) -> datetime | None:
    """Return when the last order that took effect was answered.

    Where more is gone than was said to be taken, an order without an answer took effect, too: then
    also the instant at which such a one was answered or, after a run that was cut off, announced,
    which is the latest that we can show.
    """
    outcomes = case.outcomes.get(root, {}).values()
    known = [r.at for r in outcomes if r.number("taken")]
    if verified.number("destroyed") > sum(r.number("taken") for r in outcomes):
        cut_off = case.cut_off(root)
        known += [r.at for r in outcomes if r.number("unknown") + r.number("failed")]
        known += [r.at for r in case.intents.get(root, []) if r.number("first") in cut_off]
        known += [r.at for r in case.intents.get(root, []) if not known]
    return max(known, default=None)


def destroyed_on(case: Case, root: str) -> date | None:
    """Return the London day of the last success."""
    at = last_success(case, root, case.verified[root]) if root in case.verified else None
    return None if at is None else london_day(at)


def is_followed(case: Case, root: str) -> bool:
    """Tell whether nothing but residual copies is left of a manifest: then they are followed.

    Of what is partly there still, copies are made as before; they are proposed with it afresh.
    """
    verified = case.verified.get(root)
    if verified is None or verified.number("unknown"):
        return False
    return not any(verified.number(name) for name in ("held_back", "refused", "failed"))


def window_from(case: Case, root: str) -> date | None:
    """Return the London day from which residual windows run: that of the last success.

    Where nothing was there for us to destroy, that on which it was seen to be absent: a copy that
    ages out cannot be younger.
    """
    on = destroyed_on(case, root)
    return london_day(case.verified[root].at) if on is None and is_followed(case, root) else on


def residuals_due(
    case: Case, kept: tuple[Item, ...], today: date
) -> Iterator[tuple[Item, dict[str, str]]]:
    """Yield the residual copies whose window has closed and that nobody has seen gone."""
    for item in kept:
        root = item.manifest.root
        if not is_followed(case, root):
            continue
        gone_on = window_from(case, root)
        for declared in item.residuals:
            copy = root, declared["copy"]
            seen = case.residuals.get(copy)
            until = residual_until(declared, gone_on)
            over = until is not None and until < today
            # What is still there is looked at once a day, and shows every day.
            settled = seen is not None and (is_gone(seen) or london_day(seen.at) == today)
            if over and is_looked_at(declared) and copy not in case.held and not settled:
                yield item, declared


def is_looked_at(declared: Mapping[str, str]) -> bool:
    """Tell whether the verifier can list a residual copy; a key is asked about in its own way."""
    return (
        declared["checked_by"] == "engine"
        and bool(declared["place"])
        and declared["kind"] != KEY
        and is_covered(declared)
    )


def is_covered(declared: Mapping[str, str]) -> bool:
    """Tell whether a final certificate waits for a residual copy: all but what a clause leaves."""
    return not declared.get("not_covered_clause", "")


def is_gone(seen: Record) -> bool:
    """Tell whether a look at a residual copy, or a person's word, says that it is gone."""
    return seen.kind is Entry.RESIDUAL_ATTESTED or seen.text("seen") == "absent"


def see_residuals(
    proposal: str, *, lister: Lists, ledger: Ledger, evidence: Evidence, clock: Clock
) -> int:
    """Look at every residual copy whose window has closed; return how many are still there.

    Safe to run again: what was seen gone is not looked at again, what is there is, daily.  A
    listing that breaks off passes through as StoreError, and nothing is concluded from it.
    """
    case = case_of(ledger, proposal)
    kept = kept_items(case, read_proposal(case, evidence), evidence)
    left = 0
    for item, declared in residuals_due(case, kept, clock.today()):
        there = any(True for _ in lister.versions(declared["place"]))
        facts: dict[str, Fact] = {
            "proposal": proposal,
            "root": item.manifest.root,
            "copy": declared["copy"],
            "seen": "present" if there else "absent",
        }
        ledger.append(Draft(proposal_stream(proposal), Entry.RESIDUAL_SEEN, facts))
        left += there
    return left


def last_look_is_due(case: Case, item: Item) -> bool:
    """Tell whether the live places must be looked at once more, now that the residuals are gone.

    A final certificate says that nothing is there: what was seen before a window closed, or a hold
    was released, is not enough, for something may have come back meanwhile.
    """
    root = item.manifest.root
    waited_for = [
        each
        for each in item.residuals
        if is_covered(each) and (root, each["copy"]) not in case.keys_kept
    ]
    seen = [case.residuals.get((root, declared["copy"])) for declared in waited_for]
    if not seen or not all(r and is_gone(r) for r in seen):
        return False
    if root in case.closed or not is_followed(case, root):
        return False  # it can be compared no more; or it went back to review, and no final follows
    newest = [r.index for r in seen if r is not None]
    newest += [case.freed[root].index] if root in case.freed else []
    return case.verified[root].index < max(newest)


def residual_copy(declared: Mapping[str, str], case: Case, root: str) -> ResidualCopy:
    """Return what a certificate says of one residual copy: its one fate, and how we know."""
    copy = root, declared["copy"]
    seen, held = case.residuals.get(copy), case.held.get(copy)
    gone = seen if seen is not None and is_gone(seen) else None
    attested = gone if gone is not None and gone.kind is Entry.RESIDUAL_ATTESTED else None
    return ResidualCopy(
        copy=declared["copy"],
        kind=declared["kind"],
        where=declared["where"],
        checked_by=declared["checked_by"],
        until=_key_until(case, copy)
        if declared["kind"] == KEY
        else residual_until(declared, window_from(case, root)),
        seen_gone_at=None if gone is None else gone.at,
        attested=None if attested is None else _word_of(attested),
        beyond_use=BeyondUse.read(declared),
        held_by="" if held is None else held.text("holds"),
        not_covered_clause=declared.get("not_covered_clause", ""),
        key=_key_end(case, copy) if declared["kind"] == KEY else None,
    )


def _key_end(case: Case, copy: tuple[str, str]) -> KeyEnd:
    """Return how a key ends: the verifier saw its order stand, or it is kept, or neither yet."""
    if (why := _why_kept(case, copy)) is not None:
        return KeyEnd(kept_because=why)
    seen = case.unusable.get(copy)
    return KeyEnd(unusable_since=None if seen is None else instant(seen.text("since")))


def _key_until(case: Case, copy: tuple[str, str]) -> date | None:
    """Return the day on which the service ends a key; None while no order was seen to stand."""
    seen = case.unusable.get(copy)
    if seen is None or not seen.text("gone_at") or _why_kept(case, copy) is not None:
        return None
    return london_day(instant(seen.text("gone_at")))


def _why_kept(case: Case, copy: tuple[str, str]) -> tuple[str, ...] | None:
    if (kept := case.keys_kept.get(copy)) is not None:
        return tuple(kept.text("why").split("+"))
    root = copy[0]
    is_left = root in case.verified and not is_followed(case, root)
    return (Doubt.LEFT.value,) if is_left or case.stopped else None


def _word_of(attested: Record) -> Attestation:
    return Attestation(
        by=attested.text("by"),
        gone_on=date.fromisoformat(attested.text("gone_on")),
        evidence=attested.text("evidence"),
    )
