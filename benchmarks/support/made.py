"""Invented buckets of any size, which the name of the bucket describes.

``made-1000000-1000-50`` holds a million rows in a thousand datasets, and one key in fifty has
letters that a listing must encode; a fourth number is how many milliseconds each of its pages
waits.  Nothing in it is by chance: the same name, the same bucket.

Ten rows are nine keys: under the first key a delete marker stands on the data that it hides.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import quote

NATIONS = ("england", "northern-ireland", "scotland", "wales")
YEARS = tuple(range(2010, 2020))
ROWS_OF_TEN_KEYS = 10
BEGINNING = datetime(2023, 1, 1, tzinfo=UTC)
SPREAD_S = 94_608_000  # three years, within which every row of up to that many has its own second
OWNER = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"
PAST_ALL = "\U0010ffff"  # greater than any letter of a made key

_128_BITS = (1 << 128) - 1
_ID = "<VersionId>{}</VersionId><IsLatest>{}</IsLatest><LastModified>{}.000Z</LastModified>"
_OWNER = f"<Owner><ID>{OWNER}</ID></Owner>"
_DATA = (
    "<ETag>&quot;{}&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"
    "<ChecksumType>FULL_OBJECT</ChecksumType><Size>{}</Size><StorageClass>STANDARD</StorageClass>"
)
_VERSION = f"<Version><Key>{{}}</Key>{_ID}{_DATA}{_OWNER}</Version>"
_MARKER = f"<DeleteMarker><Key>{{}}</Key>{_ID}{_OWNER}</DeleteMarker>"
_CURRENT = f"<Contents><Key>{{}}</Key><LastModified>{{}}.000Z</LastModified>{_DATA}</Contents>"


@dataclass(frozen=True)
class Made:
    """A bucket: how many rows and datasets, of how many keys one is *odd* (0 for none), and how
    long a page waits.
    """

    rows: int
    datasets: int = 1000
    odd: int = 0
    wait_ms: int = 0

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Read the name of a bucket; None if it is not one of these."""
        word, *numbers = name.split("-")
        if word != "made" or not 1 <= len(numbers) <= 4 or not all(map(str.isdecimal, numbers)):
            return None
        made = cls(*map(int, numbers))
        return made if made.datasets else None

    @property
    def name(self) -> str:
        """The name of the bucket."""
        return f"made-{self.rows}-{self.datasets}-{self.odd}-{self.wait_ms}"

    @property
    def keys(self) -> int:
        """How many keys there are."""
        return self.key_number(self.rows - 1) + 1 if self.rows else 0

    def key_number(self, row: int) -> int:
        """Return which key the row number *row* belongs to."""
        tens, rest = divmod(row, ROWS_OF_TEN_KEYS)
        return tens * (ROWS_OF_TEN_KEYS - 1) + max(rest - 1, 0)

    def key(self, number: int) -> str:
        """Return key *number*; keys ascend with their numbers, and so do datasets."""
        dataset = number * self.datasets // self.keys
        nation = dataset * len(NATIONS) // self.datasets
        first = -(-nation * self.datasets // len(NATIONS))  # the nation's own first dataset
        of_nation = -(-self.datasets // len(NATIONS))
        year, site = divmod(dataset - first, -(-of_nation // len(YEARS)))
        odd = " (Zoë & co+1%)" if self.odd and number % self.odd == 0 else ""
        return f"patient/{NATIONS[nation]}/{YEARS[year]}/site-{site:04}/record-{number:09}{odd}.csv"

    def key_of(self, row: int) -> str:
        """Return the key of row number *row*."""
        return self.key(self.key_number(row))

    def first_from(self, key: str) -> int:
        """Return the number of the first row whose key is *key* or greater."""
        return bisect_left(range(self.rows), key, key=self.key_of)

    def is_marker(self, row: int) -> bool:
        """Tell whether the row is a delete marker."""
        return row % ROWS_OF_TEN_KEYS == 0 and row + 1 < self.rows

    def is_current(self, row: int) -> bool:
        """Tell whether the row is the data that its key shows."""
        return self.current_before(row + 1) > self.current_before(row)

    def current_before(self, row: int) -> int:
        """Return how many rows before *row* are current."""
        tens, rest = divmod(row, ROWS_OF_TEN_KEYS)
        alone = row == self.rows and rest == 1  # the last row of all hides nothing
        return tens * (ROWS_OF_TEN_KEYS - 2) + max(rest - 2, 0) + alone

    def shown(self, first: int, after: int, *, current: bool) -> int:
        """Return how many rows a listing shows from *first* up to, and without, *after*."""
        if not current:
            return after - first
        return self.current_before(after) - self.current_before(first)

    def behind(self, row: int, count: int, *, current: bool) -> int:
        """Return the row behind the *count* that a listing shows from *row* on."""
        if not current:
            return min(row + count, self.rows)
        wanted = self.current_before(row) + count
        return bisect_left(range(self.rows), wanted, key=self.current_before)

    def size(self, row: int) -> int:
        """Return the bytes of a row of data."""
        return 1_000 + row * 7_919 % 9_999_991

    def totals(self) -> tuple[int, int, int]:
        """Return what a whole listing must come to: rows, markers, and bytes of data."""
        markers = sum(map(self.is_marker, range(0, self.rows, ROWS_OF_TEN_KEYS)))
        data = (self.size(row) for row in range(self.rows) if not self.is_marker(row))
        return self.rows, markers, sum(data)


def version_id(row: int) -> str:
    """Return the id of a version: 32 letters, as Amazon's are, and each its own."""
    return f"{(row + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 & _128_BITS:032x}"


def etag(row: int) -> str:
    """Return the ETag of a row, without quotes."""
    return f"{(row + 1) * 0xD1342543DE82EF95A0761D6478BD642F & _128_BITS:032x}"


def modified(row: int) -> str:
    """Return when a row was written, to the second."""
    at = BEGINNING + timedelta(seconds=row * 7_919_111 % SPREAD_S)
    return at.isoformat()[:19]


def escaped(key: str, *, encoded: bool) -> str:
    """Return *key* as it stands in a page: Amazon encodes all but these letters, when asked."""
    if encoded:
        return quote(key, safe="/*-._ ").replace(" ", "+")
    return key.replace("&", "&amp;")


def version_rows(made: Made, *, encoded: bool) -> Iterator[bytes]:
    """Yield every row of *made* as ListObjectVersions shows it, in order."""
    for row in range(made.rows):
        key = escaped(made.key_of(row), encoded=encoded)
        latest = "false" if row % ROWS_OF_TEN_KEYS == 1 else "true"
        if made.is_marker(row):
            text = _MARKER.format(key, version_id(row), latest, modified(row))
        else:
            text = _VERSION.format(
                key, version_id(row), latest, modified(row), etag(row), made.size(row)
            )
        yield text.encode()


def current_rows(made: Made, *, encoded: bool) -> Iterator[bytes]:
    """Yield a text for every row, as ListObjectsV2 shows it; empty where it shows nothing."""
    for row in range(made.rows):
        if made.is_current(row):
            key = escaped(made.key_of(row), encoded=encoded)
            text = _CURRENT.format(key, modified(row), etag(row), made.size(row))
            yield text.encode()
        else:
            yield b""
