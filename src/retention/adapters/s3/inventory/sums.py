"""Rows added up by folder, in bounded memory: what does not fit waits in the scratch folder.

A row that comes twice is found by two 64-bit hashes of its key and version, kept for every row
(16 bytes each): chance would make two rows of a billion alike once in 10**20 inventories.
"""

import re
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
PARTITION_BITS_MAX: Final = 6
HASH_BITS: Final = 64
PARTITION_FOLDERS: Final = 10_000  # folders whose smallest etags are found together

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
    batch INTEGER, folder VARCHAR, is_marker BOOLEAN,
    class VARCHAR, checksum VARCHAR, encryption VARCHAR, lock VARCHAR, held VARCHAR,
    rows BIGINT, size HUGEINT, oldest_us BIGINT, newest_us BIGINT, until_us BIGINT,
    filled BIGINT, sized BIGINT, least BIGINT, keyless BIGINT, foreigners BIGINT
);
CREATE TABLE etags (folder VARCHAR, etag VARCHAR);
CREATE TABLE seen (one UBIGINT, other UBIGINT);
CREATE TABLE bars (level INTEGER, bar VARCHAR);
"""
_BARS = "INSERT INTO bars SELECT unnest($levels), unnest($bars)"
# Nothing is done to a value before rows are grouped: there are as many as there are versions.
_PARTS = """
INSERT INTO parts
SELECT
    $batch, regexp_extract(key, <folder>) AS folder, is_marker,
    class, checksum, encryption, lock, held,
    count(*), sum(size), epoch_us(min(modified)), epoch_us(max(modified)), epoch_us(max(until)),
    count_if(size > 0), count(size), min(size),
    count_if(key IS NULL OR key = ''), count_if(bucket IS DISTINCT FROM $bucket)
FROM rows GROUP BY ALL
"""
_FOREIGNERS = "SELECT 1 FROM parts WHERE foreigners > 0 LIMIT 1"
_BROKEN = """
SELECT 1 FROM parts
WHERE keyless > 0 OR is_marker IS NULL OR (NOT is_marker AND (sized < rows OR least < 0)) LIMIT 1
"""
_SEEN = (
    "INSERT INTO seen SELECT hash(key, version_id), hash(concat(version_id, '/', key)) FROM rows"
)
_ALIKE = """
SELECT 1 FROM seen WHERE one >> $shift::UBIGINT = $part::UBIGINT
GROUP BY one HAVING count(*) > 1 LIMIT 1
"""
_TWICE = _ALIKE.replace("GROUP BY one", "GROUP BY one, other")
# The smallest etags of a folder lie below a bar that is set by how many it has: an etag is as good
# as random.  Twice as many as are needed are expected below it, at least; where they are too few
# all the same, because many are alike, all are looked at.
_SET_BARS = """
CREATE OR REPLACE TEMP TABLE set_bars AS
SELECT folder, bar FROM (
    SELECT folder, greatest(0, floor(log2(sum(filled) / $expected)))::INTEGER AS level
    FROM parts WHERE batch = $batch AND NOT is_marker GROUP BY folder HAVING sum(filled) > 0
) JOIN bars USING (level)
"""
_HIGHEST = "SELECT if(bool_or(bar IS NULL), NULL, max(bar)) FROM set_bars"
_CONTENTS = """
SELECT DISTINCT folder, etag FROM (
    SELECT regexp_extract(key, <folder>) AS folder, etag FROM rows
    WHERE NOT is_marker AND size > 0 AND etag <> '' AND ($highest IS NULL OR etag < $highest)
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
_SMALLEST = """
INSERT INTO etags
SELECT folder, unnest(min(etag, $wanted)) FROM found
WHERE hash(folder) % $of::UBIGINT = $part::UBIGINT GROUP BY folder
"""
_ALL_PARTS = """
SELECT
    folder, is_marker, class, checksum, encryption, lock, held, sum(rows), sum(size),
    min(oldest_us), max(newest_us), max(until_us)
FROM parts GROUP BY folder, is_marker, class, checksum, encryption, lock, held ORDER BY folder
"""
_ALL_ETAGS = "SELECT folder, etag FROM etags ORDER BY folder"


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
        if self._one(_FOREIGNERS) is not None:
            raise unreliable("it has rows of another bucket")
        if self._one(_BROKEN) is not None:
            raise unreliable("it has rows without a key, a kind or a size")
        self._run(_SEEN)
        if "e_tag" in self._columns:
            self._keep_smallest()

    def _keep_smallest(self) -> None:
        """Keep the smallest etags of each folder."""
        self._run(_SET_BARS, batch=self._batches, expected=2 * SKETCH_MAX)
        (highest,) = self._one(_HIGHEST)
        self._run(_BELOW, highest=highest)
        self._run(_SHORT, wanted=SKETCH_MAX)
        self._run(_ABOVE, highest=None)
        (folders,) = self._one("SELECT count(*) FROM set_bars")
        parts = folders // PARTITION_FOLDERS + 1
        for part in range(parts):
            self._run(_SMALLEST, of=parts, part=part, wanted=SKETCH_MAX)
        for table in ("set_bars", "found", "short"):
            self._run(f"DROP TABLE {table}")

    def check_once(self) -> None:
        """Raise StoreError if a row came twice."""
        (rows,) = self._one("SELECT count(*) FROM seen")
        bits = min(PARTITION_BITS_MAX, (rows // PARTITION_ROWS).bit_length())
        for part in range(1 << bits):
            where = {"shift": HASH_BITS - bits, "part": part}
            # One hash is quicker than two, and hardly ever says that there may be something.
            if self._one(_ALIKE, **where) is not None and self._one(_TWICE, **where) is not None:
                raise unreliable("a row comes twice")

    def groups(self) -> Iterator[Group]:
        """Yield what was added up, folder by folder, ascending."""
        parts = groupby(_fetched(self._engine.cursor(), _ALL_PARTS), itemgetter(0))
        etags = groupby(_fetched(self._engine.cursor(), _ALL_ETAGS), itemgetter(0))
        with_etags, contents = next(etags, (None, ()))
        for folder, rows in parts:
            totals = Totals()
            for _, *values in rows:
                self._add(totals, *values)
            if folder == with_etags:
                totals.traits.sketch = chosen(etag for _, etag in contents)
                with_etags, contents = next(etags, (None, ()))
            yield Group(folder, totals)

    def _add(self, totals: Totals, is_marker: bool, *part: Any) -> None:  # noqa: FBT001 - a column
        *kept, held, rows, size, oldest_us, newest_us, until_us = part
        totals.between(_instant(oldest_us), _instant(newest_us))
        if is_marker:
            totals.markers += rows
            return
        totals.versions += rows
        totals.size_bytes += size
        traits = self._traits(rows, *kept)
        traits.locked_until = _instant(until_us)
        traits.legal_holds = rows if held and held.lower() == "on" else 0
        totals.traits.add(traits)

    def _traits(
        self,
        versions: int,
        class_: str | None,
        checksum: str | None,
        encryption: str | None,
        lock: str | None,
    ) -> Traits:
        """Return how so many *versions* are kept, all in one way."""
        traits = Traits()
        if class_:
            traits.classes[class_] = versions
        traits.checksums.update(dict.fromkeys(_kinds(checksum), versions))
        if self._columns & _LOOKS:
            traits.looked_at = versions
            traits.encryption[_ENCRYPTION.get(encryption or "", UNKNOWN)] = versions
            if lock or _LOCK not in self._columns:
                traits.lock_modes[lock.upper() if lock else UNKNOWN] = versions
        return traits

    def _run(self, text: str, **values: int | str | None) -> "DuckDBPyConnection":
        text = text.replace("<contents>", _CONTENTS).replace("<folder>", self._folder)
        return self._engine.execute(text, values)

    def _one(self, text: str, **values: int | str | None) -> Any:
        return self._run(text, **values).fetchone()


def _fetched(cursor: "DuckDBPyConnection", text: str) -> Iterator[Any]:
    cursor.execute(text)
    while rows := cursor.fetchmany(FETCHED_MAX):
        yield from rows


def _instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + timedelta(microseconds=microseconds)


def _kinds(checksum: str | None) -> list[str]:
    """Return the kinds in such as ``SHA256``, ``[SHA1, CRC32]`` or ``null``."""
    return [kind for kind in _KIND.findall(checksum or "") if kind.lower() != "null"]
