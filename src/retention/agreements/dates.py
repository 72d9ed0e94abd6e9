"""Minimum against maximum on the worst day that a trigger can fall on.

Source: ``clock.md``, ruling 4: never resolved by code.  What would be a conflict for some trigger
is a fault of the rule; what leaves little room stands, and is said with its days.
"""

from datetime import date, timedelta

from retention.agreements.build import class_of
from retention.agreements.models import AgreementTable, ClassTable, DisposalTable
from retention.agreements.reading import Findings
from retention.agreements.text import Document, Path
from retention.domain.agreement import RetentionClass
from retention.domain.clock import Conflict, Days, cut_off
from retention.domain.timeline import certain
from retention.domain.words import long_day

ROOM_DAYS = 31  # less than this from due to gone is worth a warning: reviews take weeks
_FIRST = date(2021, 4, 1)
_SPAN_DAYS = 4 * 365 + 1  # every day of the calendar, 29 February included


def check_dates(
    doc: Document,
    path: Path,
    table: ClassTable,
    header: AgreementTable,
    disposal: DisposalTable | None,
    findings: Findings,
) -> None:
    """Check the rule of one class, if it has both a minimum and a maximum."""
    kind = class_of(table, header, disposal)
    if kind.rule is None or (found := worst(kind)) is None:
        return
    trigger, days = found
    assert days.due_on is not None
    assert days.destroy_by is not None
    room = (days.destroy_by - days.due_on).days + 1
    told = (
        f"from {long_day(trigger)}: kept through {long_day(days.retained_through or trigger)}, "
        f"due {long_day(days.due_on)}, gone by {long_day(days.destroy_by)}"
    )
    name = "keep_exactly" if table.keep_exactly is not None else "destroy_by"
    if room < 1:
        hint = "People decide which of the two gives way; no code does."
        findings.fault(doc, (*path, name), f"a conflict ({told})", "room for disposal", hint)
    elif room < ROOM_DAYS:
        few = "one day" if room == 1 else f"{room} days"
        findings.warn(doc, f"class {table.name} leaves little room: {told}: {few}")


def worst(kind: RetentionClass) -> tuple[date, Days] | None:
    """Return the first trigger day that leaves least room, with what follows from it.

    None if the rule has no minimum or no maximum, for then nothing can be in conflict.
    """
    least: tuple[int, date, Days] | None = None
    assert kind.rule is not None
    for number in range(_SPAN_DAYS):
        day = _FIRST + timedelta(days=number)
        before = day - timedelta(days=1)
        if kind.rule.cut_off and cut_off(kind.rule.cut_off, before) != before:
            continue  # the day before in the same year: as long to keep, and no later to be gone
        found = certain(kind, day)
        days = found.days if isinstance(found, Conflict) else found
        if days.due_on is None or days.destroy_by is None:
            return None
        room = (days.destroy_by - days.due_on).days
        if least is None or room < least[0]:
            least = room, day, days
    return None if least is None else least[1:]
