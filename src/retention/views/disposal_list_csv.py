"""The full list as CSV: every row of every manifest, exact, and harmless in a spreadsheet.

A spreadsheet takes text that begins with ``=`` for a formula.  So text that could be taken for
one, and text that begins with an apostrophe, gets one apostrophe in front.  Whoever reads the file
takes one away wherever a cell of text begins with it, and has the text again letter by letter.
Source: RFC 4180 (quotes, CRLF); OWASP, CSV injection.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from retention.domain.manifest import Row
from retention.domain.proposal import Item

BOM: Final = b"\xef\xbb\xbf"  # without it, spreadsheets read UTF-8 as something else
HEADS: Final = (
    *("number", "dataset_number", "dataset", "number_in_manifest", "copy", "place"),
    *("key", "kind", "version", "size_bytes", "etag", "checksum"),
)
_BEGINS: Final = frozenset(
    "=+-@\t\r\n'\uff1d\uff0b\uff0d\uff20"
)  # and as East Asian keyboards have them


def guarded(text: str) -> str:
    """Return *text* as a spreadsheet may read it: :func:`unguarded` gives it back."""
    rest = text.lstrip()
    risky = text[:1] in _BEGINS or rest[:1] in _BEGINS
    return f"'{text}" if risky else text


def unguarded(cell: str) -> str:
    """Return the text that :func:`guarded` was given."""
    return cell.removeprefix("'")


def head() -> bytes:
    """Return what the file begins with: its mark, and the names of the columns."""
    return BOM + _line(*map(_quoted, HEADS))


def lines(
    rows: Iterable[Row], item: Item, dataset_number: int, numbered_from: int
) -> Iterator[bytes]:
    """Yield the line of each row of one manifest, whose first has *numbered_from* in the list."""
    dataset = _quoted(guarded(item.manifest.dataset))
    places = {
        each.copy: f"{_quoted(guarded(each.copy))},{_quoted(guarded(each.uri))}"
        for each in item.manifest.places
    }
    for number, row in enumerate(rows, start=1):
        v = row.version
        yield _line(
            str(numbered_from + number - 1),
            str(dataset_number),
            dataset,
            str(number),
            places[row.copy],
            _quoted(guarded(v.key)),
            _quoted(v.kind.value),
            _quoted(guarded(v.version_id)),
            str(v.size_bytes),
            _quoted(guarded(v.etag)),
            _quoted(guarded(v.checksum)),
        )


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _line(*cells: str) -> bytes:
    return (",".join(cells) + "\r\n").encode()
