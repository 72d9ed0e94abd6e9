"""An invented organisation on fakes, to be looked ahead from: the demonstration's, or one of each."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from retention.agreements import read
from retention.demo import invented
from retention.domain.agreement import (
    Action,
    Duty,
    EventKind,
    RetentionClass,
    Rule,
    Status,
    Support,
    Trigger,
    Which,
)
from retention.domain.dataset import DatasetId
from retention.domain.disposition import State
from retention.domain.entry import FACTS, Draft, Entry
from retention.domain.forecast import Forecast
from retention.domain.pattern import Pattern
from retention.domain.standing import Window
from retention.domain.term import Term
from retention.ports.catalogue import Holding
from retention.ports.library import Engine
from retention.ports.progress import NoProgress
from retention.steps.forecast import foresee
from retention.steps.registers import HOLDS, events_stream
from tests.support.cast import P, agreement
from tests.support.memory import FixedClock, MemoryLedger
from tests.support.memory_catalogue import MemoryCatalogue
from tests.support.policies import DEMO, texts

DAY = invented.DEMO_DAY
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SEEN = NOW - timedelta(hours=7)
ROUND = Pattern.parse("s3://records/x/{round:[0-9]{4}}/")


class Versions:
    """A library of agreements that are given as they are."""

    def __init__(self, *versions):
        self.every = list(versions)

    def terms(self, on):
        names = sorted({each.reference for each in self.every})
        return [Term.of([e for e in self.every if e.reference == name], on) for name in names]

    def engine(self):
        return Engine({"legal_name": "Invented Processor Ltd"}, "INV", demonstration=True)


class Foreseen:
    """Ports of an invented organisation; ``look()`` is its forecast."""

    def __init__(self, library):
        self.library = library
        self.clock = FixedClock(SEEN)
        self.ledger = MemoryLedger(self.clock)
        self.catalogue = MemoryCatalogue()
        self.rows = []

    @classmethod
    def demo(cls):
        """The demonstration's agreements, datasets, events and holds."""
        made = cls(read(texts(DEMO)))
        for (reference, name), bindings in invented.DATASETS.items():
            made.know(reference, name, bindings)
        for each in invented.events():
            made.happened(each.reference, each.name, each.value, each.on)
        for hold in invented.holds():
            made.hold(hold.reference, hold.class_name, hold.dataset, ground=hold.ground)
        made.clock.moment = NOW
        return made

    @classmethod
    def one_of_each(cls):
        """Something that stands in each place, under two agreements, of which one has ended."""
        made = cls(Versions(each_kind(), ended()))
        for year, on in PUBLISHED.items():
            made.happened("EACH", "published", year, on)
            made.happened("OVER", "published", year, on)
        for name, years in KNOWN.items():
            made.know("EACH", name, [{"round": year} for year in years], placeholders=["round"])
        made.know("OVER", "plain", [{"round": "2020"}], placeholders=["round"])
        made.hold("EACH", "plain", "EACH/plain/2020")
        made.hold("EACH", "plain", "EACH/plain/2013", ground="court")
        made.hold("EACH", "plain", "EACH/plain/2014", ground="precaution")
        made.extended("EACH", "plain", "EACH/plain/2018", until=date(2030, 1, 1))
        made.stands("EACH/plain/2012", State.RESIDUAL)
        made.stands("EACH/plain/2016", State.IN_REVIEW)
        made.survey("EACH", unclassified=57)
        made.survey("OVER", failed=31)
        made.clock.moment = NOW
        return made

    def know(self, reference, class_name, bindings, *, placeholders=None, size=None):
        """Let the catalogue know datasets; sizes are invented and the same each time."""
        if placeholders is None:
            governing = next(e for e in self.library.every if e.reference == reference)
            placeholders = governing.class_named(class_name).placeholders
        found = list(self.catalogue.holdings(reference))
        for values in bindings:
            binding = tuple((each, values[each]) for each in placeholders)
            dataset = str(DatasetId(reference, class_name, binding))
            place = f"s3://invented/{dataset}/"
            made = size or int(10 ** random.Random(dataset).uniform(6, 10))
            found.append(Holding(dataset, reference, class_name, binding, "primary", place,
                                 90, 3, 1, made, SEEN, SEEN, SEEN))  # fmt: skip
        self.catalogue.replace(reference, found)
        self.survey(reference)

    def survey(self, reference, *, unclassified=0, failed=0):
        counted = {"version": 1, "datasets": 1, "versions": 1, "bytes": 1, "failed": failed}
        self._write(f"survey:{reference}", Entry.SURVEYED, agreement=reference,
                    unclassified=unclassified, **counted)  # fmt: skip

    def happened(self, reference, event, value, on):
        self._write(events_stream(reference), Entry.EVENT, agreement=reference, event=event,
                    value=value, on=on.isoformat(), by="audit-01")  # fmt: skip

    def hold(self, reference="", class_name="", dataset="", *, ground="court"):
        number = sum(r.kind is Entry.HOLD_PLACED for r in self.ledger.records) + 1
        scope = {"agreement": reference, "class": class_name, "dataset": dataset}
        self._write(HOLDS, Entry.HOLD_PLACED, hold=f"H-{number:04}", ground=ground, by="rm-01",
                    **scope)  # fmt: skip

    def extended(self, reference, class_name, dataset, *, until, signed_on=date(2024, 5, 1),
                 moves_maximum=0):  # fmt: skip
        said = {"agreement": reference, "class": class_name, "dataset": dataset, "verb": "extend"}
        self._write(events_stream(reference), Entry.INSTRUCTION, instruction="I-0001",
                    controller="north", until=until.isoformat(), signed_on=signed_on.isoformat(),
                    moves_maximum=moves_maximum, **said)  # fmt: skip

    def stands(self, dataset, state):
        self._write(f"dataset:{dataset}", Entry.MOVED, dataset=dataset, after=state.value)

    def _write(self, stream, kind, **facts):
        """Write an entry; facts that are not given are empty."""
        self.ledger.append(Draft(stream, kind, dict.fromkeys(FACTS[kind], "") | facts))

    def look(self, on=DAY, months=12):
        """Return the forecast; its rows are in ``rows`` then."""
        forecast = Forecast(Window(on, months))
        self.rows = list(
            foresee(
                forecast,
                library=self.library,
                catalogue=self.catalogue,
                ledger=self.ledger,
                progress=NoProgress(),
            )
        )
        return forecast


PUBLISHED = {  # round: the day of its publication
    **{str(year): date(year, 6, 30) for year in range(2012, 2025)},
    "2021": date(2021, 7, 1),
}
KNOWN = {  # class: the rounds of which a dataset is known
    "plain": ["2012", "2013", "2014", "2015", "2016", "2017", "2018", "2019", "2020", "2021", "2022",
              "2030", "2031"],
    "returned": ["2017", "2022"],
    "draft": ["2015", "2022"],
    "licence": ["2022"],
    "last": ["2022", "2030"],
    "unheard-of": ["2022"],
}  # fmt: skip


def each_kind():
    """Return an agreement with a class of each kind."""
    base = agreement()
    plain = replace(
        base.classes[0],
        name="plain",
        datasets=(ROUND,),
        copies=(),
        rule=Rule(Trigger.of("published"), (), P("P5Y"), P("P11Y")),
        review_at_latest=P("P2Y"),
    )

    def other(name, **changes):
        return replace(plain, name=name, **changes)

    by_licence = Trigger(("licence-ended", "support-ended"))
    at_last = Trigger(("published", "support-ended"), Which.LATEST)
    return replace(
        base,
        reference="EACH",
        in_force_from=date(2012, 1, 1),
        in_force_until=date(2027, 6, 30),
        support=(Support("00/CAG/0000", (), date(2027, 9, 30)),),
        events=(
            EventKind("published", "round", ("audit-lead",),
                      {"2030": date(2026, 9, 30), "2032": date(2027, 2, 1)}, P("P30D")),
            EventKind("licence-ended", "agreement", ("records-manager",)),
        ),
        classes=(
            plain,
            other("returned", then=Action.RETURN, not_followed=("then = return",)),
            other("draft", status=Status.PLACEHOLDER),
            RetentionClass("bare", Status.PLACEHOLDER, "Invented logs", "identifiable", False, (), ()),
            other("licence", rule=Rule(by_licence, (), destroy_by=P("P0D"))),
            other("last", rule=Rule(at_last, (), destroy_by=P("P1M"))),
        ),
    )  # fmt: skip


def of_two_duties():
    """Return a class whose shortest maximum only warns, beside one that is certain."""
    base = each_kind().class_named("plain")
    warns = Rule(Trigger(("licence-ended", "support-ended"), Which.LATEST), (), destroy_by=P("P1M"))
    return replace(base, name="two", also=(Duty("south", "4.1", warns),))


def ended():
    """Return an agreement that has ended, and nobody says whether it is renewed."""
    base = each_kind()
    return replace(base, reference="OVER", in_force_until=date(2026, 3, 31), support=(),
                   classes=base.classes[:1])  # fmt: skip
