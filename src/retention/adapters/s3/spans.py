"""Rows in order, in columns and span by span: how the careful engine sweeps."""

from collections.abc import Iterable, Iterator
from typing import Final

from retention.domain.dataset import Kind, ObjectVersion
from retention.ports.store import Page, Span, Swept

Row = tuple[ObjectVersion, str]  # and the kinds of its checksums: CRC64NVME, or several by comma

PAGES_MAX: Final = 10  # between two finishes, unless one key has more rows than they hold
_LANE: Final = 0  # the only one


def swept(rows: Iterable[Row], span: Span, page_rows: int) -> Iterator[Swept]:
    """Yield those *rows* that lie in *span*; they begin at its lower end, ascending by key.

    No row behind the span is asked for, but the first.
    """
    page, pages, after, last = Page(), 0, span.after, span.after
    for version, checksums in rows:
        if version.key <= span.after:
            continue
        if not span.holds(version.key):
            break
        if pages >= PAGES_MAX and version.key != last:
            yield Swept(_LANE, page, Span(after, last))
            page, pages, after = Page(), 0, last
        elif len(page) >= page_rows:
            yield Swept(_LANE, page)
            page, pages = Page(), pages + 1
        _add(page, version, checksums)
        last = version.key
    yield Swept(_LANE, page, Span(after, span.through))


def _add(page: Page, version: ObjectVersion, checksums: str) -> None:
    marker = version.kind is Kind.MARKER
    assert version.modified_at is not None
    page.keys.append(version.key)
    page.ids.append(version.version_id)
    page.markers.append(marker)
    page.sizes.append(version.size_bytes)
    page.etags.append(version.etag)
    page.modified.append(version.modified_at)
    page.classes.append("" if marker else version.storage_class)
    page.checksums.append("" if marker else checksums)
