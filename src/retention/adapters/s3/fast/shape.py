"""The exact shape of a row of XML, learned from rows, as one regular expression.

A shape is learned from a row that did not fit the one before: elements that only some rows have
become optional, as long as all rows name theirs in one order.  It matches whole rows, and nothing
between them: what it does not match is for the real parser.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Final

READ: Final = frozenset(
    {"Key", "VersionId", "LastModified", "ETag", "Size", "StorageClass", "ChecksumAlgorithm"}
)
_NEEDED: Final = frozenset({"Key", "VersionId", "LastModified"})
_PARTS_MAX, _DEPTH_MAX, _FORMS_MAX = 32, 4, 4

_ANY_TEXT: Final = "[^<]*"  # the fastest there is; what XML writes with & is looked for elsewhere
_KINDS: Final = "((?:<ChecksumAlgorithm>[^<]*</ChecksumAlgorithm>){0,8})"

_ROW: Final = re.compile("<(Version|DeleteMarker)>")
_OPENING: Final = re.compile("<([A-Za-z][A-Za-z0-9]*)>")
_TEXT: Final = re.compile(_ANY_TEXT)


@dataclass(frozen=True, slots=True)
class Part:
    """An element of a row; *forms* are expressions for what it may hold, if it is not read."""

    name: str
    forms: tuple[str, ...] = ()
    optional: bool = False

    @property
    def expression(self) -> str:
        """The regular expression of this part; one that is read has one group."""
        if self.name == "ChecksumAlgorithm":
            return _KINDS
        forms = self.forms[0] if len(self.forms) == 1 else f"(?:{'|'.join(self.forms)})"
        content = f"({_ANY_TEXT})" if self.name in READ else forms
        whole = f"<{self.name}>{content}</{self.name}>"
        return f"(?:{whole})?" if self.optional else whole


Row = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What rows look like, and what finds them; *columns* names its groups from the second on.

    The first group says whether a row is a ``Version`` or a ``DeleteMarker``.
    """

    learned: tuple[Row, ...]
    columns: tuple[str, ...]
    rows: re.Pattern[str]


def shape_of(learned: tuple[Row, ...]) -> Shape | None:
    """Return the shape of rows such as these, or None if there is none that can be relied on."""
    order = TopologicalSorter[str]()
    forms: dict[str, dict[str, None]] = {}
    for row in learned:
        before: list[str] = []
        for part in row:
            order.add(part.name, *before)
            before = [part.name]
            forms.setdefault(part.name, {}).update(dict.fromkeys(part.forms))
    try:
        names = list(order.static_order())
    except CycleError:  # not all name theirs in one order
        return None
    everywhere = {n for n in names if all(n in {part.name for part in row} for row in learned)}
    many = any(len(each) > _FORMS_MAX for each in forms.values())
    if many or not everywhere >= _NEEDED or len(names) > _PARTS_MAX:
        return None
    parts = (Part(name, tuple(forms[name]), name not in everywhere) for name in names)
    return Shape(
        learned,
        tuple(name for name in names if name in READ),
        re.compile(rf"<(Version|DeleteMarker)>{''.join(p.expression for p in parts)}</\1>"),
    )


def row_of(text: str) -> Row | None:
    """Return the parts of the row that *text* begins with, or None if it begins with none."""
    row = _ROW.match(text)
    if row is None:
        return None
    found: list[Part] = []
    at = row.end()
    for part, end in _parts(text, at, _DEPTH_MAX):
        again = found and found[-1].name == part.name == "ChecksumAlgorithm"
        if not again:
            found.append(part)
        at = end
    twice = len({part.name for part in found}) < len(found)
    return None if twice or not text.startswith(f"</{row[1]}>", at) else tuple(found)


def _parts(text: str, at: int, depth: int) -> Iterator[tuple[Part, int]]:
    """Yield elements that follow each other from *at*, each with its end."""
    while opening := _OPENING.match(text, at):
        read = (
            opening[1] in READ
        )  # it has an expression of its own, which knows what may stand in it
        inside = ("", text.find("<", at + 1)) if read else _form(text, opening.end(), depth - 1)
        if inside is None:
            return
        form, end = inside
        closing = f"</{opening[1]}>"
        if not text.startswith(closing, end):
            return
        at = end + len(closing)
        yield Part(opening[1], () if read else (form,)), at


def _form(text: str, at: int, depth: int) -> tuple[str, int] | None:
    """Return an expression for what an element holds from *at*, and the end of that."""
    if not text.startswith("<", at) or text.startswith("</", at):
        plain = _TEXT.match(text, at)
        return None if plain is None else (_ANY_TEXT, plain.end())
    if depth == 0:
        return None
    form = ""
    for part, end in _parts(text, at, depth):
        inner = part.forms[0] if part.forms else _ANY_TEXT
        form += f"<{part.name}>{inner}</{part.name}>"
        at = end
    return (form, at) if form else None
