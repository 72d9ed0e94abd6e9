"""The worked examples of the clock: read from their tables, and put to the code.

A table says what it asks; a row says the ruling, the line to check with a pencil, what is given and
what follows.  Nothing here knows how a day follows from another.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from retention.domain.age import Age, birthday
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
from retention.domain.approval import approval_days, notice_over_on
from retention.domain.calendar import days_in, london_day
from retention.domain.clock import Period, cut_off
from retention.domain.dataset import DatasetId
from retention.domain.eligibility import assess
from retention.domain.entry import Entry, Record
from retention.domain.events import BUILT_IN, PER_DATASET, EventBook, events_in
from retention.domain.hold import Hold, HoldBook
from retention.domain.instruction import Instruction, InstructionBook
from retention.domain.knowledge import Ground
from retention.domain.pattern import Pattern
from retention.domain.term import Term
from retention.domain.within import between, dated, earliest_of, latest_of, not_recorded

TABLES = Path(__file__).parent.parent / "golden/clock"
CUT_OFFS = {
    "none": (),
    "month-end": tuple((month, 31) for month in range(1, 13)),
    "quarter-end": ((3, 31), (6, 30), (9, 30), (12, 31)),
    "calendar-year-end": ((12, 31),),
    "financial-year-end": ((3, 31),),
    "tax-year-end": ((4, 5),),
}
DATASET = "TEST/records/wales/2019"
_ALWAYS = ("retained_through", "due_on", "destroy_by")  # a row without one says that there is none
_ASKED_OF_AN_ASSESSMENT = (
    "conflict",
    "eligible",
    "due",
    "raised",
    "overdue",
    "held_past_maximum",
    "over_retained",
    "ask_on",
    "review_at_latest",
)
_SAID_ONCE = datetime.fromisoformat("2020-01-01T12:00:00+00:00")
P = Period.parse


@dataclass(frozen=True)
class Example:
    """One row: where it stands, and what it says."""

    table: str
    number: int
    asks: str
    row: dict

    def __str__(self):
        return f"{self.table}-{self.number}-ruling-{self.row['ruling']}"

    @property
    def gives(self):
        """What the row says that follows, with what it says by leaving it out."""
        given = dict(self.row["gives"])
        if self.asks == "dataset":
            given = dict.fromkeys(_ALWAYS) | given
        return given


def examples():
    """Return every row of every table."""
    found = []
    for path in sorted(TABLES.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = enumerate(table["example"], start=1)
        found += [Example(path.stem, number, table["asks"], row) for number, row in rows]
    return found


def answer(example):
    """Return what the code says to one row: a value for each name that a row may give."""
    return _ASKED[example.asks](example.row)


def _period(row):
    period = P(row.get("add") or row["subtract"])
    return {"day": period.after(row["day"], sign=1 if "add" in row else -1)}


def _cut_off(row):
    return {"day": cut_off(_ends(row["cut_off"]), row["day"])}


def _london_day(row):
    return {"day": london_day(row["instant"])}


def _imprecise(row):
    return dict(zip(("first", "last"), days_in(row["text"]), strict=True))


def _birthday(row):
    age = Age(row["age"], "discharged" if row.get("one_more") else "")
    ended = row.get("ended")
    born = between(row["born"], row["born"])
    reached = age.reached(born, None if ended is None else between(ended, ended))
    return {"day": birthday(row["born"], reached.years)}


def _bounds(row):
    of = earliest_of if "earliest" in row else latest_of
    said = row.get("earliest", row.get("latest"))
    found = of([_within(n, each) for n, each in enumerate(said)])
    return {
        "minimum_from": found.minimum_from,
        "maximum_from": found.maximum_from,
        "firmness": None if found.maximum_from is None else str(found.firmness),
    }


def _within(number, said):
    if said == "unknown":
        return not_recorded(f"event-{number}")
    day = said.removeprefix("dated ")
    return between(*days_in(day)) if day == said else dated(date.fromisoformat(day))


def _approval(row):
    found = approval_days(
        row["decided_on"], lapses=P(row["approval_lapses"]), cooling_off=P(row["cooling_off"])
    )
    return dict(zip(("may_begin_on", "lapses_after"), found, strict=True))


def _notice(row):
    return {"over_on": notice_over_on(row["controllers"], row["accepted"], P(row["notice"]))}


def _term(row):
    term = Term.of(_versions(row), row["on"])
    return {
        "governing": None if term.governing is None else term.governing.version,
        "ends_on": term.ends_on,
        "over": term.is_over_on(row["on"]),
        "gaps": _spans(term.gaps),
    }


def _dataset(row):
    found = assessment(row)
    days, line = found.days, found.timeline
    return {
        "retained_through": days and days.retained_through,
        "due_on": days and days.due_on,
        "destroy_by": days and days.destroy_by,
        "review_opens_on": days and days.review_opens_on,
        "cut_off_on": found.cut_off_on,
        "phase": str(found.phase),
        "firmness": line and str(line.firmness),
        "awaiting": list(line.awaiting) if line else [],
        "overdue_between": _spans(line.overdue_spans) if line else [],
        "reason": "; ".join(found.reasons),
    } | {name: getattr(found, name) for name in _ASKED_OF_AN_ASSESSMENT}


def assessment(row):
    """Assess the dataset of one row."""
    name = row.get("dataset", DATASET)
    dataset = DatasetId.parse(name, ("nation", "round"))
    return assess(dataset, ground(row), on=row["on"])


def ground(row):
    """Return all that may be looked at to assess the dataset of one row."""
    return Ground(
        Term.of(_versions(row), row["on"]),
        EventBook.of("TEST", events_in(_records(row))),
        HoldBook.of(_hold(n, each) for n, each in enumerate(row.get("holds", ()), start=1)),
        InstructionBook.of(_instructions(row)),
    )


def _versions(row):
    spans = row.get("agreement", ["2018-04-01 onwards"])
    kind = _kind(row) if "on" in row else None
    return [_version(number, span, kind, row) for number, span in enumerate(spans, start=1)]


def _version(number, span, kind, row):
    begin, word, end = (f"{span} ").split(" ", 2)
    assert word in {"to", "onwards"}
    names = {name for name in kind.event_names if name not in BUILT_IN} if kind.rule else set()
    return Agreement(
        reference="TEST",
        version=number,
        title="invented",
        our_role=OurRole.PROCESSOR,
        through=(),
        route=Route.DIRECT,
        controllers=("hqip", "pha-ni"),
        mandate="invented",
        in_force_from=date.fromisoformat(begin),
        in_force_until=date.fromisoformat(end.strip()) if word == "to" else None,
        lawful_basis=(),
        disposal=_disposal(row),
        events=tuple(_event_kind(name, row) for name in sorted(names)),
        classes=(kind,),
        digest="sha256:0",
        support=tuple(
            Support(f"support-{n}", tuple(each.get("nations", ())), each.get("until"))
            for n, each in enumerate(row.get("support", ()))
        ),
    )


def _event_kind(name, row):
    per = "round" if name == "published" else "agreement"
    day = row.get("expected", {}).get(name)
    chase = P(row["chase_after"]) if "chase_after" in row else None
    expected = {"2019" if per == "round" else "": day} if day else {}
    return EventKind(name, per, (), expected, chase)


def _disposal(row):
    return Disposal(
        approved_by=("records-manager",),
        notice=P("P30D"),
        silence=Silence.WAIT,
        approval_lapses=P("P14D"),
        cooling_off=P("P7D"),
        lead=P(row.get("lead", "P90D")),
        certificate_within=P("P14D"),
        dispute_window=P("P90D"),
        limits=Limits(1, 1, 1, 1),
        extension=Extensions(P("P1Y"), 2, ("hqip",)),
    )


def _kind(row):
    spans = {name: row[name] for name in ("keep_at_least", "destroy_by", "keep_exactly")
             if name in row}  # fmt: skip
    return RetentionClass(
        name="records",
        status=Status(row.get("status", "signed")),
        describes="invented",
        identifiability="pseudonymised",
        special_category=False,
        datasets=(Pattern.parse("s3://test/{nation}/{round}/"),),
        controllers=("hqip", "pha-ni"),
        rule=_rule(row) if spans else None,
        destroy_by_covers=Covers(row.get("destroy_by_covers", "live")),
        then=Action.DESTROY,
        clause="9.2",
        copies=tuple(
            Copy("backup", CheckedBy.PERSON, where="vault", gone_within=P(each))
            for each in row.get("backups", ())
        ),
        also=tuple(Duty(each["owner"], "4.1", _rule(each)) for each in row.get("also", ())),
        after_end=AfterEnd(row.get("after_end", "keep-to-term")),
        review_at_latest=P(row["review_at_latest"]) if "review_at_latest" in row else None,
        shorter_than=row.get("shorter_than", ""),
    )


def _rule(row):
    keep, most = row.get("keep_at_least"), row.get("destroy_by")
    if isinstance(keep, dict):
        keep = Age(keep["age"], keep.get("one_more_if_17_at", ""))
    elif keep is not None:
        keep = P(keep)
    from_cut_off = isinstance(most, dict)
    if from_cut_off:
        assert most["from"] == "cut-off"
        most = most["period"]
    return Rule(
        _trigger(row.get("trigger", "published")),
        _ends(row.get("cut_off", "none")),
        keep,
        None if most is None else P(most),
        from_cut_off,
        P(row["keep_exactly"]) if "keep_exactly" in row else None,
        P(row["dispose_within"]) if "dispose_within" in row else None,
    )


def _trigger(said):
    if isinstance(said, str):
        return Trigger.of(said)
    ((which, events),) = said.items()
    return Trigger(tuple(events), Which(which))


def _ends(said):
    if said in CUT_OFFS:
        return CUT_OFFS[said]
    month, day = said.split("-")
    return ((int(month), int(day)),)


def _records(row):
    """Yield what the ledger would have of the events that were recorded or retracted."""
    for number, said in enumerate(row.get("recorded", ())):
        name, _, day = said.partition(" ")
        retracted = name == "retract"
        if retracted:
            name = day
        name, _, value = name.partition("@")
        facts = {"agreement": "TEST", "event": name, "value": value or _value(name, row)}
        if not retracted:
            day = london_day(datetime.fromisoformat(day)).isoformat() if "T" in day else day
            facts |= {"on": day, "by": "rm-01", "evidence": "sha256:1"}
        kind = Entry.EVENT_RETRACTED if retracted else Entry.EVENT
        yield Record(number, "agreement:TEST", number, _SAID_ONCE, kind, facts)


def _value(name, row):
    if name in PER_DATASET:
        return row.get("dataset", DATASET)
    return "2019" if name == "published" else ""


def _hold(number, said):
    ground, _, confirmed = said.partition(" ")
    return Hold(f"H-{number}", ground, "TEST", confirmed=confirmed == "confirmed")


def _instructions(row):
    name = row.get("dataset", DATASET)
    for number, said in enumerate(row.get("extensions", ())):
        party, _, until, _, signed, *moving = said.split()
        assert moving in ([], ["moving", "the", "maximum"])
        yield Instruction(
            f"I-{number}",
            "extend",
            "TEST",
            "records",
            name,
            party,
            date.fromisoformat(signed),
            date.fromisoformat(until),
            moves_maximum=bool(moving),
        )
    for number, said in enumerate(row.get("instructions", ())):
        party, verb, kind = said.split()
        yield Instruction(f"J-{number}", verb, "TEST", kind, "", party, date(2020, 1, 1))


def _spans(spans):
    return [f"{first} to {last}" for first, last in spans]


_ASKED = {
    "period": _period,
    "cut-off": _cut_off,
    "london day": _london_day,
    "imprecise date": _imprecise,
    "birthday": _birthday,
    "bounds": _bounds,
    "approval": _approval,
    "notice": _notice,
    "term": _term,
    "dataset": _dataset,
}
