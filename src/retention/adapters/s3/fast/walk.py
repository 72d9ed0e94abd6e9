"""One lane's way through the keys of a place: page after page, each held against the last."""

from bisect import bisect_left, bisect_right
from typing import Final

from retention.adapters.s3.fast.asking import Asker
from retention.adapters.s3.fast.columns import part
from retention.adapters.s3.fast.listing import Answer, Asked, answer_of
from retention.adapters.s3.fast.parse import Quick
from retention.adapters.s3.fast.trouble import broken
from retention.ports.store import Page

PAGE_ROWS_MAX: Final = 1000


def ask_versions(asker: Asker, asked: Asked, rows: int, quick: Quick | None = None) -> Answer:
    """Return the page of at most *rows* that was asked for; raise StoreError as *asker* does."""
    query = {"versions": "", "encoding-type": "url", "max-keys": str(rows)}
    query |= {
        name: text
        for name, text in (
            ("prefix", asked.prefix),
            ("delimiter", asked.delimiter),
            ("key-marker", asked.key),
            ("version-id-marker", asked.version_id),
        )
        if text
    }
    return asker.ask(asked.bucket, query, lambda body: answer_of(body, asked, quick))


class Walk:
    """Pages from behind one key on.  Holds the ids of the key that the last page ended with."""

    def __init__(
        self, asker: Asker, quick: Quick, place: tuple[str, str], after: str, rows: int
    ) -> None:
        """Begin behind the key *after* in *place*, a bucket and a prefix, with *rows* to a page."""
        self._asker, self._quick, self._rows = asker, quick, rows
        bucket, prefix = place
        # A marker before the whole place would say nothing, and some servers refuse it.
        self._after = after if after >= prefix else ""
        self._asked = Asked(bucket, prefix, self._after)
        self._key = self._after
        self._seen: set[tuple[str, bool]] = set()

    def step(self) -> tuple[Page, bool]:
        """Return the next page, and whether there are more; raise StoreError if it is not true."""
        answer = ask_versions(self._asker, self._asked, self._rows, self._quick)
        page = answer.page
        if page.keys:
            self._require_new(page)
        elif answer.more:
            raise broken("a page is empty, and not the last")
        key, version_id = answer.last
        self._asked = Asked(self._asked.bucket, self._asked.prefix, key, version_id)
        # Servers differ in whether they begin at the marker or behind it.
        behind = bisect_right(page.keys, self._after) if self._after else 0
        return part(page, behind, len(page)), answer.more

    def _require_new(self, page: Page) -> None:
        """Raise StoreError if a row came before; ids of one key have an order nobody can know."""
        keys, rows = page.keys, len(page)
        if keys[0] < self._key:
            raise broken("a row is out of order")
        if (
            len(set(keys)) < rows
            and len(set(zip(keys, page.ids, page.markers, strict=True))) < rows
        ):
            raise broken("a row came twice")
        if keys[0] == self._key:
            going_on = bisect_right(keys, self._key)
            if not self._seen.isdisjoint(
                zip(page.ids[:going_on], page.markers[:going_on], strict=True)
            ):
                raise broken("a row came twice")
        if keys[-1] != self._key:
            self._key, self._seen = keys[-1], set()
        first = bisect_left(keys, self._key)
        self._seen.update(zip(page.ids[first:], page.markers[first:], strict=True))
