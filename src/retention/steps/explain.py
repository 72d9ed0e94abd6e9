"""Why one dataset stands where it does, also one that does not exist yet."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from retention.domain.agreement import RetentionClass
from retention.domain.calendar import days_in
from retention.domain.dataset import DatasetId
from retention.domain.disposition import State
from retention.domain.eligibility import Assessment, assess
from retention.domain.events import BUILT_IN, PER_DATASET, EventBook, TriggerEvent
from retention.domain.knowledge import Ground
from retention.domain.term import Term
from retention.errors import AgreementError
from retention.ports.catalogue import Catalogue
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.effects import datasets_of
from retention.steps.moves import state_of
from retention.steps.references import by_reference
from retention.steps.registers import Registers

GUESSES = 3


@dataclass(frozen=True, slots=True)
class Explained:
    """The answer about one dataset; *was_seen* tells whether the last good survey saw it."""

    found: Assessment
    term: Term
    kind: RetentionClass | None
    state: State
    name: str
    was_seen: bool
    by_reference: bool = False  # the event that started its clock is shown by no file


def explain(
    name: str,
    given: Mapping[str, str],
    *,
    library: Library,
    catalogue: Catalogue,
    ledger: Ledger,
    on: date,
) -> Explained:
    """Say of the dataset *name* what may happen to it when, and why, on the day *on*.

    *given* are events that are supposed to have happened, beside what people recorded.
    Raises AgreementError with a guess if no agreement can have a dataset of this name.
    """
    term = _term(name.split("/", maxsplit=1)[0], library, on)
    seen = [str(dataset) for dataset, _ in datasets_of(catalogue, term.reference)]
    dataset = _dataset(name, term, seen)
    kind = _kind(term, dataset.class_name)
    ground = Registers.read(ledger).ground(term)
    events = ground.events
    for event, text in given.items():
        if kind is None:
            raise AgreementError("no class claims it", hint="ask without --given")
        events = events.supposing(_given(event, text, term, kind, dataset))
    found = assess(dataset, replace(ground, events=events), on=on)
    shown = found.trigger is not None and found.trigger.evidence in by_reference(ledger)
    return Explained(found, term, kind, state_of(ledger, name), name, name in seen, shown)


def suppose(
    name: str, given: Mapping[str, str], where: Mapping[str, str], *, library: Library, on: date
) -> Explained:
    """Say of a dataset of the class ``REF/class`` that does not exist yet what would follow.

    *given* are days of events, also imprecise ones; *where* are values of placeholders.  Nothing
    that people recorded is looked at.  Raises AgreementError for a class, an event, a day or a
    placeholder that is none.
    """
    reference, _, class_name = name.partition("/")
    term = _term(reference, library, on)
    kind = _kind(term, class_name)
    if kind is None or term.governing is None:
        known = [] if term.governing is None else [each.name for each in term.governing.classes]
        raise AgreementError(
            f"{reference} has no class {class_name!r}", hint=_hint(class_name, known)
        )
    dataset = _supposed(reference, kind, where)
    events = [_given(event, text, term, kind, dataset) for event, text in given.items()]
    found = assess(dataset, Ground(term, EventBook.of(reference, events)), on=on)
    said = "".join(f", {placeholder} {value}" for placeholder, value in where.items())
    title = f"{name} (supposed{said})"
    return Explained(found, term, kind, State.UNCLASSIFIED, title, was_seen=True)


def _term(reference: str, library: Library, on: date) -> Term:
    terms = {term.reference: term for term in library.terms(on)}
    if (term := terms.get(reference)) is None:
        raise AgreementError(
            f"there is no agreement {reference!r}", hint=_hint(reference, list(terms))
        )
    return term


def _kind(term: Term, class_name: str) -> RetentionClass | None:
    if term.governing is None:
        return None
    return next((each for each in term.governing.classes if each.name == class_name), None)


def _dataset(name: str, term: Term, seen: list[str]) -> DatasetId:
    parts = name.split("/")
    kind = _kind(term, parts[1]) if len(parts) > 1 else None
    try:
        if kind is None:  # a class that no version in force has: its values have no names
            return DatasetId(
                parts[0], parts[1], tuple((str(n), v) for n, v in enumerate(parts[2:]))
            )
        return DatasetId.parse(name, kind.placeholders)
    except (IndexError, ValueError):
        raise AgreementError(
            "that is no id of a dataset of this agreement", hint=_hint(name, seen)
        ) from None


def _supposed(reference: str, kind: RetentionClass, where: Mapping[str, str]) -> DatasetId:
    if unknown := sorted(set(where) - set(kind.placeholders)):
        raise AgreementError(
            f"class {kind.name} has no placeholder {unknown[0]!r}",
            hint=_hint(unknown[0], list(kind.placeholders)),
        )
    for placeholder, value in where.items():
        forms = {pattern.expressions[placeholder] for pattern in kind.datasets}
        if not any(re.fullmatch(form, value) for form in forms):
            raise AgreementError(
                f"no {placeholder} of class {kind.name} is written like that",
                hint=f"its form is {' or '.join(sorted(forms))}",
            )
    # What is not said stands for itself: the clock asks only for values that events are per.
    binding = tuple((name, where.get(name, f"any-{name}")) for name in kind.placeholders)
    return DatasetId(reference, kind.name, binding)


def _given(
    name: str, text: str, term: Term, kind: RetentionClass, dataset: DatasetId
) -> TriggerEvent:
    assert term.governing is not None
    declared = {each.name: each for each in term.governing.events}
    known = list(dict.fromkeys((*kind.event_names, *sorted(BUILT_IN))))
    if name not in known:
        raise AgreementError(
            f"no rule of class {kind.name} counts from {name!r}", hint=_hint(name, known)
        )
    try:
        first, last = days_in(text)
    except ValueError as error:
        raise AgreementError(str(error), hint="write --given EVENT=2026-06-30") from None
    value = ""
    if name in PER_DATASET:
        value = str(dataset)
    elif name in declared:
        value = declared[name].value_for(dataset.values) or ""
    event = TriggerEvent(term.reference, name, value, last, by="", evidence="")
    return event if first == last else replace(event, earliest=first)


def _hint(said: str, known: list[str]) -> str:
    if guesses := get_close_matches(said, known, n=GUESSES):
        return f"did you mean {' or '.join(guesses)}?"
    return (
        f"there is: {', '.join(known[:GUESSES]) or 'none'}{', ...' if len(known) > GUESSES else ''}"
    )
