"""What may happen to one dataset when, and why: a pure function that shows its working.

Source: ``clock.md``; NHS Records Management Code of Practice (2021, updated 2023), s. 5.2: a date
opens a review and never destroys.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from retention.domain.agreement import Agreement, Covers, RetentionClass, Status
from retention.domain.clock import Conflict, Days, Period, between, cut_off, exactly
from retention.domain.dataset import DatasetId
from retention.domain.registers import Hold, TriggerEvent

ENDED = "ended-not-renewed"  # the event by which a person says that an end has no successor


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer for one dataset on one day.

    *eligible* means that a review may be opened and people asked; never more.
    """

    dataset: DatasetId
    on: date
    eligible: bool
    reasons: tuple[str, ...]  # every reason why not; empty if eligible
    working: tuple[str, ...]  # sentences that a reader can check with a pencil
    holds: tuple[Hold, ...] = ()
    trigger: TriggerEvent | None = None
    cut_off_on: date | None = None
    days: Days | None = None
    conflict: bool = False
    raised: bool = False  # a person must look, every day until someone acts

    @property
    def due(self) -> bool:
        """Whether disposal may begin, people willing."""
        return self.eligible and (
            self.days is not None and (self.days.due_on is None or self.days.due_on <= self.on)
        )


@dataclass(slots=True)
class _Draft:
    reasons: list[str] = field(default_factory=list)
    working: list[str] = field(default_factory=list)
    raised: bool = False


def assess(
    dataset: DatasetId,
    agreement: Agreement | None,
    events: Sequence[TriggerEvent],
    holds: Sequence[Hold],
    *,
    on: date,
) -> Assessment:
    """Say what *dataset* is eligible for on the day *on*, with every reason and the working."""
    matching = tuple(hold for hold in holds if hold.matches(dataset))
    draft = _Draft([f"held by {hold.id} ({hold.ground})" for hold in matching])
    if (
        agreement is None
        or agreement.reference != dataset.reference
        or not agreement.in_force_on(on)
    ):
        draft.reasons.append("no agreement is in force for it")
        return _not_eligible(dataset, on, draft, matching)
    if unconfirmed := _expired_unconfirmed(agreement, events, on):
        draft.reasons.append(unconfirmed)
        draft.raised = True
    try:
        kind = agreement.class_named(dataset.class_name)
    except KeyError:
        draft.reasons.append("no class of the agreement claims it")
        return _not_eligible(dataset, on, draft, matching)
    if kind.status is Status.PLACEHOLDER:
        draft.reasons.append("its class is a placeholder: the period is yet to be agreed")
    for term in kind.not_followed:
        draft.reasons.append(f"the engine cannot follow a term that was signed: {term}")
        draft.raised = True
    if kind.rule is None or agreement.disposal is None:
        draft.reasons.append("no retention rule is agreed for it")
        return _not_eligible(dataset, on, draft, matching)
    event = _trigger(dataset, agreement, kind, events)
    if event is None:
        draft.reasons.append(f"nobody has recorded the event {kind.rule.trigger}")
        return _not_eligible(dataset, on, draft, matching)
    return _on_the_clock(dataset, agreement.disposal.lead, kind, event, matching, draft, on)


def _on_the_clock(
    dataset: DatasetId,
    lead: Period,
    kind: RetentionClass,
    event: TriggerEvent,
    holds: tuple[Hold, ...],
    draft: _Draft,
    on: date,
) -> Assessment:
    assert kind.rule is not None
    start = cut_off(kind.rule.cut_off, event.on)
    draft.working.append(f"{event.name} {event.value} on {event.on}".replace("  ", " "))
    if start != event.on:
        draft.working.append(f"the cut-off carries it to {start}")
    found = days_from(kind, event.on, lead=lead)
    days = found.days if isinstance(found, Conflict) else found
    if event.on > on and days.retained_through is not None:
        # A dated end drives maximums at once; a minimum starts when the thing has happened.
        draft.reasons.append(f"{event.name} lies ahead, on {event.on}")
    draft.working += _sentences(kind, days)
    if conflict := isinstance(found, Conflict):
        draft.reasons.append("its minimum ends after its maximum: people must decide")
    if on < days.review_opens_on:
        draft.reasons.append(f"its review opens on {days.review_opens_on}")
    return Assessment(
        dataset,
        on,
        eligible=not draft.reasons,
        reasons=tuple(draft.reasons),
        working=tuple(draft.working),
        holds=holds,
        trigger=event,
        cut_off_on=start,
        days=days,
        conflict=conflict,
        raised=draft.raised or conflict or (days.destroy_by is not None and days.destroy_by < on),
    )


def days_from(kind: RetentionClass, on: date, *, lead: Period) -> Days | Conflict:
    """Return what follows from a trigger on the day *on* by the rule that *kind* must have.

    Where the maximum covers all copies, ``destroy_by`` is the last day of the live ones: what ages
    out by itself must have had its time before the maximum.  Source: ``clock.md``, ruling 13.
    """
    rule = kind.rule
    assert rule is not None
    start = cut_off(rule.cut_off, on)
    if rule.keep_exactly is not None and rule.dispose_within is not None:
        found = exactly(rule.keep_exactly, rule.dispose_within, start=start, lead=lead)
    else:
        through = None if rule.keep_at_least is None else rule.keep_at_least.after(start)
        most_from = start if rule.destroy_by_from_cut_off else on
        most = None if rule.destroy_by is None else rule.destroy_by.after(most_from)
        found = between(through, most, lead=lead)
    days = found.days if isinstance(found, Conflict) else found
    if days.destroy_by is None:
        return found
    live_by = min((w.after(days.destroy_by, sign=-1) for w in _waits(kind)), default=None)
    return between(days.retained_through, live_by or days.destroy_by, lead=lead)


def _waits(kind: RetentionClass) -> list[Period]:
    """Return how long copies take to age out, where the maximum covers them too."""
    if kind.destroy_by_covers is not Covers.ALL_COPIES:
        return []
    return [copy.gone_within for copy in kind.copies if copy.gone_within is not None]


def _expired_unconfirmed(
    agreement: Agreement, events: Sequence[TriggerEvent], on: date
) -> str | None:
    """Return why nothing may be disposed of after an end that nobody confirmed.

    Source: ``clock.md``, ruling 6: a renewal may merely not have been loaded.
    """
    until = agreement.in_force_until
    if until is None or on <= until:
        return None
    if any((e.reference, e.name) == (agreement.reference, ENDED) and e.on <= on for e in events):
        return None
    return f"its agreement ended on {until}: expired, unconfirmed"


def _sentences(kind: RetentionClass, days: Days) -> list[str]:
    told = []
    if days.retained_through is not None:
        told.append(f"to be kept through {days.retained_through} (clause {kind.clause})")
    if days.due_on is not None:
        told.append(f"disposal may begin on {days.due_on}")
    told.append(f"the review opens on {days.review_opens_on}")
    if days.destroy_by is not None:
        told.append(f"must be gone by {days.destroy_by}")
        told += [f"so that a copy can still age out within {wait}" for wait in _waits(kind)]
    return told


def _trigger(
    dataset: DatasetId, agreement: Agreement, kind: RetentionClass, events: Sequence[TriggerEvent]
) -> TriggerEvent | None:
    """Return the newest recording of the event that starts this dataset's clock."""
    assert kind.rule is not None
    declared = next((e for e in agreement.events if e.name == kind.rule.trigger), None)
    if declared is None:
        return None
    value = "" if declared.per == "agreement" else dataset.values.get(declared.per)
    for event in reversed(events):
        if (event.reference, event.name, event.value) == (
            agreement.reference,
            declared.name,
            value,
        ):
            return event
    return None


def _not_eligible(
    dataset: DatasetId, on: date, draft: _Draft, holds: tuple[Hold, ...]
) -> Assessment:
    return Assessment(
        dataset,
        on,
        eligible=False,
        reasons=tuple(draft.reasons),
        working=tuple(draft.working),
        holds=holds,
        raised=True,
    )
