"""What happened in a month and what stands open, for those who answer for it: written once.

It carries counts, ids and digests: it ends in mailboxes and in Prefect.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from retention.domain.calendar import london_day
from retention.domain.disposition import State
from retention.domain.entry import Draft, Entry, Record
from retention.domain.hold import holds_in
from retention.domain.proposal import mark_of
from retention.domain.roles import DPO, MANAGER, SIRO
from retention.domain.words import long_day
from retention.errors import DeliveryError, StaleError
from retention.ports.courier import Courier, Letter
from retention.steps.cases import case_of
from retention.steps.classify import assess_all
from retention.steps.incidents import every_incident
from retention.steps.registers import HOLDS
from retention.steps.today import Asking, today
from retention.views.month import Month, month_page

READERS: Final = frozenset({MANAGER, SIRO, DPO})
REPORT: Final = "report"
_TOLD_ELSEWHERE: Final = frozenset({"Holds", "Incidents", "Surveys", "Flows"})
_ENDED: Final = frozenset({State.DISPOSED, State.RESIDUAL, State.CLOSED})
_Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Days:
    """The first and last day of a month, and what people call it."""

    first: date
    last: date

    @property
    def name(self) -> str:
        """Such as November 2026."""
        return f"{self.first:%B %Y}"

    @property
    def stream(self) -> str:
        """Where its report stands on the ledger."""
        return f"{REPORT}:{self.first:%Y-%m}"

    def have(self, day: date | None) -> bool:
        """Tell whether *day* is one of them."""
        return day is not None and self.first <= day <= self.last


def month_before(day: date) -> Days:
    """Return the last whole month before *day*."""
    last = day.replace(day=1) - timedelta(days=1)
    return Days(last.replace(day=1), last)


def month_of(day: date) -> Days:
    """Return the month that *day* is in."""
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return Days(day.replace(day=1), following - timedelta(days=1))


def report(asking: Asking, courier: Callable[[], Courier]) -> str:
    """Write the report of the last whole month, send it, and return its page, in Markdown.

    Raises DeliveryError once every reader was tried, if one of them could not be reached.
    Safe to run again, and twice at once: a month has one report, and who has it gets no second.
    """
    month = month_before(asking.on)
    began = next(iter(asking.ledger.of_kind(*Entry)), None)
    if began is None or london_day(began.at) > month.last:
        return f"There is nothing to report of {month.name}: the ledger began later.\n"
    page = asking.evidence.read(_written(month, asking)).decode()
    _send(month, page, asking, courier)
    return page


def _written(month: Days, asking: Asking) -> str:
    """Return the digest of the month's report, written now if it is not yet."""
    if (digest := _standing(month, asking)) is not None:
        return digest
    document = asking.evidence.keep(month_page(_month(month, asking)).encode())
    facts = {"month": f"{month.first:%Y-%m}", "document": document}
    try:
        asking.ledger.append(Draft(month.stream, Entry.REPORTED, facts), expect=0)
    except StaleError:
        document = _standing(month, asking) or document  # another run was faster: that one stands
    return document


def _standing(month: Days, asking: Asking) -> str | None:
    found = [r for r in asking.ledger.stream(month.stream) if r.kind is Entry.REPORTED]
    return found[0].text("document") if found else None


def _send(month: Days, page: str, asking: Asking, courier: Callable[[], Courier]) -> None:
    fault: DeliveryError | None = None
    for person in asking.library.people():
        records = asking.ledger.stream(month.stream)
        told = {r.text("person") for r in records if r.kind is Entry.TOLD}
        if person.id in told or not person.email or READERS.isdisjoint(person.roles):
            continue
        try:
            message = courier().send(Letter([person.email], f"Retention in {month.name}", page))
        except DeliveryError as error:  # one mailbox holds up no other
            fault = error
            continue
        facts = {"about": month.stream, "step": REPORT, "person": person.id, "message": message}
        with suppress(StaleError):  # another run wrote meanwhile: the next one looks again
            draft = Draft(month.stream, Entry.TOLD, facts)
            asking.ledger.append(draft, expect=len(records))
    if fault is not None:
        raise fault


def _month(month: Days, asking: Asking) -> Month:
    following = month_of(month.last + timedelta(days=1))
    return Month(
        name=month.name,
        as_at=long_day(asking.on),
        destroyed=list(_destroyed(month, asking)),
        standing=list(_standing_open(asking)),
        holds=list(_holds(asking)),
        incidents=list(_incidents(asking)),
        answers=list(_answers(month, asking)),
        refused=list(_refused(month, asking)),
        surveys=list(_surveys(asking)),
        next_month=following.name,
        due=list(_due(following, asking)),
    )


def _of(month: Days, asking: Asking, kind: Entry) -> Iterator[Record]:
    return (r for r in asking.ledger.of_kind(kind) if month.have(london_day(r.at)))


def _destroyed(month: Days, asking: Asking) -> Iterator[_Row]:
    for record in _of(month, asking, Entry.CERTIFIED):
        case = case_of(asking.ledger, record.text("proposal"))
        looks = case.verified.values()
        number = record.text("certificate")
        yield {
            "certificate": number,
            "kind": record.text("type"),
            "list": mark_of(case.proposal),
            "datasets": f"{len(looks):,}",
            "versions destroyed": _sum(looks, "destroyed"),
            "held back, refused or failed": _sum(looks, "held_back", "refused", "failed"),
            "controllers who have it": f"{len(case.delivered.get(number, {})):,}",
        }


def _sum(looks: Iterable[Record], *fates: str) -> str:
    return f"{sum(r.number(fate) for r in looks for fate in fates):,}"


def _standing_open(asking: Asking) -> Iterator[_Row]:
    for line in today(asking):
        if line.how_many and line.section not in _TOLD_ELSEWHERE:
            what = f"{line.section}: {line.what}"
            yield {"what": what, "how many": f"{line.how_many:,}", "": "!" if line.urgent else ""}


def _holds(asking: Asking) -> Iterator[_Row]:
    for hold in holds_in(asking.ledger.stream(HOLDS)):
        assert hold.placed_on is not None
        yield {
            "hold": hold.id,
            "ground": hold.ground,
            "agreement": hold.reference or "any",
            "since": long_day(hold.placed_on),
            "days": f"{(asking.on - hold.placed_on).days:,}",
        }


def _incidents(asking: Asking) -> Iterator[_Row]:
    for each in every_incident(asking.ledger):
        if each.is_open:
            yield {
                "number": f"{each.number}",
                "kind": each.kind,
                "since": long_day(each.noticed_on),
                "possible personal data breach": "yes" if each.is_personal else "no",
            }


def _answers(month: Days, asking: Asking) -> Iterator[_Row]:
    for r in _of(month, asking, Entry.NOTICE_ANSWERED):
        if r.text("answer") != "proceed":
            yield {name: r.text(name) for name in ("notice", "controller", "answer")}


def _refused(month: Days, asking: Asking) -> Iterator[_Row]:
    for r in _of(month, asking, Entry.REFUSED):
        yield {
            "list": mark_of(r.text("proposal")),
            "kept by": r.text("lock"),
            "versions": f"{r.number('versions'):,}",
            "until": r.text("until") or "no day",
        }


def _surveys(asking: Asking) -> Iterator[_Row]:
    for each in asking.catalogue.surveys():
        yield {"store": each.store, "as of": long_day(london_day(each.as_of)), "by": each.source}


def _due(month: Days, asking: Asking) -> Iterator[_Row]:
    due, gone = Counter[str](), Counter[str]()
    ahead = replace(asking, on=month.first)
    dated = assess_all(ahead.terms, catalogue=asking.catalogue, ledger=asking.ledger, on=ahead.on)
    for each in dated:
        if each.state in _ENDED:
            continue
        days, name = each.assessment.days, f"{each.agreement.reference}/{each.kind.name}"
        if days is not None:
            due[name] += month.have(days.due_on)
            gone[name] += month.have(days.destroy_by)
    for name in sorted(name for name in due if due[name] or gone[name]):
        yield {"class": name, "fall due": f"{due[name]:,}", "must be gone": f"{gone[name]:,}"}
