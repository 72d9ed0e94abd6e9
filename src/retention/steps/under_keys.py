"""Which versions are under the keys that an agreement declares: looked at one by one, as frozen.

A listing does not say how a version is encrypted, and the default of its bucket says it of none:
each is asked about.  What S3 shows is the key that wraps it now; that may have been changed since
it was written, though never from or to plain text.
Source: Amazon S3 API Reference, HeadObject and UpdateObjectEncryption.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from retention.domain.agreement import RetentionClass
from retention.domain.dataset import Kind
from retention.domain.key import KEY
from retention.domain.manifest import Place, Row
from retention.errors import StoreError
from retention.ports.probe import Probes


class UnderKeys:
    """Looks at every data version of one manifest as its rows go by, if any key is declared."""

    def __init__(self, kind: RetentionClass, places: Iterable[Place], probes: Probes) -> None:
        """Look for the keys of *kind* in *places*."""
        self._declared = {copy.where for copy in kind.copies if copy.kind == KEY}
        self._places = {place.copy: place.uri for place in places}
        self._probes = probes
        self._versions = 0
        self._under: Counter[str] = Counter()  # by key; "" is none, or one of the provider

    def watched(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Yield *rows*, each looked at."""
        for row in rows:
            if self._declared and row.version.kind is Kind.DATA:
                self._versions += 1
                self._look(row)
            yield row

    def facts(self, arn: str) -> Mapping[str, str]:
        """Return what was seen of one key, as it stands in a proposal."""
        return {
            "versions": str(self._versions),
            "looked_at": str(self._under.total()),
            "under_it": str(self._under[arn]),
            "declared": str(sum(self._under[each] for each in self._declared)),
        }

    def _look(self, row: Row) -> None:
        try:
            seen = self._probes.look(self._places[row.copy], row.version, locks=False)
        except StoreError:
            return  # it stays among those that nobody looked at
        if seen.encryption is not None:
            self._under[key_in(seen.encryption)] += 1


def key_in(encryption: str) -> str:
    """Return the key in such as ``aws:kms KEY``; "" if it names none."""
    return encryption.partition(" ")[2]
