"""The exact shape of a row of XML, learned from rows, as one regular expression.

A shape is learned from a row that did not fit the one before: elements that only some rows have
become optional, as long as all rows name theirs in one order.  It matches whole rows, and nothing
between them: what it does not match is for the real parser.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Shape:
    """What rows look like, and what finds them; *columns* names its groups from the second on.

    The first group says whether a row is a ``Version`` or a ``DeleteMarker``.
    """

    parts: tuple[Part, ...]
    columns: tuple[str, ...]
    rows: re.Pattern[str]


def shape_of(parts: tuple[Part, ...]) -> Shape | None:
    """Return the shape of rows with these *parts*, or None if such rows cannot be relied on."""
    names = [part.name for part in parts]
    needed = {part.name for part in parts if not part.optional}
    if len(set(names)) < len(names) or not needed >= _NEEDED or len(names) > _PARTS_MAX:
        return None
    expression = "".join(part.expression for part in parts)
    return Shape(
        parts,
        tuple(name for name in names if name in READ),
        re.compile(rf"<(Version|DeleteMarker)>{expression}</\1>"),
    )


def parts_of(text: str) -> tuple[Part, ...] | None:
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
    return tuple(found) if text.startswith(f"</{row[1]}>", at) else None


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


def merged(one: tuple[Part, ...], other: tuple[Part, ...]) -> tuple[Part, ...] | None:
    """Return parts that fit rows of both, or None if their order differs."""
    mine, theirs = ({part.name: part for part in parts} for parts in (one, other))
    if [n for n in mine if n in theirs] != [n for n in theirs if n in mine]:
        return None
    found: list[Part] = []
    rest = list(one)
    for part in other:
        if part.name not in mine:
            found.append(replace(part, optional=True))
            continue
        while rest[0].name != part.name:
            found.append(replace(rest.pop(0), optional=True))
        found.append(_both(rest.pop(0), part))
    found += [replace(part, optional=True) for part in rest]
    return None if any(len(part.forms) > _FORMS_MAX for part in found) else tuple(found)


def _both(one: Part, other: Part) -> Part:
    forms = tuple(dict.fromkeys((*one.forms, *other.forms)))
    return Part(one.name, forms, one.optional or other.optional)
