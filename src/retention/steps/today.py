"""Today: what awaits whom, what is late, what failed, and what comes next.  It only looks.

Whatever is overdue, awaiting, unclassified or unanswered is here every day until someone acts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from retention.domain.calendar import london_day
from retention.domain.disposition import State
from retention.domain.entry import Entry, Record
from retention.domain.hold import Hold, holds_in
from retention.domain.incident import incidents_in
from retention.domain.knowledge import expired_unconfirmed
from retention.domain.statutory import answer_by
from retention.domain.term import Term
from retention.domain.words import long_day
from retention.ports.catalogue import INVENTORY, Catalogue
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.ports.progress import Progress
from retention.steps.advance import next_steps
from retention.steps.awaiting import awaited_roles
from retention.steps.chase import Owes, differing, owed
from retention.steps.classify import Dated, assess_all
from retention.steps.close_manifests import manifests_kept
from retention.steps.due import FLAGS, LISTED_MAX, DueList
from retention.steps.freshness import is_old
from retention.steps.reconcile.strays import DARK_AFTER
from retention.steps.registers import HOLDS, Registers
from retention.steps.remaining import EXCEPTIONS, Remaining, Standing, remaining
from retention.steps.unstaffed import STAGES, unstaffed
from retention.views.refusals import lock_words

SURVEYED_WITHIN_DAYS: Final = 2
TELL_EVERY: Final = 5_000
_CALM: Final = frozenset({"of a class that is not agreed", "held", "held past their maximum"})

_TO_DECIDE: Final = frozenset[State]().union(*STAGES.values())


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to know: *urgent* if somebody must act on it."""

    section: str
    what: str
    how_many: int
    which: tuple[str, ...] = ()
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """The ports, and the day, that the questions of today take."""

    library: Library
    catalogue: Catalogue
    ledger: Ledger
    evidence: Evidence
    progress: Progress
    on: date

    @property
    def terms(self) -> Sequence[Term]:
        """What the versions of every agreement say together on that day."""
        return self.library.terms(self.on)


def today(asking: Asking) -> list[Line]:
    """Return every line, in the order in which a records manager reads them."""
    return [
        *_people(asking),
        *_datasets(asking),
        *_agreements(asking),
        *_holds(asking),
        *_incidents(asking),
        *_residuals(asking),
        *_surveys(asking),
        *_flows(asking),
    ]


def _people(asking: Asking) -> Iterator[Line]:
    section = "Awaiting people"
    names = {p.id: p.roles for p in asking.library.people()}
    for role, number in sorted(awaited_roles(asking.ledger, asking.evidence).items()):
        who = tuple(sorted(person for person, roles in names.items() if role in roles))
        yield Line(section, f"lists that await the {role}", number, who, urgent=True)
    ports = asking.ledger, asking.evidence, asking.library
    debts = owed(*ports, asking.on)
    silent = [each for each in debts if each.what is Owes.ANSWER]
    told = tuple(f"{each.about} ({each.whom})" for each in silent)
    yield Line(section, "notices without an answer", len(silent), told)
    lost = tuple(f"{each.about} ({each.whom})" for each in debts if each.what is Owes.RECEIPT)
    yield Line(section, "notices that no mail server took", len(lost), lost, urgent=bool(lost))
    differ = tuple(line for _, line in differing(*ports))
    yield Line(section, "notices answered with other than proceed", len(differ), differ)
    late = tuple(each.told(asking.on) for each in debts if each.is_escalated(asking.on))
    yield Line(section, "escalated, and not answered", len(late), late, urgent=bool(late))


def _datasets(asking: Asking) -> Iterator[Line]:
    section = "Datasets"
    found = DueList(asking.on)
    everything = assess_all(
        asking.terms, catalogue=asking.catalogue, ledger=asking.ledger, on=asking.on
    )
    waiting: list[Dated] = []
    for number, dated in enumerate(everything, start=1):
        found.add(dated)
        if dated.assessment.eligible and dated.state in _TO_DECIDE:
            waiting.append(dated)
        if number % TELL_EVERY == 0:
            asking.progress.at("looked at", number)
    yield Line(section, "may be reviewed", found.eligible)
    lists = unstaffed(waiting, asking.ledger, asking.evidence, asking.library, asking.on)
    number = sum(each.datasets for each in lists)
    why = tuple(each.told for each in lists)
    yield Line(section, "that nobody could decide on", number, why, urgent=bool(lists))
    for name in FLAGS:
        number = found.flags[name]
        yield Line(section, name, number, urgent=bool(number) and name not in _CALM)
    if found.locked:
        told = tuple(f"{name} ({lock_words(day)})" for name, day in sorted(found.locked.items()))
        yield Line(section, "locked by their stores", len(told), told[:LISTED_MAX])
    newest = _newest(asking.ledger.of_kind(Entry.SURVEYED))
    rows = {ref: r.number("unclassified") for ref, r in newest.items() if r.number("unclassified")}
    yield Line(
        section,
        "rows in the stores that no class claims",
        sum(rows.values()),
        tuple(f"{ref} ({n:,})" for ref, n in sorted(rows.items())),
        urgent=bool(rows),
    )


def _agreements(asking: Asking) -> Iterator[Line]:
    section = "Agreements"
    registers = Registers.read(asking.ledger)
    expired = [
        term.reference
        for term in asking.terms
        if expired_unconfirmed(term, registers.ground(term).events, asking.on)
    ]
    yield Line(section, "expired, unconfirmed", len(expired), (*expired,), urgent=bool(expired))
    known = {term.reference for term in asking.terms}
    surveyed = {r.text("agreement") for r in asking.ledger.of_kind(Entry.SURVEYED)}
    if gone := sorted(surveyed - known):
        yield Line(section, "whose files are gone", len(gone), (*gone,), urgent=True)
    soon = asking.on + timedelta(days=90)
    ending = [
        f"{term.reference} ({long_day(term.ends_on)})"
        for term in asking.terms
        if term.ends_on is not None and asking.on <= term.ends_on <= soon
    ]
    yield Line(section, "that end within 90 days", len(ending), (*ending,))


def _holds(asking: Asking) -> Iterator[Line]:
    section = "Holds"
    holds = holds_in(asking.ledger.stream(HOLDS))
    yield Line(section, "in force", len(holds), tuple(f"{h.id} ({h.ground})" for h in holds))
    asked = [hold.id for hold in holds if hold.release_asked_by]
    yield Line(
        section, "whose release awaits a second person", len(asked), (*asked,), urgent=bool(asked)
    )
    clocks = sorted((day, hold) for hold in holds if (day := _answer_by(hold)) is not None)
    late = any(day <= asking.on for day, _ in clocks)
    told = tuple(f"{hold.id} by {long_day(day)}" for day, hold in clocks)
    yield Line(section, "requests with a statutory clock", len(clocks), told, urgent=late)


def _answer_by(hold: Hold) -> date | None:
    if hold.received_on is None:
        return None
    return answer_by(hold.ground, hold.received_on, hold.nation)


def _incidents(asking: Asking) -> Iterator[Line]:
    section = "Incidents"
    records = asking.ledger.of_kind(Entry.INCIDENT, Entry.INCIDENT_CLOSED)
    open_ones = [each for each in incidents_in(records) if each.is_open]
    personal = [each for each in open_ones if each.is_personal]
    kinds = tuple(sorted({each.kind for each in open_ones}))
    yield Line(section, "open", len(open_ones), kinds, urgent=bool(open_ones))
    numbers = tuple(f"number {each.number}" for each in personal)
    yield Line(
        section, "possible personal data breaches", len(personal), numbers, urgent=bool(personal)
    )


def _residuals(asking: Asking) -> Iterator[Line]:
    section = "Copies that remain"
    found: dict[Standing, list[Remaining]] = {each: [] for each in Standing}
    for copy in remaining(asking.ledger, asking.evidence, asking.on):
        found[copy.standing].append(copy)
    for standing in (Standing.PENDING, Standing.HELD):
        copies = found[standing]
        yield Line(section, standing.value, len(copies), tuple(_ends(each) for each in copies))
    for standing in EXCEPTIONS:
        copies = found[standing]
        told = tuple(f"{_ends(each)}: {each.what_to_do}" for each in copies)
        yield Line(section, standing.value, len(copies), told, urgent=bool(copies))
    kept = tuple(manifests_kept(asking.ledger, asking.evidence, asking.library, asking.on))
    yield Line(section, "manifests kept past their day, and why", len(kept), kept)


def _ends(copy: Remaining) -> str:
    day = copy.copy.until
    until = "no day yet" if day is None else f"until {long_day(day)}"
    return f"{copy.name} ({until})"


def _surveys(asking: Asking) -> Iterator[Line]:
    section = "Surveys"
    records = list(asking.ledger.of_kind(Entry.SURVEYED))
    newest, good = _newest(records), _newest(r for r in records if not r.number("failed"))
    failed = tuple(sorted(ref for ref, r in newest.items() if r.number("failed")))
    yield Line(section, "surveys that failed", len(failed), failed, urgent=bool(failed))
    since = asking.on - timedelta(days=SURVEYED_WITHIN_DAYS)
    surveyed = [term for term in asking.terms if _has_places(term)]
    behind = [
        term.reference
        for term in surveyed
        if term.reference not in good or london_day(good[term.reference].at) < since
    ]
    yield Line(section, "agreements not surveyed lately", len(behind), (*behind,), bool(behind))
    surveys = asking.catalogue.surveys()
    old = tuple(
        f"{s.store} ({long_day(seen)})"
        for s in surveys
        if is_old(seen := london_day(s.as_of), s.source, asking.on)
    )
    yield Line(section, "stores not seen lately", len(old), old, urgent=bool(old))
    known = [each for each in surveys if each.source == INVENTORY]
    told_by = tuple(f"{each.store} ({long_day(london_day(each.as_of))})" for each in known)
    yield Line(section, "stores known by an inventory", len(known), told_by)
    dark = Counter(s.store for s in asking.catalogue.strays() if s.surveys >= DARK_AFTER)
    folders, where = dark.total(), tuple(sorted(dark))
    yield Line(section, "folders under no agreement", folders, where, urgent=bool(folders))
    last = max((r.at for r in good.values()), default=None)
    told = "never" if last is None else last.isoformat(timespec="minutes")
    yield Line(section, "last good survey", len(records), (told,))


def _has_places(term: Term) -> bool:
    return term.governing is not None and any(k.datasets for k in term.governing.classes)


def _flows(asking: Asking) -> Iterator[Line]:
    steps = next_steps(asking.ledger, asking.evidence, asking.on)
    yield Line("Flows", "flows that may run", len(steps), tuple(step.flow for step in steps))


def _newest(records: Iterable[Record]) -> dict[str, Record]:
    return {r.text("agreement"): r for r in records}
