"""What one version of an agreement says otherwise than another, in sentences."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from retention.domain.age import Age
from retention.domain.agreement import Agreement, RetentionClass, Trigger
from retention.domain.clock import Period
from retention.domain.pattern import Pattern
from retention.domain.words import long_day, period_words, year_words

_IDENTITY: Final = frozenset({"reference", "version", "digest", "classes", "events", "disposal"})
_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "in_force_from": "in force from",
        "in_force_until": "in force until",
        "keep_at_least": "kept at least",
        "keep_exactly": "kept exactly",
        "destroy_by": "destroyed by",
        "destroy_by_from_cut_off": "destroyed by counts from the cut-off",
        "destroy_by_covers": "destroyed by covers",
        "datasets": "places",
        "then": "what happens then",
        "share_max_percent": "share at most, in percent",
    }
)
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Change:
    """One term that differs: *where* it stands, what it was, and what it would be."""

    where: str  # such as "class patient-level, clause 9.2"
    what: str
    before: str
    after: str

    def __str__(self) -> str:
        """Return it as a sentence."""
        return f"{self.where}: {self.what}: {self.before} becomes {self.after}"


def changes_between(old: Agreement, new: Agreement) -> list[Change]:
    """Return every term of *new* that differs from *old*, in the order of the file."""
    found = list(_differing("agreement", old, new, without=_IDENTITY))
    if old.disposal is not None or new.disposal is not None:
        found += _differing("disposal", old.disposal, new.disposal)
    found += _by_name("event", old.events, new.events)
    found += _classes(old.classes, new.classes)
    return found


def _classes(old: Sequence[RetentionClass], new: Sequence[RetentionClass]) -> Iterator[Change]:
    before, after = ({kind.name: kind for kind in kinds} for kinds in (old, new))
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield Change(f"class {name}", "the class", "there", "gone")
        elif name not in before:
            yield Change(f"class {name}", "the class", "not there", "there")
        else:
            was, would = before[name], after[name]
            clause = was.clause if was.clause == would.clause else f"{was.clause} → {would.clause}"
            where = f"class {name}, clause {clause}" if clause.strip() else f"class {name}"
            yield from _differing(where, was, would, without={"name", "rule", "clause"})
            yield from _differing(where, was.rule, would.rule)


def _by_name(noun: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Change]:
    before, after = ({each.name: each for each in items} for items in (old, new))
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            yield Change(f"{noun} {name}", f"the {noun}", "there", "gone")
        elif name not in before:
            yield Change(f"{noun} {name}", f"the {noun}", "not there", "there")
        else:
            yield from _differing(f"{noun} {name}", before[name], after[name])


def _differing(
    where: str, old: Any, new: Any, *, without: frozenset[str] | set[str] = frozenset()
) -> Iterator[Change]:
    """Yield the fields of two records that differ; one of the two may be None."""
    shape = new if old is None else old
    if shape is None:
        return
    for each in fields(shape):
        if each.name in without:
            continue
        before = None if old is None else getattr(old, each.name)
        after = None if new is None else getattr(new, each.name)
        if before == after:
            continue
        label = _LABELS.get(each.name, each.name.replace("_", " "))
        if is_dataclass(shape_of := after if before is None else before) and not isinstance(
            shape_of, (Period, Age, Pattern, Trigger)
        ):
            yield from _differing(f"{where}, {label}", before, after)
        else:
            yield Change(where, label, in_words(each.name, before), in_words(each.name, after))


def in_words(name: str, value: Any) -> str:
    """Return the value of a term as people read it; *name* is that of its field."""
    if value is None or value in ((), ""):
        return "none" if name == "cut_off" else _NOTHING
    if name == "cut_off":
        return f"the end of {year_words(value)}"
    for kind, words in _WORDS.items():
        if isinstance(value, kind):
            return words(value)
    if is_dataclass(value):
        said = ((each.name, getattr(value, each.name)) for each in fields(value))
        return ", ".join(f"{n.replace('_', ' ')} {in_words(n, v)}" for n, v in said if v)
    return str(value)


_WORDS: Mapping[type, Callable[[Any], str]] = MappingProxyType(
    {  # in this order: a truth value is a number, too
        bool: lambda value: "yes" if value else "no",
        Enum: lambda value: str(value.value),
        Period: period_words,
        Age: str,
        Trigger: str,
        date: long_day,
        Pattern: lambda value: str(value.text),
        Mapping: lambda value: "; ".join(f"{k}: {in_words('', v)}" for k, v in value.items()),
        tuple: lambda value: ", ".join(in_words("", each) for each in value),
    }
)
