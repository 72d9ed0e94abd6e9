"""Which days follow for a dataset from what is known of its events, with the working.

A class has its own rule and may have further duties (``[[class.also]]``): the longest minimum and
the shortest maximum hold, and a minimum past the maximum is a conflict that people decide.
Source: ``clock.md``, rulings 2 to 10 and 13.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from retention.domain.age import Age, birthday
from retention.domain.agreement import RetentionClass, Rule, Trigger, Which
from retention.domain.bounds import Bounds, extend, leave_time
from retention.domain.clock import Conflict, Days, Period, between, cut_off
from retention.domain.events import AGREEMENT_END, CEASED, ENDED, TriggerEvent
from retention.domain.instruction import Instruction
from retention.domain.within import Firmness, Within, earliest_of, latest_of
from retention.domain.within import between as within
from retention.domain.words import event_words, long_day, period_words, year_words

_NEXT = timedelta(days=1)
_NO_LEAD = Period(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Known:
    """One event of a trigger, as far as it is known; *event* is None if nobody recorded it."""

    name: str
    within: Within
    event: TriggerEvent | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What the clock may know of one dataset.

    *known* answers for every event that a rule of its class names.  *end* is how far the
    agreement's end is known, where that starts the clock too.  *in_use* tells from which day it is
    back in use, and *used_until* when that use ceased; *owners* are the parties whose extension
    moves the maximum of the class's own rule.
    """

    known: Mapping[str, Known]
    end: Known | None = None
    in_use: date | None = None
    used_until: date | None = None
    extensions: Sequence[Instruction] = ()
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """What follows.  *days* is None while nothing can be said; *awaiting* names what is missing.

    *firmness* says how ``destroy_by`` may be read, and *latest_by* is the last day on which it may
    exist whatever becomes of what is missing.  *started* tells whether the clock of the class's own
    rule runs.  *begins* has the day from which each minimum counts, by the event.
    *overdue_spans* are the days, first and last, on which it was kept past a maximum
    that was moved too late.
    """

    days: Days | None
    conflict: bool = False
    firmness: Firmness = Firmness.FIRM
    latest_by: date | None = None
    started: bool = True
    trigger: TriggerEvent | None = None
    cut_off_on: date | None = None
    awaiting: tuple[str, ...] = ()
    minimum_known: bool = True
    begins: tuple[tuple[str, date], ...] = ()
    overdue_spans: tuple[tuple[date, date], ...] = ()
    working: tuple[str, ...] = ()

    @property
    def overdue_between(self) -> tuple[date, date] | None:
        """The last of the days on which it was overdue before it was extended."""
        return self.overdue_spans[-1] if self.overdue_spans else None


def timeline(kind: RetentionClass, facts: Facts, *, lead: Period) -> Timeline:
    """Say which days follow for datasets of *kind*, whose rule is agreed, from *facts*."""
    assert kind.rule is not None
    bounds = Bounds()
    _duty(kind.rule, "", kind.clause, facts, bounds, first=True)
    for duty in kind.also:
        bounds.working.append(f"also, for {duty.owner}:")
        _duty(duty.rule, duty.owner, duty.clause, facts, bounds, first=False)
    overdue = extend(bounds, facts.extensions, facts.owners, kind)
    leave_time(bounds, kind)
    known = max(bounds.through, default=None)
    through = known if bounds.minimum_known else None
    gone_by, firmness, latest_by = bounds.shortest(through)
    days, conflict = None, False
    if through is not None or gone_by is not None:
        found = between(through, gone_by, lead=lead)
        conflict = isinstance(found, Conflict)
        days = found.days if isinstance(found, Conflict) else found
        bounds.working += _conclusion(days, firmness, lead)
    # What is not known of another minimum hides no conflict with one that is.
    if known is not None and latest_by is not None:
        conflict = conflict or known >= latest_by
    return Timeline(
        days,
        conflict,
        firmness,
        latest_by,
        bounds.started,
        bounds.trigger,
        bounds.cut_off_on,
        tuple(sorted(bounds.unknown)),
        bounds.minimum_known,
        tuple(bounds.begins.items()),
        overdue,
        tuple(bounds.working),
    )


def certain(kind: RetentionClass, day: date, *, lead: Period = _NO_LEAD) -> Days | Conflict:
    """Return what follows if every event of *kind* happened on the one *day*."""
    assert kind.rule is not None
    known = {name: Known(name, within(day, day)) for name in kind.event_names}
    found = timeline(kind, Facts(known), lead=lead)
    assert found.days is not None
    return Conflict(found.days) if found.conflict else found.days


def start_of(trigger: Trigger, known: Callable[[str], Known]) -> Within:
    """Return when *trigger* happened, as far as its events are known."""
    parts = [known(name).within for name in trigger.events]
    return earliest_of(parts) if trigger.which is Which.EARLIEST else latest_of(parts)


def _duty(
    rule: Rule, owner: str, clause: str, facts: Facts, bounds: Bounds, *, first: bool
) -> None:
    """Add the bounds of one duty, and the sentences that lead to them."""
    start = start_of(rule.trigger, facts.known.__getitem__)
    if first and facts.end is not None:
        start = earliest_of([start, facts.end.within])
    begun = _begun(facts, start)
    bounds.clauses.append((owner, _has_minimum(rule)))
    bounds.unknown |= start.unknown | _missing(rule, facts, start, use_end=first)
    if first:
        bounds.started = (begun if _has_minimum(rule) else start.by) is not None
        bounds.trigger = _deciding(rule, facts, start, use_end=True)
        bounds.cut_off_on = _carried(rule, start, begun)
    if begun is not None and _has_minimum(rule):
        event = _deciding(rule, facts, start, use_end=first)
        name = str(rule.trigger) if event is None else event.name
        bounds.begins[CEASED if begun == facts.used_until else name] = begun
    _tell_start(rule, facts, bounds, use_end=first)
    under = f" (clause {clause})" if clause else ""
    if rule.keep_exactly is not None and rule.dispose_within is not None:
        _exact(rule, start, begun, owner, under, bounds)
    if rule.keep_at_least is not None:
        _minimum(rule, rule.keep_at_least, facts, start, begun, under, bounds)
    if (most := rule.destroy_by) is not None:

        def ends(day: date) -> tuple[date, str]:
            counted = cut_off(rule.cut_off, day) if rule.destroy_by_from_cut_off else day
            gone_by = most.after(counted)
            told = f"at most {period_words(most)} from {long_day(counted)}{under}"
            return gone_by, f"{told}: through {long_day(gone_by)}"

        bounds.limit(start, ends, owner=owner, kept=_kept(rule))


def _kept(rule: Rule) -> Callable[[date], date] | None:
    """Return how the minimum of *rule* alone ends, whatever else is known of the dataset."""
    keep = rule.keep_at_least
    if keep is None:
        return None
    if isinstance(keep, Age):
        return lambda born: birthday(born, keep.years)
    return lambda day: keep.after(cut_off(rule.cut_off, day))


def _missing(rule: Rule, facts: Facts, start: Within, *, use_end: bool) -> set[str]:
    """Return what else somebody would have to record for this clock to start.

    That is the end of a use that goes on, and where no event is unknown it is what is dated and
    not confirmed.
    """
    missing = set()
    if _has_minimum(rule) and facts.in_use is not None and facts.used_until is None:
        missing.add(CEASED)
    started = start.minimum_from if _has_minimum(rule) else start.by
    if started is not None or start.unknown:
        return missing
    parts = [facts.known[name] for name in rule.trigger.events]
    if use_end and facts.end is not None:
        parts.append(facts.end)
    for known in parts:
        if (known.within.minimum_from if _has_minimum(rule) else known.within.by) is None:
            missing.add(ENDED if known.name == AGREEMENT_END else known.name)
    return missing


def _begun(facts: Facts, start: Within) -> date | None:
    """Return the day from which the minimum counts: after a second use, the end of that use.

    Source: ``clock.md``, ruling 10.
    """
    if facts.in_use is None:
        return start.minimum_from
    if start.minimum_from is None or facts.used_until is None:
        return None
    return max(start.minimum_from, facts.used_until)


def _minimum(
    rule: Rule,
    keep: Period | Age,
    facts: Facts,
    start: Within,
    begun: date | None,
    under: str,
    bounds: Bounds,
) -> None:
    if begun is None:
        bounds.minimum_known = False
        return
    if isinstance(keep, Age):
        told, through = _birthday(keep, facts, start, bounds)
    else:
        counted = _cut(rule, begun, bounds)
        through = keep.after(counted)
        told = f"kept {period_words(keep)}"
    bounds.through.append(through)
    bounds.working.append(f"{told}{under}: through {long_day(through)}")


def _birthday(keep: Age, facts: Facts, born: Within, bounds: Bounds) -> tuple[str, date]:
    """Return how long, in words, and the day: nobody is born again after a second use."""
    assert born.minimum_from is not None
    ended = facts.known.get(keep.one_more_if_17_at)
    reached = keep.reached(born, None if ended is None else ended.within)
    told = f"kept through {reached}"
    if ended is not None:
        bounds.working.append(f"{event_words(ended.name)}{_told(ended)}")
        told += (
            ", being 17 then or perhaps" if reached.years > keep.years else ", not being 17 then"
        )
    through = birthday(born.minimum_from, reached.years)
    return told, max(through, facts.used_until or through)


def _exact(
    rule: Rule,
    start: Within,
    begun: date | None,
    owner: str,
    under: str,
    bounds: Bounds,
) -> None:
    """Add both bounds of an exact period; a second use moves only the first of them."""
    keep, dispose_within = rule.keep_exactly, rule.dispose_within
    assert keep is not None
    assert dispose_within is not None
    if begun is None:
        bounds.minimum_known = False
    else:
        through = keep.after(_cut(rule, begun, bounds))
        bounds.through.append(through)
        bounds.working.append(
            f"kept exactly {period_words(keep)}{under}: through {long_day(through)}"
        )

    def ends(day: date) -> tuple[date, str]:
        kept = keep.after(cut_off(rule.cut_off, day))
        gone_by = dispose_within.after(kept)
        told = f"disposed of within {period_words(dispose_within)} of {long_day(kept)}"
        return gone_by, f"{told}: through {long_day(gone_by)}"

    bounds.limit(start, ends, owner=owner, room=dispose_within)


def _carried(rule: Rule, start: Within, begun: date | None) -> date | None:
    """Return the day to which the cut-off carries what counts; None if it carries nothing."""
    if rule.keep_exactly is None and not isinstance(rule.keep_at_least, Period):
        begun = start.maximum_from if rule.destroy_by_from_cut_off else None
    return None if begun is None else cut_off(rule.cut_off, begun)


def _cut(rule: Rule, day: date, bounds: Bounds) -> date:
    carried = cut_off(rule.cut_off, day)
    if carried != day:
        bounds.working.append(f"{year_words(rule.cut_off)} ends {long_day(carried)}")
    return carried


def _tell_start(rule: Rule, facts: Facts, bounds: Bounds, *, use_end: bool) -> None:
    for name in rule.trigger.events:
        known = facts.known[name]
        bounds.working.append(f"{event_words(name)}{_told(known)}")
    if len(rule.trigger.events) > 1:
        bounds.working.append(f"the {rule.trigger.which.value} of these counts")
    if use_end and facts.end is not None and facts.end.within.by is not None:
        end = facts.end
        on = _told(end) if end.within.minimum_from else f" on {long_day(facts.end.within.by)}"
        bounds.working.append(f"the end of the agreement{on} counts if it is earlier")
    if use_end and facts.in_use is not None:
        ceased = facts.used_until
        until = "still in use" if ceased is None else f"use ceased on {long_day(ceased)}"
        bounds.working.append(
            f"back in use from {long_day(facts.in_use)}, {until}: the minimum counts from there"
        )


def _told(known: Known) -> str:
    event, within, last = known.event, known.within, known.within.minimum_from
    if last is None and (event is not None or within.by is not None):
        said = f"dated {long_day(within.by)}, not confirmed by anybody" if within.by else ""
        if event is None or within.earliest in {None, within.by}:
            return f" {said}"
        return f" on {long_day(event.on)}, perhaps of others{said and ', and '}{said}"
    if event is not None and event.is_precise:
        value = f" {event.value}" if event.value else ""
        also = f", dated {long_day(within.by)}" if within.by and within.by < event.on else ""
        return f"{value} on {long_day(event.on)}{also}"
    if within.earliest is not None and last is not None:
        if within.earliest == last:
            return f" on {long_day(last)}"
        return f" between {long_day(within.earliest)} and {long_day(last)}"
    return ": nobody has recorded it"


def _deciding(rule: Rule, facts: Facts, start: Within, *, use_end: bool) -> TriggerEvent | None:
    """Return the event that set the clock going: what a certificate names, and what is compared."""
    decided = start.minimum_from if _has_minimum(rule) else start.maximum_from
    if decided is None:
        return None
    candidates = [facts.known[name] for name in rule.trigger.events]
    if use_end and facts.end is not None:
        candidates.append(facts.end)
    for known in candidates:
        within = known.within
        if known.event is not None and decided in {within.minimum_from, within.earliest, within.by}:
            return known.event
    return None


def _has_minimum(rule: Rule) -> bool:
    return rule.keep_at_least is not None or rule.keep_exactly is not None


def _conclusion(days: Days, firmness: Firmness, lead: Period) -> Iterator[str]:
    if days.due_on is not None:
        yield f"disposal may begin on {long_day(days.due_on)}"
    yield f"the review opens on {long_day(days.review_opens_on)}, {period_words(lead)} before"
    if days.destroy_by is not None:
        told = {
            Firmness.FIRM: "must be gone by {}",
            Firmness.AT_THE_LATEST: "must be gone by {} at the latest: it may already be due",
            Firmness.WARNING: "not to be kept past {} unless the event that is missing came later",
        }
        yield told[firmness].format(long_day(days.destroy_by))
