"""The tree of the ledger as it grows by one entry after another."""

from collections.abc import Sequence

from retention.domain.merkle import Hash, node_hash, root_of

Place = tuple[int, int]  # (level, i) of a complete subtree


def peak_places(size: int) -> list[Place]:
    """Return where the roots of the complete subtrees of *size* entries stand, largest first."""
    levels = reversed(range(size.bit_length()))
    return [(level, (size >> level) - 1) for level in levels if size >> level & 1]


class Growth:
    """The first *size* entries by their *peaks*, ready for the next one."""

    def __init__(self, size: int = 0, peaks: Sequence[Hash] = ()) -> None:
        self.size = size
        self._peaks = list(peaks)

    def add(self, leaf: Hash) -> list[tuple[Place, Hash]]:
        """Add one leaf and return every subtree that it completes, itself first."""
        level, i, here = 0, self.size, leaf
        completed = [((level, i), here)]
        while i & 1:
            here = node_hash(self._peaks.pop(), here)
            level, i = level + 1, i >> 1
            completed.append(((level, i), here))
        self._peaks.append(here)
        self.size += 1
        return completed

    def root(self) -> Hash:
        """Return the root over all entries so far."""
        peaks = dict(zip(peak_places(self.size), self._peaks, strict=True))
        return root_of(lambda level, i: peaks[level, i], self.size)
