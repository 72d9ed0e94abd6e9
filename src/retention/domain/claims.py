"""Whose a key is: the datasets of a store's agreements, told from the folders of a key.

Keys come sorted, and what decides is their first folders, so one answer holds for a whole run of
keys: it says how far it reaches.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

from retention.domain.canonical import digest_of
from retention.domain.dataset import ID_LETTERS_MAX, DatasetId
from retention.domain.identifying import names_somebody
from retention.domain.pattern import key_prefix
from retention.domain.store import Spot, Store

UNCLAIMED = "unclaimed"
NAMES_SOMEBODY = "names-somebody"  # a value looks like a person: it goes into no list
TOO_LONG = "name-too-long"  # nothing could be written of it on the ledger
_FOLDER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Claim:
    """One copy of one dataset, at its place."""

    dataset: str
    agreement: str
    class_name: str
    binding: tuple[tuple[str, str], ...]
    kind: str
    place: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whose a key is: *claims*, one for each agreement; where there is none, *why*.

    All keys that begin with *reach* are whose this one is; with None, it alone.  *under* is the
    nearest place that an agreement declares, and *folder* a digest of the key's own folder.
    """

    claims: tuple[Claim, ...]
    reach: str | None = field(repr=False)
    under: str = ""
    folder: str = ""
    why: str = ""


class Claims:
    """The claims of agreements on the keys of one store."""

    def __init__(self, store: Store, spots: Sequence[Spot], *, secret: bytes) -> None:
        """Take the *spots* that lie in *store*; *secret* keys the digests of folders."""
        root = f"s3://{store.bucket}/"
        self._store, self._secret = store, secret
        self._spots = [spot for spot in spots if spot.pattern.root == root]
        literal = {spot.pattern.static_place for spot in self._spots} | {store.place}
        self._declared = sorted(literal, key=len, reverse=True)
        self._root = root

    @property
    def terms(self) -> str:
        """A digest of all that decides whose a key is: what was counted by others does not add."""
        said = [(s.agreement.reference, s.class_name, s.kind, s.pattern.text) for s in self._spots]
        return digest_of([self._store.place, *map(list, said)])

    @property
    def depth(self) -> int:
        """How many folders of a key decide whose it is, and whether it lies in the store."""
        part = key_prefix(self._store.place)[2].count("/")
        return max([part, *(len(spot.pattern.segments) for spot in self._spots), 1])

    def of(self, key: str) -> Claimed:
        """Return whose *key* is."""
        parts = key.split("/")
        claims: dict[str, Claim] = {}
        decided, alone, why = min(1, len(parts) - 1), len(parts) == 1, ""
        for spot in self._spots:
            segments = len(spot.pattern.segments)
            bound = spot.pattern.match(key)
            if bound is not None:
                decided = max(decided, segments)
                said = _claim(spot, bound)
                if isinstance(said, str):
                    why = said
                else:
                    claims.setdefault(said.agreement, said)
                continue
            differs = spot.pattern.differs_at(parts)
            if differs is None:
                alone = True  # its folders would do, but it lies above the dataset's own
            else:
                decided = max(decided, differs + 1)
        reach = None if alone else "".join(f"{part}/" for part in parts[:decided])
        if claims:
            return Claimed(tuple(claims.values()), reach)
        folder = reach or key[: key.rfind("/") + 1]
        if not why and any(map(names_somebody, folder.split("/"))):
            why = NAMES_SOMEBODY
        return Claimed((), reach, self._under(key), self._digest(folder), why or UNCLAIMED)

    def _under(self, key: str) -> str:
        place = self._root + key
        return next((each for each in self._declared if place.startswith(each)), self._root)

    def _digest(self, folder: str) -> str:
        raw = folder.encode(errors="surrogatepass")
        return blake2b(raw, key=self._secret[:64], digest_size=_FOLDER_BYTES).hexdigest()


def _claim(spot: Spot, bound: tuple[tuple[str, str], ...]) -> Claim | str:
    """Return the claim, or why there must not be one."""
    values = dict(bound)
    if any(names_somebody(value) for value in values.values()):
        return NAMES_SOMEBODY
    # A copy may name the placeholders in another order: the id is that of the class.
    names = spot.agreement.class_named(spot.class_name).placeholders
    ordered = tuple((name, values[name]) for name in names)
    reference = spot.agreement.reference
    dataset = str(DatasetId(reference, spot.class_name, ordered))
    if len(dataset) > ID_LETTERS_MAX or "\0" in "".join(values.values()):
        return TOO_LONG  # or a letter that no database takes
    place = spot.pattern.place(values)
    return Claim(dataset, reference, spot.class_name, ordered, spot.kind, place)
