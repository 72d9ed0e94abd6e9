"""Look at what is known today, and say what the months ahead bring; nothing is written.

Every dataset in the catalogue is looked at, those of no class and of no agreement too: what is not
in a forecast would be missed on the day.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from retention.domain.agreement import Agreement, EventKind, RetentionClass, Status
from retention.domain.calendar import london_day
from retention.domain.dataset import DatasetId
from retention.domain.disposition import State
from retention.domain.eligibility import Assessment, Assessor
from retention.domain.entry import Entry
from retention.domain.events import TriggerEvent
from retention.domain.forecast import Forecast, Mark, Surveyed, Tally, Unagreed
from retention.domain.instruction import InstructionBook
from retention.domain.knowledge import Ground, expired_unconfirmed
from retention.domain.standing import UNDECIDED, Row, Supposed, What, Window, place
from retention.domain.term import Term
from retention.domain.within import Firmness
from retention.ports.catalogue import Catalogue, Holding
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.ports.progress import Progress
from retention.steps.effects import datasets_of
from retention.steps.moves import states
from retention.steps.registers import Registers
from retention.views.surveyed import inventories

TELL_EVERY = 1000  # datasets between two words on progress
_NEXT = timedelta(days=1)
_NO_CASE = frozenset(  # what the clock says better
    {
        State.UNCLASSIFIED,
        State.AWAITING_TRIGGER,
        State.RETAINED,
        State.REVIEW_OPEN,
        State.DUE,
    }
)


def foresee(
    forecast: Forecast,
    *,
    library: Library,
    catalogue: Catalogue,
    ledger: Ledger,
    progress: Progress,
) -> Iterator[Row]:
    """Yield every known dataset with where it stands, and gather all of it in *forecast*.

    Safe to run again: it only looks.  *forecast* is complete when the last row was taken.
    """
    window = forecast.window
    terms = {term.reference: term for term in library.terms(window.on)}
    surveyed = _surveyed(ledger)
    registers = Registers.read(ledger)
    done = 0
    # An agreement whose files are gone still has its datasets: they are unclassified.
    for reference in sorted(terms.keys() | surveyed.keys()):
        term = terms.get(reference) or Term(reference, None, None, None, ())
        looker = _Looker(registers.ground(term), window)
        cases = {n: s for n, s in states(ledger, reference) if s not in _NO_CASE}
        for dataset, holdings in datasets_of(catalogue, reference):
            forecast.inventories |= inventories(holdings)
            row = looker.row(dataset, holdings, cases.get(holdings[0].dataset))
            forecast.add(row)
            yield row
            done += 1
            if done % TELL_EVERY == 0:
                progress.at("forecast", done)
        looker.finish(forecast)
        if reference in surveyed or _is_listable(term):
            forecast.surveyed.append(surveyed.get(reference, Surveyed(reference, 0, None)))
    _versions(forecast, library)
    progress.at("forecast", done, done)


class _Looker:
    """Looks at the datasets of one agreement, and at the days of the agreement itself."""

    def __init__(self, ground: Ground, window: Window) -> None:
        self._ground, self._window = ground, window
        self._assessor = Assessor(ground, window.on)
        agreement = ground.term.governing
        self._kinds = {} if agreement is None else {each.name: each for each in agreement.classes}
        self._pending = dict(_pending(agreement, ground))
        self._supposing: dict[tuple[str, str], Assessor] = {}
        self._ended = bool(expired_unconfirmed(ground.term, ground.events, window.on))
        self._expires_on = _expires_on(ground)

    def row(self, dataset: DatasetId, holdings: tuple[Holding, ...], state: State | None) -> Row:
        """Return one dataset with where it stands."""
        found, name = self._assessor.assess(dataset), holdings[0].dataset
        kind, agreement = self._kinds.get(dataset.class_name), self._ground.term.governing
        stopped = kind is not None and _stops(kind, name, self._ground.instructions)
        standing, also = place(
            found, self._window, state=state, expired=self._ended, stopped=stopped
        )
        return Row(
            found,
            name,
            standing,
            also,
            None if agreement is None else agreement.version,
            _action(kind),
            sum(holding.size_bytes for holding in holdings),
            state,
            self._expires_on,
            tuple(self._expected(found, kind)),
        )

    def finish(self, forecast: Forecast) -> None:
        """Add the days of the agreement itself, and what is agreed of no dataset yet."""
        term, window = self._ground.term, self._window
        known = Tally()
        for (reference, _), tally in forecast.known.items():
            if reference == term.reference:
                known.add(tally)
        if term.ends_on is not None:
            if self._ended:
                forecast.expired[term.reference] = term.ends_on
            elif window.has(term.ends_on):
                forecast.marks[_of_all(term, term.ends_on, What.AGREEMENT_ENDS)].add(known)
        for each in () if term.governing is None else term.governing.support:
            if each.until is not None and window.has(each.until):
                forecast.marks[_of_all(term, each.until, What.SUPPORT_ENDS, each.name)].add(known)
        forecast.unagreed += [
            Unagreed(term.reference, kind.name, kind.describes)
            for kind in self._kinds.values()
            if kind.status is Status.PLACEHOLDER
        ]
        self._finish_events(forecast)

    def _finish_events(self, forecast: Forecast) -> None:
        """Add the events that are expected, those that no known dataset waits for too."""
        term = self._ground.term
        concerned: dict[tuple[str, str], Tally] = {key: Tally() for key in self._pending}
        told = set()
        for supposed, tally in forecast.supposed.items():
            if supposed.agreement == term.reference:
                concerned[supposed.event, supposed.value].add(tally)
                told.add((supposed.event, supposed.value, supposed.class_name))
        for (name, value), (event, day) in self._pending.items():
            for kind in self._kinds.values():
                binding = () if event.per == "agreement" else ((event.per, value),)
                possible = event.per == "agreement" or event.per in kind.placeholders
                named = kind.rule is not None and name in kind.event_names
                if named and possible and (name, value, kind.name) not in told:
                    unknown = DatasetId(term.reference, kind.name, binding)
                    forecast.supposed[self._suppose(name, value, unknown, kind)].add(Tally())
            if self._window.has(day):
                mark = _of_all(term, day, What.EXPECTED, f"{name} {value}".strip())
                forecast.marks[mark].add(concerned[name, value])

    def _expected(self, found: Assessment, kind: RetentionClass | None) -> Iterator[Supposed]:
        """Yield what would follow for one dataset if an event that it awaits came as expected."""
        if not self._pending or kind is None or found.timeline is None:
            return
        for name in found.timeline.awaiting:
            for (event, value), (declared, _) in self._pending.items():
                if event == name and declared.value_for(found.dataset.values) == value:
                    yield self._suppose(name, value, found.dataset, kind)

    def _suppose(self, name: str, value: str, dataset: DatasetId, kind: RetentionClass) -> Supposed:
        ground, (_, day) = self._ground, self._pending[name, value]
        assessor = self._supposing.get((name, value))
        if assessor is None:
            came = TriggerEvent(dataset.reference, name, value, day, by="", evidence="")
            supposed = replace(ground, events=ground.events.supposing(came))
            assessor = self._supposing[name, value] = Assessor(supposed, self._window.on)
        found = assessor.assess(dataset).timeline
        return Supposed(
            dataset.reference,
            name,
            value,
            day,
            kind.name,
            _action(kind),
            None if found is None else found.days,
            Firmness.FIRM if found is None else found.firmness,
            () if found is None else found.awaiting,
        )


def _pending(
    agreement: Agreement | None, ground: Ground
) -> Iterator[tuple[tuple[str, str], tuple[EventKind, date]]]:
    """Yield the events that are expected on a day and that nobody has recorded."""
    for event in () if agreement is None else agreement.events:
        for value, day in event.expected.items():
            if ground.events.find(event.name, value) is None:
                yield (event.name, value), (event, day)


def _expires_on(ground: Ground) -> date | None:
    """Return the day from which the agreement is over and unconfirmed, as far as is signed."""
    ends_on = ground.term.ends_on
    if ends_on is None or not expired_unconfirmed(ground.term, ground.events, ends_on + _NEXT):
        return None
    return ends_on + _NEXT


def _stops(kind: RetentionClass, dataset: str, instructions: InstructionBook) -> bool:
    """Tell whether a signed term or an instruction stands in the way, whatever the day."""
    shorter = bool(kind.shorter_than) and not instructions.confirms_shorter(kind.name)
    return bool(kind.not_followed or shorter or instructions.diverting(kind.name, dataset))


def _action(kind: RetentionClass | None) -> str:
    return UNDECIDED if kind is None or kind.then is None else kind.then.value


def _of_all(term: Term, day: date, what: What, name: str = "") -> Mark:
    """Return a line of the calendar that concerns a whole agreement."""
    return Mark(day, term.reference, "", what, name=name)


def _is_listable(term: Term) -> bool:
    """Tell whether there is anything that a survey could list."""
    return term.governing is not None and any(each.datasets for each in term.governing.classes)


def _surveyed(ledger: Ledger) -> dict[str, Surveyed]:
    """Return what the last good survey of each agreement left, and whether the newest failed."""
    found = {}
    for newest in ledger.newest(Entry.SURVEYED, prefix="survey:"):
        reference, failed = newest.text("agreement"), bool(newest.number("failed"))
        good = [newest]
        if failed:
            good = [r for r in ledger.stream(newest.stream) if r.kind is Entry.SURVEYED]
            good = [r for r in good if not r.number("failed")][-1:]
        found[reference] = Surveyed(
            reference,
            good[0].number("unclassified") if good else 0,
            london_day(good[0].at) if good else None,
            failed,
        )
    return found


def _versions(forecast: Forecast, library: Library) -> None:
    """Add the versions that come into force, month by month: from then on they say what is due."""
    window = forecast.window
    months = window.each_month()
    for day in [*(month - _NEXT for month in months[1:]), window.last]:
        for term in library.terms(day):
            begins = None if term.governing is None else term.governing.in_force_from
            if begins is not None and window.on < begins <= window.last:
                assert term.governing is not None
                name = f"version {term.governing.version}"
                forecast.marks[_of_all(term, begins, What.NEW_VERSION, name)].add(Tally())
