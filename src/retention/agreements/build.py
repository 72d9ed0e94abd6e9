"""From the tables of a file to the agreement that the rest of the engine knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from retention.agreements.classes import Also, ClassTable, CopyTable
from retention.agreements.fields import FromCutOff, Several, YearEnd, kept
from retention.agreements.models import AgreementTable, DisposalTable, EventTable
from retention.agreements.schedules import shorter_than
from retention.domain.agreement import (
    Action,
    AfterEnd,
    Agreement,
    CheckedBy,
    Copy,
    Covers,
    Disposal,
    Duty,
    EventKind,
    Extensions,
    Limits,
    OurRole,
    RetentionClass,
    Route,
    Rule,
    Silence,
    Status,
    Support,
    Trigger,
    Which,
)
from retention.domain.beyond_use import BeyondUse
from retention.domain.clock import Period
from retention.domain.pattern import Pattern
from retention.domain.schedule import ScheduleRule

CUT_OFFS: Mapping[str, tuple[tuple[int, int], ...]] = MappingProxyType(
    {
        "none": (),
        "month-end": tuple((month, 31) for month in range(1, 13)),
        "quarter-end": ((3, 31), (6, 30), (9, 30), (12, 31)),
        "calendar-year-end": ((12, 31),),
        "financial-year-end": ((3, 31),),
        "tax-year-end": ((4, 5),),
    }
)
TO_CONFIRM = "to confirm"  # what a placeholder does not say


@dataclass(slots=True)
class Pieces:
    """The tables of one file that could be read, by their place in it."""

    header: AgreementTable | None = None
    disposal: DisposalTable | None = None
    events: dict[int, EventTable] = field(default_factory=dict)
    classes: dict[int, ClassTable] = field(default_factory=dict)

    @property
    def signed(self) -> bool:
        """Whether any class is signed, so that something may be disposed of."""
        return any(each.status == "signed" for each in self.classes.values())


def agreement_of(pieces: Pieces, digest: str, schedules: Mapping[str, ScheduleRule]) -> Agreement:
    """Return the agreement of a file without faults, whose text has *digest*."""
    header = pieces.header
    assert header is not None
    dates = header.in_force
    through_chain = bool(header.through) if header.route is None else header.route != "direct"
    return Agreement(
        reference=header.reference,
        version=header.version,
        title=header.title,
        our_role=OurRole(header.our_role),
        through=tuple(header.through),
        route=Route.THROUGH_CHAIN if through_chain else Route.DIRECT,
        controllers=tuple(header.controllers),
        mandate=header.mandate or TO_CONFIRM,
        in_force_from=None if dates is None else dates.from_,
        in_force_until=None if dates is None else dates.until,
        lawful_basis=tuple(header.lawful_basis),
        disposal=None if pieces.disposal is None else _disposal(pieces.disposal),
        events=tuple(_event(each) for each in pieces.events.values()),
        classes=tuple(
            _compared(class_of(each, header, pieces.disposal), schedules)
            for each in pieces.classes.values()
        ),
        digest=digest,
        support=tuple(
            Support(each.name, tuple(each.nations or ()), each.until) for each in header.support
        ),
        instructions_from=tuple(header.instructions_from),
        regions=tuple(header.regions),
    )


def _event(table: EventTable) -> EventKind:
    expected: dict[str, date] = {}
    if table.expected_on is not None and isinstance(day := table.expected_on.get("on"), date):
        expected[str(table.expected_on.get(table.per, ""))] = day
    return EventKind(
        table.name,
        table.per,
        tuple(table.recorded_by),
        MappingProxyType(expected),
        table.chase_after,
        table.evidence or "",
    )


def _disposal(table: DisposalTable) -> Disposal:
    return Disposal(
        approved_by=tuple(table.approved_by),
        notice=table.notice,
        silence=Silence(table.silence),
        approval_lapses=table.approval_lapses,
        cooling_off=table.cooling_off,
        lead=table.lead,
        certificate_within=table.certificate.within,
        dispute_window=table.dispute_window,
        limits=Limits(**table.limits.model_dump()),
        extension=_extensions(table),
        escalate_to=table.escalate_to or "",
        reminders=tuple(table.reminders),
        acknowledge_within=table.acknowledge_within,
        second_factor=table.second_factor,
    )


def _extensions(table: DisposalTable) -> Extensions | None:
    if (given := table.extension) is None:
        return None
    return Extensions(given.max, given.times, tuple(given.by))


def _compared(kind: RetentionClass, schedules: Mapping[str, ScheduleRule]) -> RetentionClass:
    told = shorter_than(kind, schedules.get(kind.schedule))
    return replace(kind, shorter_than=told) if told else kind


def class_of(
    table: ClassTable, header: AgreementTable, disposal: DisposalTable | None
) -> RetentionClass:
    """Return the retention class; its copies match the same values as the class itself."""
    by_nation = {name: tuple(ids) for name, ids in table.controllers_by_nation.items()}
    fallback = () if disposal is None else disposal.approved_by
    return RetentionClass(
        name=table.name,
        status=Status(table.status),
        describes=table.describes,
        identifiability=table.identifiability or TO_CONFIRM,
        special_category=bool(table.special_category),
        datasets=tuple(table.datasets),
        controllers=tuple(table.controllers or header.controllers),
        controllers_by_nation=MappingProxyType(by_nation),
        rule=rule_of(table),
        destroy_by_covers=Covers(table.destroy_by_covers) if table.destroy_by_covers else None,
        then=Action(table.then) if table.then else None,
        clause=table.clause or "",
        approved_by=tuple(table.approved_by or fallback),
        copies=tuple(_copy(each, table.datasets) for each in table.copies),
        not_followed=tuple(_not_followed(table, disposal)),
        also=tuple(_duty(each) for each in table.also),
        after_end=AfterEnd(table.after_end) if table.after_end else None,
        after_end_clause=table.after_end_clause or "",
        review_at_latest=table.review_at_latest,
        period_covered=table.period_covered or "",
        schedule=table.schedule or "",
    )


def rule_of(table: ClassTable) -> Rule | None:
    """Return the rule, or None where the table gives no trigger or no whole period."""
    exact = table.keep_exactly if table.dispose_within is not None else None
    bounds = (table.keep_at_least, table.destroy_by, exact)
    if table.trigger is None or not any(each is not None for each in bounds):
        return None
    return Rule(
        trigger=_trigger(table.trigger),
        cut_off=_ends(table.cut_off),
        keep_at_least=kept(table.keep_at_least),
        **_most(table.destroy_by),
        keep_exactly=exact,
        dispose_within=table.dispose_within,
    )


def _duty(table: Also) -> Duty:
    rule = Rule(
        trigger=_trigger(table.trigger),
        cut_off=_ends(table.cut_off),
        keep_at_least=kept(table.keep_at_least),
        **_most(table.destroy_by),
    )
    return Duty(table.owner, table.clause, rule)


def _most(given: Period | FromCutOff | None) -> dict[str, Any]:
    from_cut_off = isinstance(given, FromCutOff)
    return {
        "destroy_by": given.period if isinstance(given, FromCutOff) else given,
        "destroy_by_from_cut_off": from_cut_off,
    }


def _ends(given: str | YearEnd | None) -> tuple[tuple[int, int], ...]:
    return (given.year_end,) if isinstance(given, YearEnd) else CUT_OFFS[given or "none"]


def _trigger(given: str | Several) -> Trigger:
    if isinstance(given, str):
        return Trigger.of(given)
    if given.earliest:
        return Trigger(tuple(given.earliest), Which.EARLIEST)
    return Trigger(tuple(given.latest or ()), Which.LATEST)


def _copy(table: CopyTable, datasets: Sequence[Pattern]) -> Copy:
    expressions = datasets[0].expressions if datasets else {}
    looked = table.beyond_use
    return Copy(
        kind=table.kind,
        checked_by=CheckedBy(table.checked_by),
        store=None if table.store is None else table.store.filled(expressions),
        where=table.where or "",
        gone_within=table.gone_within,
        beyond_use=None if looked is None else BeyondUse(tuple(looked.tests), looked.by, looked.on),
        not_covered_clause=table.not_covered_clause or "",
    )


def _not_followed(table: ClassTable, disposal: DisposalTable | None) -> list[str]:
    """Return the terms that were written and that the engine would pass over in silence."""
    terms = {
        "linked_to": bool(table.linked_to),
        "our_role of a class": table.our_role is not None,
        f"then = {table.then}": table.then in {"return", "archive", "transfer"},
        "instruction = each-time": disposal is not None and disposal.instruction == "each-time",
    }
    return [term for term, written in terms.items() if written]
