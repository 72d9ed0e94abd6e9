"""Where datasets lie: no place may belong to two classes, and each must be able to hold something.

A placeholder's values stand in the ids of datasets, on the ledger and on certificates; hence none
may be named for what tells who somebody is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from retention.agreements.build import Pieces
from retention.agreements.classes import ClassTable, CopyTable
from retention.agreements.expressions import common, impossible
from retention.agreements.faults import is_plain
from retention.agreements.reading import Findings
from retention.agreements.text import Document, Path
from retention.domain.clock import Period
from retention.domain.key import KEY, WINDOW_DAYS, is_key_arn
from retention.domain.pattern import Pattern

ATTESTED: Final = "attested"
NATION: Final = "nation"
_TELLING: Final = re.compile(
    r"names?|(?:sur|fore|first|last|full|user)names?|(?:first|middle|last|family|given|full|user)-name"
    r"|initials|e-?mails?|phones?|telephones?|mobiles?|dob|date-of-birth|birth-date|post-?codes?"
    r"|address(?:es)?|nhs-?(?:number|no)|hospital-?number|(?:national-insurance|ni)-number|nino|mrn"
    r"|chi|logins?|users?|user-id|patient-?(?:id|name)"
)
_PERSON: Final = re.compile(
    r"(?:patient|person|employee|clinician|consultant|doctor|nurse|carer|client|subject|participant"
    r"|respondent|mother)s?|people|staff|child|baby|deceased"
)
_WHICH_ONE: Final = re.compile(
    r"ids?|numbers?|nos?|refs?|references?|codes?|keys?|members?|identifiers?|pseudonyms?|hash|name"
)


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


@dataclass(slots=True)
class _Branch:
    """The claims that have the same segments so far, sorted by their next one."""

    claim: Claim | None = None
    literals: dict[str, "_Branch"] = field(default_factory=dict)
    expressions: dict[str, "_Branch"] = field(default_factory=dict)

    def add(self, claim: Claim) -> None:
        here = self
        for part in claim.pattern.segments:
            among, key = (
                (here.literals, part) if isinstance(part, str) else (here.expressions, part[1])
            )
            here = among.setdefault(key, _Branch())
        if here.claim is None:
            here.claim = claim

    def meeting(
        self, segments: tuple[str | tuple[str, str], ...], met: tuple[str, ...] = ()
    ) -> Iterator[tuple[Claim, tuple[str, ...]]]:
        """Yield what lies in *segments* or holds it, with segments that are in both."""
        if self.claim is not None:
            yield self.claim, met
        if not segments:
            for branch in (*self.literals.values(), *self.expressions.values()):
                yield from branch.meeting((), met)
            return
        head, rest = segments[0], segments[1:]
        for value, branch in self._matching(head):
            yield from branch.meeting(rest, (*met, value))

    def _matching(self, head: str | tuple[str, str]) -> Iterator[tuple[str, "_Branch"]]:
        if isinstance(head, str):
            if (branch := self.literals.get(head)) is not None:
                yield head, branch
            for expression, branch in self.expressions.items():
                if re.fullmatch(expression, head):
                    yield head, branch
            return
        for literal, branch in self.literals.items():
            if re.fullmatch(head[1], literal):
                yield literal, branch
        for expression, branch in self.expressions.items():
            if (value := common(expression, head[1])) is not None:
                yield value, branch
            elif expression == head[1] and not impossible(expression):
                yield "…", branch


def check_claims(claims: Iterable[Claim], findings: Findings) -> None:
    """Note each place that another pattern claims too: one class per dataset.

    The shorter of two patterns holds all that lies beneath it.
    """
    roots: dict[str, _Branch] = {}
    for claim in claims:
        root = roots.setdefault(claim.pattern.root, _Branch())
        other = next(root.meeting(claim.pattern.segments), None)
        root.add(claim)
        if other is None:
            continue
        first, met = other
        reference, name = first.owner
        same = "this class" if first.owner == claim.owner else f"{reference}, class {name}"
        shared = claim.pattern.root + "".join(f"{part}/" for part in met)
        hint = "A dataset has one class; further duties are [[class.also]]."
        if is_plain(shared):
            hint = f"Both claim {shared}. {hint}"
        found = f"a place that {same} claims too"
        findings.fault(claim.doc, claim.path, found, "its own place", hint)


def check_places(doc: Document, path: Path, table: ClassTable, findings: Findings) -> None:
    """Check the patterns of one class and of its copies against one another."""
    names = table.datasets[0].placeholders if table.datasets else ()
    for number, pattern in enumerate(table.datasets):
        at = (*path, "datasets", number)
        if pattern.placeholders != names:
            hint = "All places of one dataset have the same placeholders, in one order."
            findings.fault(doc, at, "other placeholders", "those of the first place", hint)
        _check_placeholders(doc, at, pattern, findings)
    if table.datasets:
        _check_nations(doc, path, table, findings)
        covered = table.period_covered
        if covered not in {None, ATTESTED, *names}:
            hint = "Its value is the year or month that the data span; or they are attested."
            wanted = " or ".join(f"'{each}'" for each in (ATTESTED, *names))
            at = (*path, "period_covered")
            findings.fault(doc, at, "no placeholder of its places", wanted, hint)
    for number, copy in enumerate(table.copies):
        at = (*path, "copies", number)
        if copy.kind == KEY:
            _check_key(doc, at, copy, findings)
        elif copy.store is None:
            if copy.checked_by == "engine":
                hint = "The engine can only look where it knows the place."
                findings.missing(doc, (*at, "store"), hint)
            elif copy.where is None:
                findings.missing(doc, (*at, "where"), "Say where the copy is: store or where.")
        else:
            _check_copy(doc, (*at, "store"), copy.store, table, findings)


def _check_key(doc: Document, path: Path, copy: CopyTable, findings: Findings) -> None:
    """Check that a key is named by its own ARN, and that the service takes its waiting period."""
    if copy.where is None:
        findings.missing(doc, (*path, "where"), "Say which key it is, by its ARN.")
    elif not is_key_arn(copy.where):
        hint = "An alias may come to mean another key: name the key itself."
        expected = "arn:aws:kms:REGION:ACCOUNT:key/ID"
        findings.fault(doc, (*path, "where"), "no ARN of a key", expected, hint)
    if copy.store is not None:
        hint = "A key lies in no place that could be listed: say it in where."
        findings.fault(doc, (*path, "store"), "a place of a key", "`where` alone", hint)
    if copy.checked_by != "engine":
        hint = "The engine orders its end, and asks the service what came of it."
        findings.fault(doc, (*path, "checked_by"), f"'{copy.checked_by}'", "'engine'", hint)
    if copy.gone_within is None:
        hint = "Say how long the service waits, from P7D to P30D: so long it can be recovered."
        findings.missing(doc, (*path, "gone_within"), hint)
    elif copy.gone_within not in {Period(0, 0, days) for days in WINDOW_DAYS}:
        hint = "The service takes nothing else, and counts in days."
        found = str(copy.gone_within)
        findings.fault(doc, (*path, "gone_within"), found, "from P7D to P30D", hint)


def _check_placeholders(doc: Document, path: Path, pattern: Pattern, findings: Findings) -> None:
    for name, expression in pattern.expressions.items():
        if f"{{{name}}}" in pattern.text:
            hint = "Say what its values look like, or a stray folder becomes a dataset."
            expected = f"a pattern, such as {{{name}:[0-9]{{4}}}}"
            findings.fault(doc, path, f"{{{name}}} without a pattern", expected, hint)
        elif impossible(expression):
            hint = "No folder name matches it: the class could never have a dataset."
            findings.fault(doc, path, f"{{{name}}} that matches nothing", "another pattern", hint)
        if is_personal(name):
            hint = "Its values stand in ids, on the ledger and on certificates: none may tell who."
            found = f"a placeholder named for a person, {{{name}}}"
            findings.fault(doc, path, found, "one for a round, a year or a nation", hint)


def is_personal(name: str) -> bool:
    """Tell whether a placeholder of this name would hold what tells who somebody is.

    ``patient`` and ``staff-member`` do; ``staff-group`` and ``site-name`` are of no single person.
    """
    plain = name.replace("_", "-")
    rest = [part for part in plain.split("-") if not _PERSON.fullmatch(part)]
    named = len(rest) < plain.count("-") + 1 and all(map(_WHICH_ONE.fullmatch, rest))
    return named or _TELLING.fullmatch(plain) is not None


def _check_nations(doc: Document, path: Path, table: ClassTable, findings: Findings) -> None:
    expressions = table.datasets[0].expressions
    at = (*path, "controllers_by_nation")
    if table.controllers_by_nation and NATION not in expressions:
        hint = "A place must say which nation a dataset is of, or everyone is told of each."
        findings.fault(doc, at, "no placeholder {nation}", "one in each place", hint)
        return
    for nation in table.controllers_by_nation:
        if not any(_takes(each.expressions, NATION, nation) for each in table.datasets):
            hint = "No dataset can be of it: correct its name, or the pattern of {nation}."
            expected = "a nation that {nation} matches"
            findings.fault(doc, (*at, nation), f"the nation '{nation}'", expected, hint, key=True)


def _takes(expressions: Mapping[str, str], name: str, value: str) -> bool:
    expression = expressions.get(name)
    return expression is not None and re.fullmatch(expression, value) is not None


def check_expected(doc: Document, pieces: Pieces, findings: Findings) -> None:
    """Note each expected value that no place can have: nobody would ever be asked about it."""
    for number, event in pieces.events.items():
        value = None if event.expected_on is None else event.expected_on.get(event.per)
        if not isinstance(value, str):
            continue
        places = [
            pattern.expressions
            for table in pieces.classes.values()
            for pattern in table.datasets
            if event.per in pattern.placeholders
        ]
        if places and not any(_takes(each, event.per, value) for each in places):
            at = ("event", number, "expected_on", event.per)
            hint = "Write it as the folders are named."
            expected = f"a value that {{{event.per}}} matches"
            findings.fault(doc, at, "a value that no place can have", expected, hint)


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
