"""Where datasets lie: URIs with placeholders, one dataset for each combination of values.

A placeholder matches exactly one whole, non-empty, decoded path segment, case-sensitively.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_-]*)(?::(.+))?\}")
_URI = re.compile(r"([a-z][a-z0-9]*)://([^/{}@\s]+)/(.*)", re.DOTALL)  # a key may hold a line break
_ANY = "[^/]+"  # a placeholder without an expression
_EXPRESSION_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True)
class Pattern:
    """A URI such as ``s3://bucket/patient/{nation:[a-z-]+}/{round:[0-9]{4}}/``; ends in ``/``."""

    text: str
    root: str  # scheme and bucket: ``s3://bucket/``
    segments: tuple[str | tuple[str, str], ...]  # literal, or (placeholder, regular expression)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a pattern; raise ValueError that says what is wrong with it."""
        found = _URI.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a place such as s3://bucket/path/")
        if not text.endswith("/"):
            raise ValueError(f"{text!r} must end in '/', or it would match its neighbours")
        segments = [_segment(part) for part in _split(found[3])]
        names = [part[0] for part in segments if not isinstance(part, str)]
        if len(names) != len(set(names)):
            raise ValueError(f"{text!r} names a placeholder twice")
        return cls(text, f"{found[1]}://{found[2]}/", tuple(segments))

    def filled(self, expressions: Mapping[str, str]) -> Self:
        """Return this pattern with *expressions* where it gives none of its own.

        A copy names the placeholders of its class: both must match the same values.
        """
        segments = tuple(
            (part[0], expressions.get(part[0], _ANY))
            if not isinstance(part, str) and part[1] == _ANY
            else part
            for part in self.segments
        )
        written = (p if isinstance(p, str) else f"{{{p[0]}:{p[1]}}}" for p in segments)
        text = self.root + "".join(f"{part}/" for part in written)
        return type(self)(text, self.root, segments)

    @property
    def expressions(self) -> Mapping[str, str]:
        """The regular expression of each placeholder."""
        return {part[0]: part[1] for part in self.segments if not isinstance(part, str)}

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of the placeholders, in order."""
        return tuple(part[0] for part in self.segments if not isinstance(part, str))

    @property
    def static_place(self) -> str:
        """The longest place that holds every match: what a survey lists."""
        place = self.root
        for part in self.segments:
            if not isinstance(part, str):
                break
            place += part + "/"
        return place

    def match(self, key: str) -> tuple[tuple[str, str], ...] | None:
        """Return the binding of an object's decoded *key*, or None if it lies elsewhere."""
        parts = key.split("/")
        if len(parts) <= len(self.segments):
            return None
        binding = []
        for part, segment in zip(parts, self.segments, strict=False):
            if isinstance(segment, str):
                if part != segment:
                    return None
            elif _matches(segment[1], part):
                binding.append((segment[0], part))
            else:
                return None
        return tuple(binding)

    def differs_at(self, parts: Sequence[str]) -> int | None:
        """Return which of a key's folders, from 0, cannot be of this pattern, if one cannot.

        *parts* are those of the key, its own name last.  None says that its folders would do:
        the key matches, or lies above the place of a dataset.
        """
        for number, (part, segment) in enumerate(zip(parts[:-1], self.segments, strict=False)):
            fits = part == segment if isinstance(segment, str) else _matches(segment[1], part)
            if not fits:
                return number
        return None

    def fits(self, values: Mapping[str, str]) -> bool:
        """Tell whether each of the *values*, which are of its placeholders, is one it matches."""
        return all(_matches(each, values[name]) for name, each in self.expressions.items())

    def place(self, values: Mapping[str, str]) -> str:
        """Return the place of one dataset.

        Raises KeyError for a value that is not given, and ValueError for one that the pattern
        does not match: ``a/b`` or an empty value would be the place of something else.
        """
        place = self.root
        for part in self.segments:
            value = part if isinstance(part, str) else values[part[0]]
            if not isinstance(part, str) and not _matches(part[1], value):
                raise ValueError(f"the value of {{{part[0]}}} is none that the pattern matches")
            place += value + "/"
        return place


def _matches(expression: str, value: str) -> bool:
    return value != "" and "/" not in value and re.fullmatch(expression, value) is not None


def _split(path: str) -> list[str]:
    """Split at each slash outside braces, and drop the empty end."""
    parts, depth, part = [], 0, ""
    for char in path:
        depth += (char == "{") - (char == "}")
        if char == "/" and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += char
    if part:  # braces that do not pair swallow slashes: what is left would match its whole parent
        raise ValueError(f"{path!r} has braces that do not pair")
    return parts


def _segment(part: str) -> str | tuple[str, str]:
    found = _PLACEHOLDER.fullmatch(part)
    if found is None:
        if not part or "{" in part or "}" in part:
            raise ValueError(f"{part!r} is neither a name nor one whole {{placeholder:pattern}}")
        return part
    expression = found[2] or _ANY
    if len(expression) > _EXPRESSION_LENGTH_MAX or re.search(r"\(\?(?!:)", expression):
        # Flags would match another case; a long expression may match for ever.
        raise ValueError(f"{found[1]!r} needs a short regular expression without '(?' flags")
    try:
        re.compile(expression)
    except re.error as error:
        raise ValueError(f"{expression!r} is not a regular expression: {error}") from None
    return found[1], expression


def key_prefix(place: str) -> tuple[str, str, str]:
    """Split a place into scheme, bucket and key prefix; raise ValueError on anything else."""
    found = _URI.fullmatch(place)
    if found is None or not place.endswith("/"):
        raise ValueError(f"{place!r} is not a place such as s3://bucket/path/")
    return found[1], found[2], found[3]
