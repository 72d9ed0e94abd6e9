"""What people name: agreements, classes, datasets, parties; a name that is none gets a guess.

A message repeats nothing that was typed: it may end in a log, and what was typed may be anything.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

from retention.domain.agreement import Agreement, RetentionClass
from retention.domain.calendar import days_in
from retention.domain.dataset import DatasetId
from retention.domain.term import Term
from retention.errors import AgreementError
from retention.steps.effects import datasets_of
from retention.steps.record.planned import Recording

LISTED_MAX = 12  # names in a hint
COMPARED_MAX = 5_000  # names with which one is compared
VALUE_LETTERS_MAX = 250
_PLAIN = re.compile(r"[A-Za-z0-9:/._#@%+=~-]{1,250}")


def guess(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return a hint: the name that was probably meant, or the names there are."""
    names = sorted(set(known))
    if len(names) > COMPARED_MAX:
        return otherwise
    if close := get_close_matches(word, names, n=1, cutoff=0.6):
        return f"did you mean {close[0]}?"
    if not names:
        return otherwise
    more = f" and {len(names) - LISTED_MAX} more" if len(names) > LISTED_MAX else ""
    return f"there is: {', '.join(names[:LISTED_MAX])}{more}"


def listed(what: str, numbers: Iterable[str], otherwise: str) -> str:
    """Return a hint with the numbers there are: of a number nobody can guess which was meant."""
    known = list(numbers)
    if not known:
        return otherwise
    more = f" and {len(known) - LISTED_MAX} more" if len(known) > LISTED_MAX else ""
    return f"{what}: {', '.join(known[:LISTED_MAX])}{more}"


def few(names: Sequence[str]) -> str:
    """Return the first of *names*, and how many more there are."""
    more = f" and {len(names) - LISTED_MAX:,} more" if len(names) > LISTED_MAX else ""
    return f"{', '.join(names[:LISTED_MAX])}{more}"


def terms_of(ports: Recording) -> dict[str, Term]:
    """Return every agreement, by its reference."""
    return {term.reference: term for term in ports.library.terms(ports.today)}


def term_named(ports: Recording, reference: str) -> tuple[Term, Agreement]:
    """Return an agreement and its governing version; raise AgreementError if there is none."""
    return term_in(terms_of(ports), reference)


def term_in(terms: Mapping[str, Term], reference: str) -> tuple[Term, Agreement]:
    """Return one of *terms* and its governing version; raise AgreementError if there is none."""
    if reference not in terms:
        raise AgreementError(
            "there is no agreement of that name", hint=guess(reference, terms, "look at policies/")
        )
    if (agreement := terms[reference].governing) is None:
        raise AgreementError(
            f"no version of {reference} is in force yet", hint="its first day is in its file"
        )
    return terms[reference], agreement


def class_named(agreement: Agreement, name: str) -> RetentionClass:
    """Return a class; raise AgreementError if the agreement has none of that name."""
    names = [each.name for each in agreement.classes]
    if name not in names:
        raise AgreementError(
            f"{agreement.reference} has no class of that name",
            hint=guess(name, names, "it has no class"),
        )
    return agreement.class_named(name)


def dataset_named(ports: Recording, text: str) -> tuple[Term, RetentionClass, DatasetId]:
    """Return a dataset with its agreement and class; it need not have been surveyed.

    Raises AgreementError if its agreement or class is none, or if it is no id of that class.
    """
    reference, _, rest = text.partition("/")
    term, agreement = term_named(ports, reference)
    kind = class_named(agreement, rest.partition("/")[0])
    try:
        dataset = DatasetId.parse(text, kind.placeholders)
        fits = any(_fits(pattern.expressions, dataset) for pattern in kind.datasets)
    except ValueError:
        fits = False
    if not fits or _PLAIN.fullmatch(text) is None:
        raise AgreementError(
            f"that is no id of a dataset of {agreement.reference}/{kind.name}",
            hint=guess(text, known_datasets(ports, reference), "`retention due` lists them"),
        )
    return term, kind, dataset


def require_surveyed(dataset: DatasetId, known: "Known") -> None:
    """Raise AgreementError if the last survey of its agreement has not seen *dataset*."""
    names = known.datasets(dataset.reference)
    if str(dataset) not in names:
        raise AgreementError(
            "no survey has seen that dataset",
            hint=guess(str(dataset), names, "`retention survey` lists the stores"),
        )


def known_datasets(ports: Recording, reference: str) -> list[str]:
    """Return the ids of the datasets of one agreement, as the last survey saw them."""
    return [str(dataset) for dataset, _ in datasets_of(ports.catalogue, reference)]


@dataclass(slots=True)
class Known:
    """What the last surveys saw, each agreement looked through once."""

    ports: Recording
    _datasets: dict[str, frozenset[str]] = field(default_factory=dict)
    _values: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def datasets(self, reference: str) -> frozenset[str]:
        """Return the ids of the datasets of an agreement."""
        if reference not in self._datasets:
            self._datasets[reference] = frozenset(known_datasets(self.ports, reference))
        return self._datasets[reference]

    def values(self, reference: str, placeholder: str) -> frozenset[str]:
        """Return the values that one placeholder has in the datasets of an agreement."""
        key = reference, placeholder
        if key not in self._values:
            datasets = (each for each, _ in datasets_of(self.ports.catalogue, reference))
            found = (each.values.get(placeholder) for each in datasets)
            self._values[key] = frozenset(value for value in found if value is not None)
        return self._values[key]


def party_named(ports: Recording, party: str, allowed: Collection[str], otherwise: str) -> str:
    """Return one of the *allowed* parties; raise AgreementError that says *otherwise* if not."""
    if party not in allowed:
        raise AgreementError(otherwise, hint=guess(party, allowed, "nobody is, or may"))
    ports.library.party(party)
    return party


def signed_day(text: date, today: date) -> date:
    """Return the day of a signature; raise AgreementError if it has not come."""
    if text > today:
        raise AgreementError(
            "it is signed on a day that has not come", hint="give the day that stands on the letter"
        )
    return text


def happened(text: str, today: date) -> tuple[date, date]:
    """Return the first and last day on which something happened: 2019-06-30, 2019-06 or 2019.

    Raises AgreementError for anything else, and for what lies ahead.
    """
    try:
        first, last = days_in(text)
    except ValueError:
        raise AgreementError(
            "that is not a day", hint="write 2019-06-30, or 2019-06 or 2019 if no more is known"
        ) from None
    if first > today:
        raise AgreementError(
            "that day has not come", hint="record it when it has happened, with what shows it"
        )
    return first, last


def _fits(expressions: Mapping[str, str], dataset: DatasetId) -> bool:
    return all(fits_expression(expressions[name], value) for name, value in dataset.binding)


def fits_expression(expression: str, value: str) -> bool:
    """Tell whether *value* is one that a placeholder with this *expression* matches."""
    return value != "" and "/" not in value and re.fullmatch(expression, value) is not None
