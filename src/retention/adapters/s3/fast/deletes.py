"""A list of exact versions to delete, and what a store said to each: XML, written and read.

Most answers say of every version that it went, in one form; what does not line up with that is
read by the rules of XML, and whatever is not said is unknown.
"""

import re
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

from retention.adapters.s3.answers import Said
from retention.adapters.s3.fast.listing import SaidError
from retention.adapters.s3.fast.strict import Element, document
from retention.adapters.s3.fast.trouble import UnreadableError
from retention.domain.dataset import ObjectVersion

_HEAD: Final = '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>false</Quiet>'
_DELETED: Final = re.compile(
    rb"<Deleted><Key>([^<&]*)</Key><VersionId>([^<&]*)</VersionId>"
    rb"(?:<DeleteMarker>(?:true|false)</DeleteMarker>)?"
    rb"(?:<DeleteMarkerVersionId>[^<&]*</DeleteMarkerVersionId>)?</Deleted>"
)
_WHOLE: Final = re.compile(
    rb'(?:<\?xml version="1\.0" encoding="UTF-8"\?>)?\s*'
    rb'<DeleteResult(?: xmlns="[^"<&]*")?>(.*)</DeleteResult>\s*',
    re.DOTALL,
)


def order_of(versions: Sequence[ObjectVersion]) -> bytes:
    """Return the body that asks for exactly *versions*, and for an answer to each."""
    rows = [
        f"<Object><Key>{escape(v.key)}</Key><VersionId>{escape(v.version_id)}</VersionId></Object>"
        for v in versions
    ]
    return f"{_HEAD}{''.join(rows)}</Delete>".encode()


def said_in(body: bytes) -> Said:
    """Read an answer.

    Raises UnreadableError if it is none, and SaidError if the store says that the whole failed.
    """
    whole = _WHOLE.fullmatch(body)
    if whole is not None:
        found = _DELETED.findall(whole[1])
        # Each byte is accounted for: nothing else stands between the rows, before or behind them.
        if not _DELETED.sub(b"", whole[1]):
            try:
                return {(key.decode(), version.decode()): "" for key, version in found}
            except UnicodeDecodeError:
                raise UnreadableError from None
    return _by_the_rules(document(body))


def _by_the_rules(root: Element) -> Said:
    if root.name == "Error":
        raise SaidError(root)
    if root.name != "DeleteResult":
        raise UnreadableError
    said: dict[tuple[str, str | None], str] = {}
    for each in root.of("Deleted"):
        parts = {part.name: part.text for part in each.children}
        said[parts.get("Key", ""), parts.get("VersionId") or None] = ""
    for each in root.of("Error"):  # an error outweighs a success
        parts = {part.name: part.text for part in each.children}
        said[parts.get("Key", ""), parts.get("VersionId") or None] = parts.get("Code") or "Unknown"
    return said
