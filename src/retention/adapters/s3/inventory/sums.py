"""Rows added up by folder, in bounded memory: what does not fit waits in the scratch folder.

A row that comes twice is found by two 64-bit hashes of its key and version, kept for every row
(16 bytes each): chance would make two rows of a billion alike once in 10**20 inventories.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from retention.adapters.s3.inventory.manifest import unreliable
from retention.domain.sketch import chosen
from retention.domain.totals import SKETCH_MAX, UNKNOWN, Totals, Traits
from retention.ports.inventory import Group

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DEPTH_MAX: Final = 100
FETCHED_MAX: Final = 10_000  # rows taken from DuckDB at a time
PARTITION_ROWS: Final = 1_000_000  # rows looked at together for one that comes twice
PARTITIONS_MAX: Final = 64

_ENCRYPTION = MappingProxyType(
    {
        "SSE-S3": "AES256",
        "SSE-KMS": "aws:kms",
        "DSSE-KMS": "aws:kms:dsse",
        "SSE-C": "SSE-C",
        "NOT-SSE": "none",
    }
)
_LOCK = "object_lock_mode"
_LOOKS = frozenset({"encryption_status", _LOCK, "object_lock_legal_hold_status"})
_KIND = re.compile(r"[A-Za-z0-9_-]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZEROS_MAX = 16  # a bar of 64 bits: more than any number of objects needs

_TABLES = """
CREATE TABLE parts (
    batch INTEGER, folder VARCHAR,
    class VARCHAR, checksum VARCHAR, encryption VARCHAR, lock VARCHAR,
    versions BIGINT, markers BIGINT, size HUGEINT, oldest_us BIGINT, newest_us BIGINT,
    until_us BIGINT, holds BIGINT, filled BIGINT, foreigners BIGINT, broken BIGINT
);
CREATE TABLE etags (folder VARCHAR, etag VARCHAR);
CREATE TABLE seen (one UBIGINT, other UBIGINT);
CREATE TABLE bars (level INTEGER, bar VARCHAR);
"""
_BARS = "INSERT INTO bars SELECT unnest($levels), unnest($bars)"
_PARTS = """
INSERT INTO parts
SELECT
    $batch, regexp_extract(key, <folder>) AS folder,
    if(is_marker, NULL, class), if(is_marker, NULL, checksum),
    if(is_marker, NULL, encryption), if(is_marker, NULL, lock),
    count(*) FILTER (NOT is_marker), count(*) FILTER (is_marker),
    coalesce(sum(size) FILTER (NOT is_marker), 0),
    min(modified_us), max(modified_us),
    max(until_us) FILTER (NOT is_marker), count(*) FILTER (NOT is_marker AND is_held),
    count(*) FILTER (NOT is_marker AND size > 0 AND etag IS NOT NULL),
    count(*) FILTER (bucket IS DISTINCT FROM $bucket),
    count(*) FILTER (
        key IS NULL OR key = '' OR is_marker IS NULL
        OR (NOT is_marker AND (size IS NULL OR size < 0))
    )
FROM rows GROUP BY ALL
"""
_FAULTS = "SELECT coalesce(sum(foreigners), 0), coalesce(sum(broken), 0) FROM parts"
_SEEN = (
    "INSERT INTO seen SELECT hash(key, version_id), hash(concat(version_id, '/', key)) FROM rows"
)
_TWICE = """
SELECT 1 FROM seen WHERE one % $of::UBIGINT = $part::UBIGINT
GROUP BY one, other HAVING count(*) > 1 LIMIT 1
"""
# The smallest etags of a folder lie below a bar that is set by how many it has: an etag is as good
# as random.  Twice as many as are needed are expected below it, at least; where they are too few
# all the same, because many are alike, all are looked at.
_SET_BARS = """
CREATE OR REPLACE TEMP TABLE set_bars AS
SELECT folder, bar FROM (
    SELECT folder, greatest(0, floor(log2(sum(filled) / $expected)))::INTEGER AS level
    FROM parts WHERE batch = $batch GROUP BY folder HAVING sum(filled) > 0
) JOIN bars USING (level)
"""
_CONTENTS = """
SELECT DISTINCT folder, etag FROM (
    SELECT regexp_extract(key, <folder>) AS folder, etag FROM rows
    WHERE NOT is_marker AND size > 0 AND etag IS NOT NULL
)
"""
_BELOW = """
CREATE OR REPLACE TEMP TABLE found AS
<contents> JOIN set_bars USING (folder) WHERE bar IS NULL OR etag < bar
"""
_SHORT = """
CREATE OR REPLACE TEMP TABLE short AS
SELECT folder, bar FROM set_bars
LEFT JOIN (SELECT folder, count(*) AS etags FROM found GROUP BY folder) USING (folder)
WHERE bar IS NOT NULL AND coalesce(etags, 0) < $wanted
"""
_ABOVE = "INSERT INTO found <contents> JOIN short USING (folder) WHERE etag >= bar"
_SMALLEST = "INSERT INTO etags SELECT folder, unnest(min(etag, $wanted)) FROM found GROUP BY folder"
_ALL_PARTS = """
SELECT
    folder, class, checksum, encryption, lock, sum(versions), sum(markers), sum(size),
    min(oldest_us), max(newest_us), max(until_us), sum(holds)
FROM parts GROUP BY folder, class, checksum, encryption, lock ORDER BY folder
"""
_ALL_ETAGS = """
SELECT folder, min(etag, $wanted) FROM (SELECT DISTINCT folder, etag FROM etags)
GROUP BY folder ORDER BY folder
"""


class Sums:
    """Adds up the rows of one inventory; *columns* are those that its files have."""

    def __init__(
        self, engine: "DuckDBPyConnection", *, bucket: str, columns: Sequence[str], depth: int
    ) -> None:
        """Begin, with the folders of at most *depth* segments of keys in *bucket*."""
        self._engine = engine
        self._bucket = bucket
        self._columns = frozenset(columns)
        self._folder = f"'^(?:[^/]*/){{0,{depth}}}'"
        self._batches = 0
        engine.execute(_TABLES)
        bars = [f"{'0' * zeros}{digit}" for zeros in range(_ZEROS_MAX) for digit in "8421"]
        engine.execute(_BARS, {"levels": list(range(len(bars) + 1)), "bars": [None, *bars]})

    def add(self) -> None:
        """Add the rows that the view ``rows`` shows now; StoreError if one is not as it must be."""
        self._batches += 1
        self._run(_PARTS, batch=self._batches, bucket=self._bucket)
        foreigners, broken = self._one(_FAULTS)
        if foreigners:
            raise unreliable("it has rows of another bucket")
        if broken:
            raise unreliable("it has rows without a key, a kind or a size")
        self._run(_SEEN)
        if "e_tag" in self._columns:
            self._run(_SET_BARS, batch=self._batches, expected=2 * SKETCH_MAX)
            self._run(_BELOW)
            self._run(_SHORT, wanted=SKETCH_MAX)
            self._run(_ABOVE)
            self._run(_SMALLEST, wanted=SKETCH_MAX)

    def check_once(self) -> None:
        """Raise StoreError if a row came twice."""
        (rows,) = self._one("SELECT count(*) FROM seen")
        parts = min(PARTITIONS_MAX, rows // PARTITION_ROWS + 1)
        for part in range(parts):
            if self._one(_TWICE, of=parts, part=part) is not None:
                raise unreliable("a row comes twice")

    def groups(self) -> Iterator[Group]:
        """Yield what was added up, folder by folder, ascending."""
        etags = _fetched(self._engine.cursor().execute(_ALL_ETAGS, {"wanted": SKETCH_MAX}))
        parts = _fetched(self._engine.cursor().execute(_ALL_PARTS))
        next_ = next(etags, None)
        for folder, rows in groupby(parts, itemgetter(0)):
            totals = Totals()
            for _, *values in rows:
                self._add(totals, *values)
            if next_ is not None and next_[0] == folder:
                totals.traits.sketch = chosen(next_[1])
                next_ = next(etags, None)
            yield Group(folder, totals)

    def _add(
        self,
        totals: Totals,
        class_: str | None,
        checksum: str | None,
        encryption: str | None,
        lock: str | None,
        *figures: Any,
    ) -> None:
        versions, markers, size, oldest_us, newest_us, until_us, holds = figures
        totals.versions += versions
        totals.markers += markers
        totals.size_bytes += size
        totals.between(_instant(oldest_us), _instant(newest_us))
        if versions:
            traits = Traits(
                classes=Counter({class_: versions} if class_ else {}),
                checksums=Counter(dict.fromkeys(_kinds(checksum), versions)),
                locked_until=_instant(until_us),
                legal_holds=holds,
            )
            if self._columns & _LOOKS:
                traits.looked_at = versions
                traits.encryption[_ENCRYPTION.get(encryption or "", UNKNOWN)] = versions
                if lock or _LOCK not in self._columns:
                    traits.lock_modes[lock or UNKNOWN] = versions
            totals.traits.add(traits)

    def _run(self, text: str, **values: int | str) -> "DuckDBPyConnection":
        text = text.replace("<contents>", _CONTENTS).replace("<folder>", self._folder)
        return self._engine.execute(text, values)

    def _one(self, text: str, **values: int | str) -> Any:
        return self._run(text, **values).fetchone()


def _fetched(cursor: "DuckDBPyConnection") -> Iterator[Any]:
    while rows := cursor.fetchmany(FETCHED_MAX):
        yield from rows


def _instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def _kinds(checksum: str | None) -> list[str]:
    """Return the kinds in such as ``SHA256``, ``[SHA1, CRC32]`` or ``null``."""
    return [kind for kind in _KIND.findall(checksum or "") if kind.lower() != "null"]
