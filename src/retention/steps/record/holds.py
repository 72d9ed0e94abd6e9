"""Holds: placed on a ground, and confirmed by a controller where they were ours.

A request of somebody whom the data are about, a freedom of information request and a restriction
are holds with a ground of their own: they go on to the controller who answers, whose clock runs.
Source: ``clock.md``, ruling 12; UK GDPR, articles 12, 15, 18 and 28(3)(e).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from retention.domain.entry import Entry
from retention.domain.hold import ROUTED, Ground, Hold, every_hold_in
from retention.domain.roles import Act, require
from retention.domain.statutory import clock_of, clock_words
from retention.domain.words import long_day
from retention.errors import AgreementError, EvidenceError, RefusedError
from retention.steps.preview import changed, shown
from retention.steps.record import naming, scopes
from retention.steps.record.planned import Bare, Planned, Recording, Why, seen
from retention.steps.record.reviews import review_words
from retention.steps.record.scopes import Reach, Scope
from retention.steps.registers import HOLDS
from retention.steps.remaining import matched_by, remaining
from retention.views import figures
from retention.views.preview import Preview

GROUNDS = tuple(each.value for each in Ground)
_OF_ONE_PERSON = {Ground.SUBJECT_REQUEST, Ground.RESTRICTION}


def plan_hold(
    scope: Scope,
    ground: str,
    *,
    why: Why,
    ports: Recording,
    received_on: date | None = None,
    answer_to: str = "",
    whole: bool = False,
    even_if_none: bool = False,
) -> Planned:
    """Plan to place a hold on everything that *scope* fits, and on what cannot be known.

    *received_on* is the day of a request, *answer_to* the controller who answers it; *whole* says
    that it is about a whole agreement or several, *even_if_none* that it holds what comes later.
    Raises AgreementError for a name that is none, RefusedError for a scope that says or holds
    nothing, TooMuchError for one that is over-wide.
    """
    require(Act.PLACE_HOLD, why.by)
    if ground not in GROUNDS:
        raise AgreementError(
            "that is no ground of a hold", hint=naming.guess(ground, GROUNDS, "use one of them")
        )
    named = scope.reference or scope.dataset.partition("/")[0]
    expect = seen(ports, [named] if named else naming.terms_of(ports))
    scope = scopes.require_scope(scope, ports)
    _require_receipt(ground, received_on, ports.today)
    hold = _hold(scope, ground, why, ports, received_on)
    reach = scopes.reach_of(hold, ports)
    left = _left(hold, ports)
    scopes.require_reach(reach, whole=whole, even_if_none=even_if_none or bool(left))
    if ground in ROUTED or answer_to:
        who = scopes.answering(hold, reach, ports)
        hold = replace(hold, answer_to=_answering(who, answer_to, hold))
    preview = Preview(
        f"Place {hold.id}, a hold ({ground}) on {scopes.scope_words(hold)}.",
        tuple(changed(reach.frozen)),
        (*_left_notes(left), *_notes(hold, reach, ports)),
        untouched="It holds nothing that a survey has seen; it holds what comes later.",
    )
    return Planned(preview, (_bare(hold, why),), expect, result=hold.id)


def plan_confirmation(
    hold_id: str, controller: str, signed_on: date, *, why: Why, ports: Recording
) -> Planned:
    """Plan to record that a controller confirmed in writing a hold that was our precaution.

    It is confirmed for the data of that controller, and stays ours alone for those of others.
    Raises RefusedError for a hold that is no precaution, or is confirmed by it or released already,
    and AgreementError for no such hold or for a party that is no controller of what it holds.
    """
    require(Act.CONFIRM_HOLD, why.by)
    expect = seen(ports, naming.terms_of(ports))
    hold = in_force(hold_id, ports)
    if hold.ground != Ground.PRECAUTION or controller in hold.confirmed_by:
        why_not = "it is confirmed already" if hold.confirmed else f"its ground is {hold.ground}"
        raise RefusedError(
            f"{hold.id} is no precaution that waits for a confirmation", hint=why_not
        )
    said = (*hold.confirmed_by, controller)
    confirmed = replace(hold, confirmed=True, confirmed_by=said)
    reach = scopes.reach_of(confirmed, ports)
    who = scopes.answering(hold, reach, ports)
    naming.party_named(ports, controller, who, "that is no controller of what it holds")
    naming.signed_day(signed_on, ports.today)
    act = Bare(
        HOLDS,
        Entry.HOLD_CONFIRMED,
        {"hold": hold.id, "controller": controller, "signed_on": signed_on.isoformat()},
        why,
    )
    preview = Preview(
        f"Record that {controller} confirmed {hold.id} in writing, signed on "
        f"{long_day(signed_on)}.",
        tuple(shown(each) for each in reach.frozen),
        tuple(_confirmed_notes(reach)),
    )
    return Planned(preview, (act,), expect, result=hold.id)


def _confirmed_notes(reach: Reach) -> Iterator[str]:
    yield "Until now it was ours alone: past a maximum that is over-retention."
    left = sum(any(hold.is_ours_alone for hold in each.after.holds) for each in reach.frozen)
    if left:
        yield (
            f"Of {left} of these it stays ours alone: they are of other controllers, and each "
            "speaks for its own data."
        )


def in_force(hold_id: str, ports: Recording) -> Hold:
    """Return a hold; raise AgreementError if there is none, RefusedError if it was released."""
    known = {hold.id: (hold, released) for hold, released in every_hold(ports)}
    if hold_id not in known:
        standing_ids = [hold.id for hold, released in known.values() if not released]
        raise AgreementError(
            "there is no hold of that number",
            hint=naming.listed("in force", standing_ids, "no hold is in force"),
        )
    hold, released = known[hold_id]
    if released:
        raise RefusedError(
            f"{hold.id} was released already", hint="`retention hold list` shows what is in force"
        )
    return hold


def every_hold(ports: Recording) -> list[tuple[Hold, bool]]:
    """Return every hold that was ever placed, and whether it was released."""
    return every_hold_in(ports.ledger.stream(HOLDS))


def _require_receipt(ground: str, received_on: date | None, today: date) -> None:
    if received_on is None and ground in ROUTED:
        raise AgreementError(
            "the day on which the request was received is missing",
            hint="its clock runs from there: --received 2026-03-02",
        )
    if received_on is not None and received_on > today:
        raise AgreementError(
            "it is received on a day that has not come", hint="give the day on which it reached us"
        )


def _hold(scope: Scope, ground: str, why: Why, ports: Recording, received_on: date | None) -> Hold:
    placed = sum(r.kind is Entry.HOLD_PLACED for r in ports.ledger.stream(HOLDS))
    return Hold(
        f"H-{placed + 1:04d}",
        ground,
        scope.reference,
        scope.class_name,
        scope.dataset,
        scope.controller,
        scope.nation,
        (scope.covers_from, scope.covers_through),
        placed_on=ports.today,
        by=why.by.id,
        received_on=received_on,
    )


def _bare(hold: Hold, why: Why) -> Bare:
    first, last = hold.covers
    return Bare(
        HOLDS,
        Entry.HOLD_PLACED,
        {
            "hold": hold.id,
            "ground": hold.ground,
            "agreement": hold.reference,
            "class": hold.class_name,
            "dataset": hold.dataset,
            "controller": hold.controller,
            "nation": hold.nation,
            "covers_from": "" if first is None else first.isoformat(),
            "covers_through": "" if last is None else last.isoformat(),
            "received_on": "" if hold.received_on is None else hold.received_on.isoformat(),
            "answer_to": hold.answer_to,
        },
        why,
    )


def _answering(who: Sequence[str], answer_to: str, hold: Hold) -> str:
    """Return the one controller who answers; raise AgreementError if that is not said."""
    if answer_to and answer_to not in who:
        raise AgreementError(
            "that is no controller of what it holds", hint=naming.guess(answer_to, who, "none is")
        )
    if answer_to or not who:
        return answer_to
    if len(who) > 1:
        raise AgreementError(
            f"{len(who)} controllers could have to answer this {hold.ground}: {', '.join(who)}",
            hint="say which one answers: --answer-to",
        )
    return who[0]


def _left(hold: Hold, ports: Recording) -> list[str] | None:
    """Return the names of the copies that it holds of what was destroyed already.

    None if that cannot be told now: a hold is placed all the same.
    """
    try:
        copies = remaining(ports.ledger, ports.evidence, ports.today)
        return [each.name for each in matched_by(hold, copies, ports.library)]
    except (AgreementError, RefusedError, EvidenceError):
        return None


def _left_notes(left: Sequence[str] | None) -> Iterator[str]:
    if left is None:
        yield (
            "Which copies remain of what was destroyed cannot be told now: the evidence store, or "
            "the file of an agreement, cannot be read. The hold counts for them all the same."
        )
    elif left:
        yield (
            "What was destroyed does not come back. Of it "
            f"{figures.count(len(left), 'copy remains', 'copies remain')}, held from now on: "
            f"{naming.few(left)}. Ask whoever keeps them not to let them age out; no final "
            "certificate is issued before the release."
        )


def _notes(hold: Hold, reach: Reach, ports: Recording) -> Iterator[str]:
    count = len(reach.frozen)
    if reach.blindly:
        yield (
            f"{reach.blindly} of {count} are held only because nobody can tell whether they are in "
            "scope: what is not known is held."
        )
    if hold.ground in _OF_ONE_PERSON and reach.not_by_person:
        yield (
            f"This request is about one person, and would freeze {figures.count(count, 'dataset')} "
            f"with the data of everybody in them; {reach.not_by_person} of these cannot tell who "
            "is who. Limit it to where the person can be, or ask the controller."
        )
    if (by := clock_of(hold)) is not None:
        who = hold.answer_to or "the controller"
        ours = ", which is us," if reach.ours else ""
        yield f"{who}{ours} must answer it; it is {clock_words(hold.ground, by, ports.today)}."
        if not reach.ours:
            yield (
                "The clock runs from receipt by the controller; receipt here is treated as day "
                "one, to be safe. Nobody is told by itself: send it on without delay."
            )
    if hold.is_ours_alone:
        yield (
            "A precaution is ours: past a maximum it is over-retention, until a controller "
            "confirms it in writing (`retention hold confirm`)."
        )
    yield from review_words((str(each.dataset) for each in reach.frozen), ports)
