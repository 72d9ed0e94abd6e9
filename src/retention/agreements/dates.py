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
from retention.domain.clock import Conflict, Days, Period, cut_off
from retention.domain.eligibility import days_from

ROOM_DAYS = 31  # less than this from due to gone is worth a warning: reviews take weeks
_FIRST = date(2021, 4, 1)
_SPAN_DAYS = 4 * 365 + 1  # every day of the calendar, 29 February included
_NO_LEAD = Period(0, 0, 0)


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
        f"from {_long(trigger)}: kept through {_long(days.retained_through or trigger)}, "
        f"due {_long(days.due_on)}, gone by {_long(days.destroy_by)}"
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
        found = days_from(kind, day, lead=_NO_LEAD)
        days = found.days if isinstance(found, Conflict) else found
        if days.due_on is None or days.destroy_by is None:
            return None
        room = (days.destroy_by - days.due_on).days
        if least is None or room < least[0]:
            least = room, day, days
    return None if least is None else least[1:]


def _long(day: date) -> str:
    """Return a day as people write it, such as 1 April 2021."""
    return f"{day.day} {day:%B %Y}"
