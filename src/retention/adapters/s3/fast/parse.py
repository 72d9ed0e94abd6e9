"""A page at a glance: its rows by one regular expression, its rest by the real parser.

Rows that follow each other, each exactly of the shape that was learned, are cut out and a single
element is put in their place; what remains is small, and expat reads it.  So the two parsers
cannot differ about anything but the rows, and of these nothing is taken that XML might say in
more than one way.  Whatever else a page has, this parser says nothing of it.
"""

import re
from typing import Any, Final

from retention.adapters.s3.fast.columns import Texts
from retention.adapters.s3.fast.shape import Shape, row_of, shape_of
from retention.adapters.s3.fast.strict import SPACE, Element, document
from retention.adapters.s3.fast.trouble import UnreadableError

ROWS: Final = "RowsStandHere"
_AROUND: Final = (("<Version>", "</Version>"), ("<DeleteMarker>", "</DeleteMarker>"))
_NOT_IN_XML: Final = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20)])
# In this order: what &amp; leaves behind is no reference any more.
_REFERENCES: Final = {"&quot;": '"', "&apos;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&"}
_KIND: Final = re.compile(">([^<]*)</")
_LESSONS_MAX: Final = 16  # after these, a page that is otherwise goes to the real parser


class Quick:
    """A parser that learns the shape of rows; any number of threads may share it."""

    def __init__(self) -> None:
        """Begin without any idea of what rows look like."""
        self._shape: Shape | None = None
        self._lessons = 0

    def read(self, body: bytes) -> tuple[Element, Texts] | None:
        """Return what surrounds the rows of a page, and the rows; or None, to ask expat."""
        text = _plain(body)
        if text is None:
            return None
        start, end = len(text), 0
        for beginning, ending in _AROUND:
            if (at := text.find(beginning, 0, start)) >= 0:
                start = at
            if (at := text.rfind(ending, end)) >= 0:
                end = at + len(ending)
        if start > end:
            return None
        rows = self._rows(text[start:end])
        shell = _shell(f"{text[:start]}<{ROWS}/>{text[end:]}") if rows else None
        return None if rows is None or shell is None else (shell, rows)

    def _rows(self, text: str) -> Texts | None:
        """Return the rows of *text* if it is nothing but rows."""
        for known in dict.fromkeys((self._shape, None)):
            shape = known or self._learned(None, text)
            while shape is not None:
                flat = shape.rows.split(text)
                gap = _first_text(flat[:: shape.rows.groups + 1])
                if gap is None:
                    self._shape = shape
                    return _texts(shape, flat, text.count("&"))
                shape = self._learned(shape, gap)
        return None

    def _learned(self, shape: Shape | None, text: str) -> Shape | None:
        """Return what fits the rows of *shape* and the one that *text* begins with."""
        row = row_of(text)
        known = shape.learned if shape else ()
        if row is None or row in known or self._lessons >= _LESSONS_MAX:
            return None
        self._lessons += 1
        return shape_of((*known, row))


def _first_text(gaps: list[str]) -> str | None:
    """Return the first of *gaps* that is more than space.

    Ceph sends spaces while it looks, so that nobody gives it up.
    """
    return next((text for gap in gaps if gap and (text := gap.strip(SPACE))), None)


def _plain(body: bytes) -> str | None:
    """Return *body* as text if XML would read each of its characters as it stands."""
    if b"\r" in body or b"]" in body or len(body.translate(None, _NOT_IN_XML)) < len(body):
        return None  # a bracket may end what XML calls a section
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if not text.isascii() and ("\ufffe" in text or "\uffff" in text) else text


def _shell(text: str) -> Element | None:
    if text.count(ROWS) != 1:
        return None  # the page has a thing of that name, and ours might stand in a comment
    try:
        root = document(text.encode())
    except UnreadableError:
        return None
    names = [each.name for each in root.children]
    if ROWS not in names or "Version" in names or "DeleteMarker" in names:
        return None
    del root.children[names.index(ROWS)]
    return root


def _texts(shape: Shape, flat: list[str], references: int) -> Texts | None:
    """Return the columns of rows that were split into groups, or None if one is not whole.

    Of the *references* that their text has, such as ``&quot;``, all must stand in keys and ETags.
    """
    step = len(shape.columns) + 2  # the gap before each, and which kind it is
    column = {name: flat[n::step] for n, name in enumerate(shape.columns, start=2)}
    markers = list(map("DeleteMarker".__eq__, flat[1::step]))
    sizes = _of_data(column.get("Size"), markers, of_marker="0")
    keys, in_keys = _unescaped(column["Key"])
    etags, in_etags = _unescaped(_of_data(column.get("ETag"), markers, of_none=""))
    if keys is None or etags is None or in_keys + in_etags != references or None in sizes:
        return None
    named = column.get("ChecksumAlgorithm") or [""] * len(markers)
    kinds = {each: ",".join(_KIND.findall(each)) for each in set(named)}
    return Texts(
        keys=keys,
        ids=column["VersionId"],
        markers=markers,
        sizes=sizes,
        etags=[etag.strip('"') for etag in etags],
        modified=column["LastModified"],
        classes=_of_data(column.get("StorageClass"), markers, of_none=""),
        checksums=_of_data(list(map(kinds.__getitem__, named)), markers),
    )


def _unescaped(texts: list[str]) -> tuple[list[str] | None, int]:
    """Return *texts* without references, and how many there were; None if one is not plain."""
    together = "\0".join(texts)  # which no XML has
    many = together.count("&")
    if not many:
        return texts, 0
    if many != sum(map(together.count, _REFERENCES)):
        return None, many
    for reference, letter in _REFERENCES.items():
        together = together.replace(reference, letter)
    return together.split("\0"), many


def _of_data(
    texts: list[Any] | None, markers: list[bool], *, of_marker: str = "", of_none: str | None = None
) -> list[Any]:
    """Return *texts*, which are of data alone: an optional element that is not there is None."""
    if texts is None:
        texts = [None] * len(markers)
    if True not in markers and None not in texts:
        return texts
    return [
        of_marker if marker else of_none if text is None else text
        for marker, text in zip(markers, texts, strict=True)
    ]
