"""What awaits each person today, for the one mail a day: counts, marks and ids, no datasets."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from retention.domain.agreement import Person
from retention.domain.entry import Entry
from retention.domain.incident import incidents_in
from retention.domain.roles import DPO, MANAGER, OWNER
from retention.steps.awaiting import awaiting_lists
from retention.steps.chase import Owes, differing, owed
from retention.steps.classify import Dated
from retention.steps.due import DueList
from retention.steps.remaining import EXCEPTIONS, remaining
from retention.steps.telling import Telling, shown_to, to_decide
from retention.steps.unstaffed import unstaffed
from retention.views import figures
from retention.views.mails import Part, list_line

LINES_MAX: Final = 20  # of one part; what is beyond is counted
_LATE = ("overdue", "held past their maximum", "in conflict", "to be asked about")
_DECIDE = "Lists that await your decision"
_ADVISE = "Lists under review, for your advice; no decision of yours is asked for"
_ASSESS = "Incidents that you must assess (`retention incident list`)"
_ATTEST = "Copies not known to be gone, of datasets that were destroyed (`retention attest`)"
_CHASE = "Answers that others owe (`retention chase`)"
_DIFFER = "Notices on which controllers said other than proceed; nothing of these goes on"
_ESCALATED = "Escalated to you, and not answered yet"
_NOBODY = "Nobody could decide on these: name deputies, or people, in people.toml"
_OVERDUE = "Datasets (`retention due`)"

_Lines = dict[str, dict[str, list[str]]]  # person → heading → lines


def parts_by_person(
    ports: Telling, dated: Sequence[Dated]
) -> Iterator[tuple[Person, tuple[Part, ...]]]:
    """Yield everybody for whom something waits today and who has an address, and what it is."""
    found: _Lines = defaultdict(lambda: defaultdict(list))
    _lists(found, ports)
    _incidents(found, ports)
    _exceptions(found, ports, dated)
    _for_roles(found, ports, {MANAGER, OWNER}, _OVERDUE, _overdue(ports, dated))
    _for_roles(found, ports, {MANAGER, OWNER}, _ATTEST, _copies(ports))
    _owed(found, ports)
    _for_roles(found, ports, {MANAGER}, _DIFFER, _differing(ports))
    for person in ports.library.people():
        if person.email and found[person.id]:
            yield person, tuple(_part(*each) for each in found[person.id].items())


def _part(heading: str, lines: Sequence[str]) -> Part:
    kept = tuple(lines[:LINES_MAX])
    more = len(lines) - len(kept)
    return Part(heading, (*kept, f"and {more:,} more") if more else kept)


def _for_roles(
    found: _Lines, ports: Telling, roles: set[str], heading: str, lines: Sequence[str]
) -> None:
    for person in ports.library.people():
        if lines and roles & set(person.roles):
            found[person.id][heading] += lines


def _lists(found: _Lines, ports: Telling) -> None:
    for each in awaiting_lists(ports.ledger, ports.evidence):
        for person, shown in to_decide(each, ports):
            found[person.id][_DECIDE].append(list_line(shown, ports.address, ports.today))
        line = list_line(shown_to(each, ports, ""), ports.address, ports.today)
        _for_roles(found, ports, {DPO}, _ADVISE, [line])


def _incidents(found: _Lines, ports: Telling) -> None:
    records = ports.ledger.of_kind(Entry.INCIDENT, Entry.INCIDENT_CLOSED)
    still = [each for each in incidents_in(records) if each.is_open]
    counts = Counter((each.kind, each.is_personal) for each in still)
    lines = []
    for (kind, is_personal), number in sorted(counts.items()):
        marked = ", possible personal data breach" if is_personal else ""
        lines.append(f"{number:,} {kind}{marked}")
    _for_roles(found, ports, {DPO}, _ASSESS, lines)


def _exceptions(found: _Lines, ports: Telling, dated: Sequence[Dated]) -> None:
    for each in unstaffed(dated, ports.ledger, ports.evidence, ports.library, ports.today):
        ids = {person.id for person in ports.known_as(each.escalate_to)}
        managers = {p.id for p in ports.library.people() if MANAGER in p.roles}
        for person in sorted(ids | managers):
            found[person][_NOBODY].append(each.told)


def _overdue(ports: Telling, dated: Sequence[Dated]) -> list[str]:
    counted = DueList(ports.today)
    for each in dated:
        counted.add(each)
    return [f"{counted.flags[name]:,} {name}" for name in _LATE if counted.flags[name]]


def _copies(ports: Telling) -> list[str]:
    counts = Counter(each.standing for each in remaining(ports.ledger, ports.evidence, ports.today))
    return [
        f"{figures.count(counts[each], 'copy', 'copies')} {each.value}"
        for each in EXCEPTIONS
        if counts[each]
    ]


def _owed(found: _Lines, ports: Telling) -> None:
    asked = 0
    for each in owed(ports.ledger, ports.evidence, ports.library, ports.today):
        if each.what is Owes.INSTRUCTION:
            asked += 1  # its name is that of a dataset
            continue
        line = each.told(ports.today)
        _for_roles(found, ports, {MANAGER}, _CHASE, [line])
        if each.is_escalated(ports.today):
            for person in ports.known_as(each.escalate_to):
                found[person.id][_ESCALATED].append(line)
    if asked:
        line = f"{figures.count(asked, 'question')} to parties about one dataset each"
        _for_roles(found, ports, {MANAGER}, _CHASE, [line])


def _differing(ports: Telling) -> list[str]:
    return [line for _, line in differing(ports.ledger, ports.evidence, ports.library)]
