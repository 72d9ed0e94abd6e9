"""Where datasets lie: no place may belong to two classes, and copies must lie as the class does."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from retention.agreements.build import Pieces
from retention.agreements.models import ClassTable
from retention.agreements.reading import Findings
from retention.agreements.text import Document, Path
from retention.domain.pattern import Pattern


@dataclass(frozen=True, slots=True)
class Claim:
    """A pattern of one class, and where it is written."""

    doc: Document
    path: Path
    owner: tuple[str, str]  # reference and class
    pattern: Pattern


def claims_of(doc: Document, pieces: Pieces) -> list[Claim]:
    """Return every place that the classes of one file claim, copies included."""
    reference = pieces.header.reference if pieces.header else doc.file
    found = []
    for number, table in pieces.classes.items():
        path: Path = ("class", number)
        places = [((*path, "datasets", n), each) for n, each in enumerate(table.datasets)]
        for n, copy in enumerate(table.copies):
            if copy.store is not None:
                filled = copy.store.filled(table.datasets[0].expressions if table.datasets else {})
                places.append(((*path, "copies", n, "store"), filled))
        found += [Claim(doc, at, (reference, table.name), each) for at, each in places]
    return found


def check_claims(claims: Iterable[Claim], findings: Findings) -> None:
    """Note each place that two patterns claim for certain: one class per dataset."""
    for first, second in combinations(claims, 2):
        if overlap(first.pattern, second.pattern):
            reference, name = first.owner
            hint = "A dataset has one class; further duties are [[class.also]]."
            same = "this class" if first.owner == second.owner else f"{reference}, class {name}"
            findings.fault(
                second.doc, second.path, f"a place that {same} claims too", "its own place", hint
            )


def overlap(first: Pattern, second: Pattern) -> bool:
    """Tell whether some object lies in both for certain; the shorter one holds all beneath it.

    Two different regular expressions are taken to differ: whether they do cannot be decided.
    """
    if first.root != second.root:
        return False
    pairs = zip(first.segments, second.segments, strict=False)
    return all(_meet(one, other) for one, other in pairs)


def _meet(one: str | tuple[str, str], other: str | tuple[str, str]) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    if isinstance(one, str) and not isinstance(other, str):
        return re.fullmatch(other[1], one) is not None
    if isinstance(other, str):
        return _meet(other, one)
    return one[1] == other[1]


def check_places(doc: Document, path: Path, table: ClassTable, findings: Findings) -> None:
    """Check the patterns of one class and of its copies against one another."""
    names = set(table.datasets[0].placeholders) if table.datasets else set()
    for number, pattern in enumerate(table.datasets):
        if pattern.placeholders != table.datasets[0].placeholders:
            hint = "All places of one dataset have the same placeholders, in one order."
            at = (*path, "datasets", number)
            findings.fault(doc, at, "other placeholders", "those of the first place", hint)
    if table.controllers_by_nation and table.datasets and "nation" not in names:
        hint = "A place must say which nation a dataset is of, or everyone is told of each."
        at = (*path, "controllers_by_nation")
        findings.fault(doc, at, "no placeholder {nation}", "one in each place", hint)
    for number, copy in enumerate(table.copies):
        at = (*path, "copies", number)
        if copy.store is None:
            if copy.checked_by == "engine":
                hint = "The engine can only look where it knows the place."
                findings.missing(doc, (*at, "store"), hint)
            elif copy.where is None:
                findings.missing(doc, (*at, "where"), "Say where the copy is: store or where.")
            continue
        _check_copy(doc, (*at, "store"), copy.store, table, findings)


def _check_copy(
    doc: Document, path: Path, store: Pattern, table: ClassTable, findings: Findings
) -> None:
    if not table.datasets:
        return
    ours = table.datasets[0].expressions
    if set(store.placeholders) != set(ours):
        wanted = " and ".join(f"{{{name}}}" for name in ours) or "no placeholder"
        hint = "A copy holds the same datasets: its place names the same placeholders."
        findings.fault(doc, path, "other placeholders than the class", wanted, hint)
    elif dict(store.filled(ours).expressions) != dict(ours):
        hint = "Leave the expressions out: they come with the class."
        findings.fault(doc, path, "other expressions than the class", "those of the class", hint)
