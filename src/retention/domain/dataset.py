"""What a decision is about, and the smallest things that a store can destroy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self
from urllib.parse import quote, unquote

ID_LETTERS_MAX = 250  # with the name of its stream before it, it must fit an entry of the ledger
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")  # what percent-encoding would leave as it is


class Kind(StrEnum):
    """What stands under a key.  In code points data comes before markers: the order of orders."""

    DATA = "data"
    MARKER = "marker"  # a delete marker
    UPLOAD = "upload"  # an unfinished multipart upload, which no listing of versions shows


class Answer(StrEnum):
    """What a store said to an order.  Evidence of nothing."""

    TAKEN = "taken"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_ASKED = "not_asked"
    NEVER_THERE = "never_there"  # not in the begin-listing: nothing to order


class Fate(StrEnum):
    """What became of one version, given by verification alone; *unknown* is never *gone*."""

    DESTROYED = "destroyed"
    ABSENT_BEFORE = "absent_before"
    HELD_BACK = "held_back"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, order=True, slots=True)
class ObjectVersion:
    """The smallest thing a store can destroy; equal and ordered by (key, kind, version_id)."""

    key: str = field(repr=False)  # may name a patient: it lives in the manifest alone
    kind: Kind
    version_id: str
    size_bytes: int = field(default=0, compare=False)
    etag: str = field(default="", compare=False)
    checksum: str = field(default="", compare=False)
    modified_at: datetime | None = field(default=None, compare=False)
    storage_class: str = field(default="", compare=False)  # as the store names it: STANDARD


@dataclass(frozen=True, order=True, slots=True)
class DatasetId:
    """``REF/class/binding``; stable over agreement versions, and never the URI.

    *generation* is 1 until data arrives after a disposal, which opens ``#2``.
    """

    reference: str
    class_name: str
    binding: tuple[tuple[str, str], ...]  # placeholder → value, in the order of the pattern
    generation: int = 1
    _text: str = field(default="", init=False, repr=False, compare=False)  # once it was asked for

    def __str__(self) -> str:
        """Return the id, each value percent-encoded so that it has neither slash nor space."""
        if not self._text:
            values = (
                value if _PLAIN.fullmatch(value) else quote(value, safe="-_.")
                for _, value in self.binding
            )
            name = "/".join((self.reference, self.class_name, *values))
            text = name if self.generation == 1 else f"{name}#{self.generation}"
            object.__setattr__(self, "_text", text)
        return self._text

    @property
    def values(self) -> Mapping[str, str]:
        """The value of each placeholder."""
        return dict(self.binding)

    @classmethod
    def parse(cls, text: str, placeholders: tuple[str, ...]) -> Self:
        """Read what ``str`` wrote, given the names of the class's *placeholders*.

        Raises ValueError if the number of values differs, if one is empty, or if ``str`` would
        write it in another way: one dataset has one name.
        """
        name, _, generation = text.partition("#")
        reference, class_name, *values = name.split("/")
        pairs = zip(placeholders, map(unquote, values), strict=True)
        found = cls(reference, class_name, tuple(pairs), int(generation or 1))
        if str(found) != text or found.generation < 1 or not all((reference, class_name, *values)):
            raise ValueError("this is not how the id of a dataset is written")
        return found
