"""Published schedules as files, ``schedules/INSTRUMENT.toml``, and what a class is beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from retention.agreements.faults import word
from retention.agreements.fields import Id, KeepAtLeast, Strict, Text, kept
from retention.agreements.reading import Findings, fit
from retention.agreements.text import Document, Path
from retention.domain.age import Age
from retention.domain.agreement import RetentionClass
from retention.domain.clock import Period
from retention.domain.schedule import Confidence, PeriodKind, ScheduleRule
from retention.domain.words import period_words

FOLDER = "schedules/"
_MEASURED = frozenset({PeriodKind.MINIMUM, PeriodKind.FIXED})  # kinds that set a minimum
_FIRST = date(2023, 3, 1)
_CYCLE_DAYS = 4 * 365 + 1


class InstrumentTable(Strict):
    """The text that the rules of a file are from."""

    source: Text
    nation: Id
    edition: Text


class RuleTable(Strict):
    """One entry: a period or, where it is no plain one, words."""

    name: Id
    describes: Text
    kind: Literal["minimum", "maximum", "fixed", "permanent", "on-instruction", "by-policy"]
    period: KeepAtLeast | None = None
    words: Text | None = None
    starts: Text
    then: Text
    confidence: Literal["verified", "unverified"]
    read_in: Text | None = None


class ScheduleFile(Strict):
    """``schedules/INSTRUMENT.toml``; the name of the file begins the name of each rule."""

    schedule: InstrumentTable
    rule: Annotated[list[RuleTable], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Schedules:
    """The rules that could be read, and the names of all that are written; None if unknown."""

    rules: Mapping[str, ScheduleRule]
    names: frozenset[str] | None


def read_schedules(
    documents: Mapping[str, Document], findings: Findings, *, whole: bool = True
) -> Schedules:
    """Return every rule by its name; *whole* is false if a file could not even be parsed."""
    rules: dict[str, ScheduleRule] = {}
    names: set[str] = set()
    for file, doc in documents.items():
        fit(ScheduleFile, doc, (), findings)
        instrument = fit(InstrumentTable, doc, ("schedule",), findings, again=True)
        written = doc.values.get("rule")
        for number in range(len(written) if isinstance(written, list) else 0):
            path: Path = ("rule", number)
            name = f"{file.removeprefix(FOLDER).removesuffix('.toml')}/{doc.at((*path, 'name'))}"
            if name in names:
                hint = "One name means one thing."
                found = f"{word(doc.at((*path, 'name')))} again"
                findings.fault(doc, (*path, "name"), found, "a name of its own", hint)
            names.add(name)
            table = fit(RuleTable, doc, path, findings, again=True)
            if table is not None and instrument is not None:
                _check_rule(doc, path, table, findings)
                rules[name] = _rule(name, instrument, table)
    return Schedules(rules, frozenset(names) if whole else None)


def _check_rule(doc: Document, path: Path, table: RuleTable, findings: Findings) -> None:
    plain = (*path, "period")
    if table.period is None and table.words is None and not findings.told(doc, plain):
        hint = "Where it is no plain period, say it in words."
        findings.missing(doc, plain, hint)
    if table.confidence == "verified" and table.read_in is None:
        hint = "What somebody read was read somewhere: say where, or say unverified."
        findings.missing(doc, (*path, "read_in"), hint)
    if table.confidence == "unverified" and table.read_in is not None:
        hint = "Say verified if the value was read there; leave it out if it was not."
        findings.fault(doc, (*path, "read_in"), "a text that was read", "no `read_in`", hint)


def _rule(name: str, instrument: InstrumentTable, table: RuleTable) -> ScheduleRule:
    return ScheduleRule(
        name=name,
        source=instrument.source,
        nation=instrument.nation,
        edition=instrument.edition,
        describes=table.describes,
        kind=PeriodKind(table.kind),
        period=kept(table.period),
        words=table.words or "",
        starts=table.starts,
        then=table.then,
        confidence=Confidence(table.confidence),
        read_in=table.read_in or "",
    )


def check_schedule(
    doc: Document, path: Path, name: str | None, schedules: Schedules, findings: Findings
) -> None:
    """Check that the rule that a class names is in the library."""
    if name is not None and schedules.names is not None and name not in schedules.names:
        at = (*path, "schedule")
        findings.unlike(doc, at, name, "a rule of schedules/", schedules.names)


def shorter_than(kind: RetentionClass, rule: ScheduleRule | None) -> str:
    """Say that the minimum of *kind* is shorter than the one of *rule*; "" if it is not, for sure.

    The two are measured from the same day, on the day on which the class ends soonest beside the
    rule.  What cannot be measured, such as a birthday against years, is not shorter for sure.
    """
    if rule is None or rule.period is None or rule.kind not in _MEASURED or kind.rule is None:
        return ""
    rules = [kind.rule, *(duty.rule for duty in kind.also)]
    least = [each for r in rules for each in (r.keep_at_least, r.keep_exactly) if each is not None]
    clause = f"clause {kind.clause}" if kind.clause else f"class {kind.name}"
    if not least:
        return f"{clause} sets no minimum, and {rule}"
    if not all(_is_shorter(each, rule.period) for each in least):
        return ""
    longest = max(least, key=_reach)
    told = period_words(longest) if isinstance(longest, Period) else f"through {longest}"
    return f"{clause} keeps it {told}, and {rule}"


def _reach(period: Period | Age) -> date:
    return period.after(_FIRST)


@cache
def _is_shorter(one: Period | Age, other: Period | Age) -> bool:
    if isinstance(one, Age) and isinstance(other, Age):
        return (one.years, bool(one.one_more_if_17_at)) < (
            other.years,
            bool(other.one_more_if_17_at),
        )
    if isinstance(one, Age) or isinstance(other, Age):
        return False
    days = (_FIRST + timedelta(days=n) for n in range(_CYCLE_DAYS))
    return any(one.after(day) < other.after(day) for day in days)


def measured(kind: RetentionClass, rule: ScheduleRule | None) -> bool:
    """Tell whether the periods of *kind* can be measured against those of *rule* at all."""
    if rule is None or rule.kind in {PeriodKind.ON_INSTRUCTION, PeriodKind.BY_POLICY}:
        return True
    if rule.period is None or kind.rule is None:
        return kind.rule is None
    if rule.kind is PeriodKind.MAXIMUM:
        return isinstance(rule.period, Period)
    keep = kind.rule.keep_at_least
    return keep is None or isinstance(keep, Age) is isinstance(rule.period, Age)


def longer_than(kind: RetentionClass, rule: ScheduleRule | None) -> str:
    """Say that a class may be kept past the maximum of *rule*; "" if not, or if nobody can tell."""
    if rule is None or rule.kind is not PeriodKind.MAXIMUM or not isinstance(rule.period, Period):
        return ""
    if kind.rule is None:
        return ""
    rules = [kind.rule, *(duty.rule for duty in kind.also)]
    most = [each.destroy_by for each in rules if each.destroy_by is not None]
    if kind.rule.keep_exactly is not None and kind.rule.dispose_within is not None:
        exact, within = kind.rule.keep_exactly, kind.rule.dispose_within
        days = exact.days + within.days
        most.append(Period(exact.years + within.years, exact.months + within.months, days))
    if any(not _is_shorter(rule.period, each) for each in most):
        return ""
    return f"class {kind.name} may be kept longer than {rule}"
