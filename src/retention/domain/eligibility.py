"""What may happen to one dataset when, and why: a pure function that shows its working.

Source: ``clock.md``; NHS Records Management Code of Practice (2021, updated 2023), s. 5.2: a date
opens a review and never destroys.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from retention.domain.agreement import Agreement, RetentionClass, Status
from retention.domain.clock import Days
from retention.domain.dataset import DatasetId
from retention.domain.events import SUPPORT_ENDED, TriggerEvent
from retention.domain.hold import Hold, Subject, covered_by
from retention.domain.knowledge import Ground, expired_unconfirmed, facts_of
from retention.domain.timeline import Timeline, timeline
from retention.domain.words import long_day

KEPT_MAX = 100_000  # timelines of one agreement: more than there are events in any


class Phase(StrEnum):
    """Where the days alone put a dataset; what people have done since is its state."""

    UNCLASSIFIED = "unclassified"  # no agreement or no class claims it
    PLACEHOLDER = "placeholder"  # its period is yet to be agreed
    AWAITING_TRIGGER = "awaiting_trigger"
    CONFLICT = "conflict"
    RETAINED = "retained"
    REVIEW_OPEN = "review_open"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer for one dataset on one day.

    *eligible* means that a review may be opened and people asked; never more.
    """

    dataset: DatasetId
    on: date
    phase: Phase
    reasons: tuple[str, ...]  # every reason why it is not eligible; empty if it is
    working: tuple[str, ...] = ()  # sentences that a reader can check with a pencil
    holds: tuple[Hold, ...] = ()
    conflicts: tuple[str, ...] = ()
    timeline: Timeline | None = None
    ask_on: date | None = None  # for an event that has not come: ask about it from here
    review_at_latest: date | None = None
    raised: bool = False  # a person must look, every day until someone acts
    overdue_since: date | None = None  # the first day past its maximum, if that has come

    @property
    def eligible(self) -> bool:
        """Whether a review may be opened and people asked."""
        return not self.reasons

    @property
    def days(self) -> Days | None:
        """What follows from the trigger; None while nothing can be said."""
        return None if self.timeline is None else self.timeline.days

    @property
    def trigger(self) -> TriggerEvent | None:
        """The event that set the clock going."""
        return None if self.timeline is None else self.timeline.trigger

    @property
    def conflict(self) -> bool:
        """Whether a minimum ends after a maximum: only people can decide which gives way."""
        return bool(self.conflicts)

    @property
    def cut_off_on(self) -> date | None:
        """The day to which the cut-off carries the trigger."""
        return None if self.timeline is None else self.timeline.cut_off_on

    @property
    def due(self) -> bool:
        """Whether disposal may begin, people willing."""
        return self.eligible and (
            self.days is not None and (self.days.due_on is None or self.days.due_on <= self.on)
        )

    @property
    def overdue(self) -> bool:
        """Whether it is there past its maximum; a day that only warns makes nothing overdue."""
        return self.overdue_since is not None

    @property
    def held_past_maximum(self) -> bool:
        """Whether holds that others ordered keep it past its maximum: a state and no fault."""
        return self.overdue and any(not hold.is_ours_alone for hold in self.holds)

    @property
    def over_retained(self) -> bool:
        """Whether nothing but ourselves keeps it past its maximum: an incident."""
        return self.overdue and not self.held_past_maximum


def assess(dataset: DatasetId, ground: Ground, *, on: date) -> Assessment:
    """Say what *dataset* is eligible for on the day *on*, with every reason and the working."""
    return Assessor(ground, on).assess(dataset)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What datasets of one class with the same events have in common."""

    phase: Phase
    reasons: tuple[str, ...]
    timeline: Timeline | None = None
    ask_on: date | None = None
    review_at_latest: date | None = None
    raised: bool = True
    overdue_since: date | None = None


class Assessor:
    """Assesses the datasets of one agreement on one day.

    Datasets that share their class and their events share all but their holds: that is worked out
    once, and kept for as long as there is room.
    """

    def __init__(self, ground: Ground, on: date) -> None:
        """Look at *ground* on the day *on*."""
        self._ground, self._on = ground, on
        self._kinds = _by_name(ground.term.governing)
        self._expired = expired_unconfirmed(ground.term, ground.events, on)
        self._kept: dict[tuple[str, ...], _Shared] = {}
        self._alike = {name: _alike(kind, ground) for name, kind in self._kinds.items()}
        self._own = ground.own_datasets
        self._wide: list[tuple[Hold, Hold]] = []  # as it was placed, and as it is looked for
        self._narrow: dict[str, list[tuple[Hold, Hold]]] = defaultdict(list)
        for hold in ground.holds.concerning(ground.term.reference):
            agreement = ground.term.governing
            looked_for = hold if agreement is None else hold.under(agreement)
            if looked_for.dataset:
                self._narrow[looked_for.dataset].append((hold, looked_for))
            else:
                self._wide.append((hold, looked_for))

    def assess(self, dataset: DatasetId) -> Assessment:
        """Return the assessment of one dataset."""
        agreement, kind = self._ground.term.governing, None
        if agreement is None or agreement.reference != dataset.reference:
            shared = _Shared(Phase.UNCLASSIFIED, ("no agreement is in force for it",))
        elif (kind := self._kinds.get(dataset.class_name)) is None:
            shared = _Shared(Phase.UNCLASSIFIED, ("no class of the agreement claims it",))
        else:
            shared = self._shared(dataset, kind, agreement)
        holds = self._matching(dataset, kind)
        reasons = shared.reasons
        if holds:
            reasons = (*(f"held by {hold.id} ({hold.ground})" for hold in holds), *reasons)
        line = shared.timeline
        return Assessment(
            dataset,
            self._on,
            shared.phase,
            reasons,
            () if line is None else line.working,
            holds,
            (_CONFLICT,) if line is not None and line.conflict else (),
            line,
            shared.ask_on,
            shared.review_at_latest,
            shared.raised,
            shared.overdue_since,
        )

    def _matching(self, dataset: DatasetId, kind: RetentionClass | None) -> tuple[Hold, ...]:
        wide: Sequence[tuple[Hold, Hold]] = self._wide
        narrow = self._narrow.get(str(dataset), ()) if self._narrow else ()
        if not wide and not narrow:
            return ()
        subject = None
        if kind is not None:
            agreement = self._ground.term.governing
            assert agreement is not None
            controllers = kind.controllers_of(dataset.values) or agreement.controllers
            subject = Subject(dataset, controllers, covered_by(kind.period_covered, dataset.values))
        return tuple(
            hold.as_to(subject)
            for hold, looked_for in (*wide, *narrow)
            if looked_for.matches(dataset, subject)
        )

    def _shared(self, dataset: DatasetId, kind: RetentionClass, agreement: Agreement) -> _Shared:
        if self._own and str(dataset) in self._own:
            return self._work_out(dataset, kind, agreement)
        per = self._alike[kind.name]
        key = (kind.name, *(value for name, value in dataset.binding if name in per))
        if (found := self._kept.get(key)) is None:
            if len(self._kept) >= KEPT_MAX:
                self._kept.clear()
            found = self._kept[key] = self._work_out(dataset, kind, agreement)
        return found

    def _work_out(self, dataset: DatasetId, kind: RetentionClass, agreement: Agreement) -> _Shared:
        reasons = self._terms(kind, str(dataset))
        raised = bool(reasons)
        if kind.status is Status.PLACEHOLDER:
            reasons.append("its class is a placeholder: the period is yet to be agreed")
        if kind.rule is None or agreement.disposal is None:
            if kind.status is not Status.PLACEHOLDER:
                reasons.append("no retention rule is agreed for it")
            return _Shared(Phase.PLACEHOLDER, tuple(reasons))
        facts = facts_of(dataset, kind, agreement, self._ground)
        found = timeline(kind, facts, lead=agreement.disposal.lead)
        reasons += _reasons_in(found, self._on)
        ask_on = at_latest = None
        if found.awaiting:
            ask_on, at_latest = self._asking(dataset, kind, found.awaiting)
        days = found.days
        overdue = days is not None and days.destroy_by is not None and days.destroy_by < self._on
        overdue = overdue or any(first <= self._on <= last for first, last in found.overdue_spans)
        raised = raised or found.conflict or overdue or bool(found.awaiting) or days is None
        phase = _phase(kind, found, self._on)
        since = _overdue_since(phase, found, self._on)
        return _Shared(phase, tuple(reasons), found, ask_on, at_latest, raised, since)

    def _terms(self, kind: RetentionClass, dataset: str) -> list[str]:
        """Return the reasons that lie in agreement and instructions: each is raised."""
        reasons = [self._expired] if self._expired else []
        reasons += [
            f"the engine cannot follow a term that was signed: {term}" for term in kind.not_followed
        ]
        instructions = self._ground.instructions
        if kind.shorter_than and not instructions.confirms_shorter(kind.name):
            reasons.append(f"{kind.shorter_than}: a written confirmation is not recorded")
        reasons += [
            f"{each.controller} instructed to {each.verb} it ({each.id})"
            for each in instructions.diverting(kind.name, dataset)
        ]
        return reasons

    def _asking(
        self, dataset: DatasetId, kind: RetentionClass, awaiting: Sequence[str]
    ) -> tuple[date | None, date | None]:
        """Return from when to ask about the missing events, and when a review comes at the latest.

        Both count from the day on which the event was expected, or else from the agreement's
        start; a class that does not say when is reviewed at the agreement's end.
        Source: ``clock.md``, ruling 7.
        """
        agreement, term = self._ground.term.governing, self._ground.term
        assert agreement is not None
        declared = {each.name: each for each in agreement.events}
        expected = [
            (day, each)
            for name in awaiting
            if (each := declared.get(name)) is not None
            and (day := each.expected.get(each.value_for(dataset.values) or "")) is not None
        ]
        asks = [e.chase_after.after(day) for day, e in expected if e.chase_after is not None]
        anchor = min((day for day, _ in expected), default=term.started_on)
        at_latest = term.ends_on
        if kind.review_at_latest is not None and anchor is not None:
            at_latest = kind.review_at_latest.after(anchor)
        return min(asks, default=None), at_latest


_CONFLICT = "its minimum ends after its maximum: people must decide"


def _alike(kind: RetentionClass, ground: Ground) -> frozenset[str]:
    """Return the placeholders whose values the clock looks at: those that events are per."""
    agreement = ground.term.governing
    assert agreement is not None
    per = {each.per for each in agreement.events if each.name in kind.event_names}
    if SUPPORT_ENDED in kind.event_names:
        per.add("nation")  # a legal support may concern some nations only
    return frozenset(per)


def _by_name(agreement: Agreement | None) -> dict[str, RetentionClass]:
    return {} if agreement is None else {each.name: each for each in agreement.classes}


def _reasons_in(found: Timeline, on: date) -> list[str]:
    """Return each reason that lies in the days themselves."""
    days = found.days
    reasons: list[str] = []
    waits = not (found.minimum_known and found.started) or days is None
    if waits:
        reasons += [f"nobody has recorded the event {name}" for name in found.awaiting]
        if not reasons:
            reasons.append("nothing has started its clock yet")
    if found.conflict:
        reasons.append(_CONFLICT)
    # A dated end drives maximums at once; a minimum starts when the thing has happened.
    reasons += [f"{n} lies ahead, on {long_day(day)}" for n, day in found.begins if day > on]
    if days is not None and on < days.review_opens_on and not waits:
        reasons.append(f"its review opens on {long_day(days.review_opens_on)}")
    return reasons


def _overdue_since(phase: Phase, line: Timeline, on: date) -> date | None:
    """Return the first day past the maximum, also where that was moved later than it was signed.

    A period that nobody has agreed binds nobody.
    """
    if phase is Phase.PLACEHOLDER:
        return None
    spans = (first for first, last in line.overdue_spans if first <= on <= last)
    if (first := next(spans, None)) is not None:
        return first
    if line.latest_by is None or line.latest_by >= on:
        return None
    return line.latest_by + timedelta(days=1)


def _phase(kind: RetentionClass, found: Timeline, on: date) -> Phase:
    days = found.days
    if kind.status is Status.PLACEHOLDER:
        return Phase.PLACEHOLDER
    if found.conflict:
        return Phase.CONFLICT
    if days is None or not (found.minimum_known and found.started):
        return Phase.AWAITING_TRIGGER
    if on < days.review_opens_on:
        return Phase.RETAINED
    return Phase.DUE if days.due_on is not None and on >= days.due_on else Phase.REVIEW_OPEN
