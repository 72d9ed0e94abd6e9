"""The rows of a page: from text in columns to ``ports.store.Page``, for both parsers alike."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from itertools import compress
from operator import attrgetter
from typing import Any, Final, TypeVar
from urllib.parse import unquote_plus

from retention.adapters.s3.fast.trouble import broken
from retention.ports.store import Page

T = TypeVar("T")

_BARE_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_SECONDS_LETTERS: Final = len("2026-11-23T17:09:26")
_COLUMNS: Final = tuple(each.name for each in fields(Page))
_zone: Final = attrgetter("tzinfo")


@dataclass(slots=True)
class Texts:
    """Rows in columns as a page has them, free of XML and nothing more; a marker has size 0."""

    keys: list[str] = field(default_factory=list, repr=False)  # may name patients
    ids: list[str] = field(default_factory=list)
    markers: list[bool] = field(default_factory=list)
    sizes: list[str] = field(default_factory=list)
    etags: list[str] = field(default_factory=list)  # without quotes
    modified: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    checksums: list[str] = field(default_factory=list)


def typed(texts: Texts, *, encoded: bool) -> Page:
    """Return the values that *texts* stand for, in their order; raise StoreError on a bad one."""
    keys = decoded(texts.keys) if encoded else texts.keys
    if "" in keys or "" in texts.ids:
        raise broken("a row has no key or no id")
    return Page(
        keys,
        texts.ids,
        texts.markers,
        _numbers(texts.sizes),
        texts.etags,
        instants(texts.modified),
        texts.classes,
        texts.checksums,
    )


def decoded(keys: list[str]) -> list[str]:
    """Undo the URL encoding of *keys*; raise StoreError if they are not encoded, or not UTF-8."""
    together = "\0".join(keys).replace("%2F", "/")  # by far the most frequent
    if "%" in together or "+" in together:
        if _BARE_PERCENT.search(together):
            raise broken("a key is not encoded as its page says")
        together = _unquoted(together)
    found = together.split("\0")
    if len(found) != len(keys):  # a key has such a letter in it: no XML has, but %00 stands for one
        found = list(map(_unquoted, keys))
    return found


def _unquoted(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise broken("a key is not UTF-8") from None


def _numbers(texts: list[str]) -> list[int]:
    together = "".join(texts)
    if texts and ("" in texts or not (together.isascii() and together.isdecimal())):
        raise broken("a size is no number")
    return list(map(int, texts))


def instants(texts: list[str]) -> list[datetime]:
    """Return the instants that *texts* name in the form of S3; raise StoreError if one does not.

    No other form is guessed at: what is damaged should not be read as something else.
    """
    if any(length < _SECONDS_LETTERS for length in set(map(len, texts))):
        raise broken("a row does not say when it was written")
    try:
        found = list(map(datetime.fromisoformat, texts))
    except ValueError:
        raise broken("a row does not say when it was written") from None
    if None in set(map(_zone, found)):  # some servers leave it out, and mean UTC as all do
        found = [each if each.tzinfo else each.replace(tzinfo=UTC) for each in found]
    return found


def by_key(page: Page) -> tuple[Page, bool]:
    """Return *page* by key, and whether its versions and markers stand apart.

    Some servers write all versions of a page, and then all its markers.  In any other order a
    row is out of place, and StoreError is raised.
    """
    keys, markers = page.keys, page.markers
    first = markers.index(True) if True in markers else len(keys)
    apart = 0 < first < len(keys) and all(markers[first:])
    if _ascends(keys):
        return page, apart
    if not (apart and _ascends(keys[:first]) and _ascends(keys[first:])):
        raise broken("a row is out of order")
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return arranged(page, lambda column: list(map(column.__getitem__, order))), apart


def _ascends(keys: list[str]) -> bool:
    return keys == sorted(keys)  # in time that grows with the rows, if they are in order


def part(page: Page, start: int, end: int) -> Page:
    """Return the rows from *start* up to, and without, *end*."""
    if start == 0 and end >= len(page):
        return page
    return arranged(page, lambda column: column[start:end])


def chosen(page: Page, which: Sequence[bool]) -> Page:
    """Return the rows for which *which* is true."""
    return arranged(page, lambda column: list(compress(column, which)))


def arranged(page: Page, arrange: Callable[[list[Any]], list[Any]]) -> Page:
    """Return a page whose columns *arrange* made of those of *page*."""
    return Page(*(arrange(getattr(page, name)) for name in _COLUMNS))
