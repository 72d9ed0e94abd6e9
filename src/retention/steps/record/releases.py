"""The release of holds: one person asks, another confirms, and what comes next is a review.

Whoever asks says which hold follows, or that none does: an inquiry is often succeeded by another.
Source: NHS England's letter on the Infected Blood Inquiry, which released a requirement to keep and
named its successor; ``clock.md``, ruling 12.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from retention.domain.calendar import london_day
from retention.domain.entry import Entry, Record
from retention.domain.hold import Hold
from retention.domain.roles import RELEASE_NEEDS, Act, require
from retention.domain.statutory import clock_of, clock_words
from retention.domain.words import long_day
from retention.errors import AgreementError, NotAuthorisedError, RefusedError
from retention.steps.effects import Effect, effects
from retention.steps.preview import shown
from retention.steps.record import naming, scopes
from retention.steps.record.holds import in_force
from retention.steps.record.planned import Bare, Planned, Recording, Why, seen
from retention.steps.registers import HOLDS, Registers
from retention.views.preview import Preview

_LEADS = "A release leads to a review: nothing is destroyed by it, and what was approved is void."


def plan_release_request(hold_id: str, successor: str, *, why: Why, ports: Recording) -> Planned:
    """Plan to ask for the release of a hold; *successor* is the hold that follows, "" for none.

    Asked again, the newer request counts.
    Raises NotAuthorisedError for a person who may not ask, AgreementError or RefusedError for a
    hold or successor that is none or no longer in force.
    """
    require(Act.ASK_RELEASE, why.by)
    expect = seen(ports, naming.terms_of(ports))
    hold = in_force(hold_id, ports)
    _require_successor(hold, successor, ports)
    freed = list(_freed(hold, ports))
    title = f"Ask for the release of {hold.id} ({hold.ground}, {scopes.scope_words(hold)})."
    command = f"retention hold release {hold.id} --confirm"
    notes = [
        f"Another person must confirm it, by `{command}`; until then it holds.",
        *_notes(hold, successor, freed, ports),
    ]
    act = Bare(HOLDS, Entry.RELEASE_ASKED, {"hold": hold.id, "successor": successor}, why)
    return Planned(_preview(title, freed, notes), (act,), expect, result=hold.id)


def plan_release(hold_id: str, *, why: Why, ports: Recording) -> Planned:
    """Plan to release a hold that another person asked to release.

    Without evidence of its own, the confirmation stands on what the request brought.
    Raises RefusedError if nobody asked, NotAuthorisedError if it is the same person who asked, or
    if neither of the two keeps the records; and otherwise as :func:`plan_release_request`.
    """
    require(Act.RELEASE_HOLD, why.by)
    expect = seen(ports, naming.terms_of(ports))
    hold = in_force(hold_id, ports)
    asked = _request(hold, ports)
    _require_two(asked, why, ports)
    successor = asked.text("successor")
    _require_successor(hold, successor, ports)
    if not why.content:
        why = replace(why, content=ports.evidence.read(asked.text("evidence")))
    freed = list(_freed(hold, ports))
    title = (
        f"Release {hold.id} ({hold.ground}, {scopes.scope_words(hold)}), as {asked.text('by')} "
        f"asked on {long_day(london_day(asked.at))}."
    )
    act = Bare(HOLDS, Entry.HOLD_RELEASED, {"hold": hold.id}, why)
    notes = [_LEADS, *_notes(hold, successor, freed, ports)]
    return Planned(_preview(title, freed, notes), (act,), expect, result=hold.id)


def _request(hold: Hold, ports: Recording) -> Record:
    asked = [
        r
        for r in ports.ledger.stream(HOLDS)
        if r.kind is Entry.RELEASE_ASKED and r.text("hold") == hold.id
    ]
    if not asked:
        raise RefusedError(
            f"nobody asked for the release of {hold.id}",
            hint="ask first, without --confirm; then another person confirms",
        )
    return asked[-1]


def _require_two(asked: Record, why: Why, ports: Recording) -> None:
    if asked.text("by") == why.by.id:
        raise NotAuthorisedError(
            f"{why.by.id} asked for this release", hint="another person must confirm it"
        )
    roles = {person.id: person.roles for person in ports.library.people()}
    together = {*why.by.roles, *roles.get(asked.text("by"), ())}
    if RELEASE_NEEDS not in together:
        raise NotAuthorisedError(
            f"neither of the two is a {RELEASE_NEEDS}", hint="one of them must be: ask again"
        )


def _require_successor(hold: Hold, successor: str, ports: Recording) -> None:
    if not successor:
        return
    if successor == hold.id:
        raise AgreementError("a hold does not succeed itself", hint="name the one that follows")
    in_force(successor, ports)


def _freed(hold: Hold, ports: Recording) -> Iterator[Effect]:
    """Yield what the hold holds, as it is and as it would be without it."""
    registers = Registers.read(ports.ledger)
    for term, _ in scopes.concerned(hold, ports):
        before = registers.ground(term)
        after = replace(before, holds=before.holds.without(hold.id))
        for each in effects(before, after, catalogue=ports.catalogue, on=ports.today):
            if hold.id in {held.id for held in each.before.holds}:
                yield each


def _preview(title: str, freed: Sequence[Effect], notes: Sequence[str]) -> Preview:
    return Preview(
        title,
        tuple(shown(each) for each in freed),
        tuple(notes),
        untouched="It holds nothing that a survey has seen.",
    )


def _notes(hold: Hold, successor: str, freed: Sequence[Effect], ports: Recording) -> Iterator[str]:
    still = sum(bool(each.after.holds) for each in freed)
    opens = sum(each.after.eligible for each in freed)
    due = sum(each.after.due for each in freed)
    overdue = sum(each.after.overdue and not each.after.holds for each in freed)
    if still:
        yield f"Held by other holds still: {still} of {len(freed)}."
    if opens:
        yield f"Open to review at once: {opens}, of which due: {due}."
    if overdue:
        yield f"Past the day by which it must be gone, and held by nothing else: {overdue}."
    if successor:
        left = sum(successor not in {h.id for h in each.after.holds} for each in freed)
        not_covered = f"; it does not hold {left} of these datasets" if left else ""
        yield f"{successor} follows it{not_covered}."
    else:
        yield "No hold follows it: whoever asked says so."
    by = clock_of(hold)
    if by is not None and by >= ports.today:
        yield f"The request behind it is {clock_words(hold.ground, by, ports.today)}."
