"""From the tables of a file to the agreement that the rest of the engine knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from retention.agreements.fields import FromCutOff, Several, YearEnd
from retention.agreements.models import (
    AgreementTable,
    ClassTable,
    CopyTable,
    DisposalTable,
    EventTable,
)
from retention.domain.agreement import (
    Action,
    Agreement,
    CheckedBy,
    Copy,
    Covers,
    Disposal,
    EventKind,
    Limits,
    OurRole,
    RetentionClass,
    Route,
    Rule,
    Silence,
    Status,
)
from retention.domain.pattern import Pattern

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


def agreement_of(pieces: Pieces, digest: str) -> Agreement:
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
        events=tuple(
            EventKind(each.name, each.per, tuple(each.recorded_by))
            for each in pieces.events.values()
        ),
        classes=tuple(class_of(each, header, pieces.disposal) for each in pieces.classes.values()),
        digest=digest,
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
    )


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
    )


def rule_of(table: ClassTable) -> Rule | None:
    """Return the rule, or None where the table gives no trigger or no whole period."""
    exact = table.keep_exactly if table.dispose_within is not None else None
    bounds = (table.keep_at_least, table.destroy_by, exact)
    if table.trigger is None or not any(each is not None for each in bounds):
        return None
    most = table.destroy_by
    return Rule(
        trigger=_trigger_name(table.trigger),
        cut_off=_ends(table),
        keep_at_least=table.keep_at_least,
        destroy_by=most.period if isinstance(most, FromCutOff) else most,
        destroy_by_from_cut_off=isinstance(most, FromCutOff),
        keep_exactly=exact,
        dispose_within=table.dispose_within,
    )


def _ends(table: ClassTable) -> tuple[tuple[int, int], ...]:
    if isinstance(table.cut_off, YearEnd):
        return (table.cut_off.year_end,)
    return CUT_OFFS[table.cut_off or "none"]


def _trigger_name(trigger: str | Several) -> str:
    if isinstance(trigger, str):
        return trigger
    which = "the earliest of" if trigger.earliest else "the latest of"
    return f"{which} {', '.join(trigger.earliest or trigger.latest or [])}"


def _copy(table: CopyTable, datasets: Sequence[Pattern]) -> Copy:
    expressions = datasets[0].expressions if datasets else {}
    return Copy(
        kind=table.kind,
        checked_by=CheckedBy(table.checked_by),
        store=None if table.store is None else table.store.filled(expressions),
        where=table.where or "",
        gone_within=table.gone_within,
    )


def _not_followed(table: ClassTable, disposal: DisposalTable | None) -> list[str]:
    """Return the terms that were written and that the engine would pass over in silence."""
    terms = {
        "a trigger of several events": isinstance(table.trigger, Several),
        "[[class.also]]": bool(table.also),
        "linked_to": bool(table.linked_to),
        "our_role of a class": table.our_role is not None,
        f"then = {table.then}": table.then in {"return", "archive", "transfer"},
        "instruction = each-time": disposal is not None and disposal.instruction == "each-time",
        "second_factor": disposal is not None and disposal.second_factor,
    }
    return [term for term, written in terms.items() if written]
