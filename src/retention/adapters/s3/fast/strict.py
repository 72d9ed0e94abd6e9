"""XML by its own rules: expat, without document types, so that no entity can stand for anything.

What S3 writes has no attribute that matters, and no text beside elements.  Whatever is otherwise
cannot be read: an element in another namespace might be a row that nobody would count.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from retention.adapters.s3.fast.trouble import UnreadableError

DEPTH_MAX: Final = 8
_UTF_8: Final = frozenset({None, "utf-8", "us-ascii"})  # what a declaration may say
SPACE: Final = " \t\n\r"

# Ceph writes control characters in the keys that end a page as references that no XML has.  No
# page is gone on from by what it proposes, so such a page is read without them.
_PROPOSED: Final = re.compile(rb"<((?:Next)?KeyMarker)>[^<]*</\1>")


@dataclass(slots=True)
class Element:
    """An element by its local name, with its text or its children."""

    name: str
    text: str = field(default="", repr=False)  # may be a key
    children: list["Element"] = field(default_factory=list, repr=False)

    def of(self, name: str) -> list["Element"]:
        """Return the children of this *name*."""
        return [each for each in self.children if each.name == name]


def document(body: bytes) -> Element:
    """Return the root of *body*; raise UnreadableError if it is not whole, or not of this kind."""
    if b"\0" in body:
        raise UnreadableError  # of another encoding than UTF-8, which expat would follow
    try:
        return _Reading().root(body)
    except expat.ExpatError as error:
        bare = _PROPOSED.sub(b"", body)
        if error.code != expat.errors.codes[expat.errors.XML_ERROR_BAD_CHAR_REF] or bare == body:
            raise UnreadableError from None
    try:
        return _Reading().root(bare)
    except expat.ExpatError:
        raise UnreadableError from None


class _Reading:
    """One document being read."""

    def __init__(self) -> None:
        self._top = Element("")
        self._open = [self._top]
        self._namespace: str | None = None

    def root(self, body: bytes) -> Element:
        parser = expat.ParserCreate("UTF-8", " ")
        parser.buffer_text = True
        parser.XmlDeclHandler = _declared
        parser.StartDoctypeDeclHandler = _document_type
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.Parse(body, True)  # noqa: FBT003 - it takes no keyword: this is all there is
        return self._top.children[0]

    def _begin(self, name: str, _: dict[str, str]) -> None:
        namespace, local = name.rpartition(" ")[::2]
        if self._namespace is None:
            self._namespace = namespace
        if namespace != self._namespace or len(self._open) > DEPTH_MAX:
            raise UnreadableError
        element = Element(local)
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, _: str) -> None:
        element = self._open.pop()
        if element.children:
            if element.text.strip(SPACE):
                raise UnreadableError
            element.text = ""

    def _text(self, text: str) -> None:
        self._open[-1].text += text


def _declared(_: str, encoding: str | None, __: int) -> None:
    if (encoding.lower() if encoding else None) not in _UTF_8:
        raise UnreadableError


def _document_type(*_: object) -> None:
    raise UnreadableError
