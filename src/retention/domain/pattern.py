"""Where datasets lie: URIs with placeholders, one dataset for each combination of values.

A placeholder matches exactly one whole, non-empty, decoded path segment, case-sensitively.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_-]*)(?::(.+))?\}")
_URI = re.compile(r"([a-z][a-z0-9]*)://([^/{}]+)/(.*)")


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
            elif part and re.fullmatch(segment[1], part):
                binding.append((segment[0], part))
            else:
                return None
        return tuple(binding)

    def place(self, values: Mapping[str, str]) -> str:
        """Return the place of one dataset; raise KeyError for a value that is not given."""
        filled = (s if isinstance(s, str) else values[s[0]] for s in self.segments)
        return self.root + "".join(f"{part}/" for part in filled)


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
    return parts


def _segment(part: str) -> str | tuple[str, str]:
    found = _PLACEHOLDER.fullmatch(part)
    if found is None:
        if not part or "{" in part or "}" in part:
            raise ValueError(f"{part!r} is neither a name nor one whole {{placeholder:pattern}}")
        return part
    expression = found[2] or "[^/]+"
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
