"""What a sweep says, held against its laws on the way."""

from collections import defaultdict
from dataclasses import astuple, fields

from retention.domain.dataset import Kind, ObjectVersion
from retention.ports.store import Page


def swept(pages, spans):
    """Return the rows of a whole sweep as versions, ascending; assert each law of ``Sweeps``."""
    rows, waiting, finished = [], defaultdict(list), []
    for each in pages:
        waiting[each.lane] += versions_in(each.page)
        if each.finished is not None:
            mine = waiting.pop(each.lane)
            keys = [version.key for version in mine]
            assert keys == sorted(keys), "the rows of a lane ascend"
            assert all(map(each.finished.holds, keys)), "a span finishes what lies in it"
            finished.append(each.finished)
            rows += mine
    assert not any(waiting.values()), "every row lies in a span that was finished"
    assert_parts(finished, spans)
    assert len(set(rows)) == len(rows), "each row comes once"
    return sorted(rows)


def assert_parts(finished, spans):
    """Assert that the *finished* spans are exactly *spans*, and none overlaps another."""
    rest = sorted(finished, key=_order)
    for span in sorted(spans, key=_order):
        at = span.after
        while True:
            assert rest, "a part of a span was not finished"
            part = rest.pop(0)
            assert part.after == at
            at = part.through
            if at == span.through:
                break
            assert at is not None
    assert not rest, "a span was finished that was not asked for, or twice"


def _order(span):
    return span.after, span.through is None, span.through or ""


def versions_in(page):
    """Return the rows of a page as versions; the kinds of checksums stand in *checksum*."""
    columns = {len(getattr(page, each.name)) for each in fields(Page)}
    assert len(columns) == 1, "all columns are equally long"
    found = []
    for key, version_id, marker, *rest in zip(*map(page.__getattribute__, COLUMNS), strict=True):
        size, etag, modified, storage_class, checksums = rest
        if marker:
            assert (size, etag, storage_class, checksums) == (0, "", "", "")
        kind = Kind.MARKER if marker else Kind.DATA
        found.append(
            ObjectVersion(key, kind, version_id, size, etag, checksums, modified, storage_class)
        )
    return found


COLUMNS = ("keys", "ids", "markers", "sizes", "etags", "modified", "classes", "checksums")


def whole(versions):
    """Return all that is known of each version but checksums, which no ordered listing has."""
    return [(*astuple(v)[:5], *astuple(v)[6:]) for v in versions]
