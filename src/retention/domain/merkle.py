"""The Merkle tree of RFC 9162, as a root while streaming and as proofs for those who ask.

Leaves and nodes are hashed with different first bytes, so that a node can never pass as a leaf.
Source: RFC 9162, sections 2.1.1 (root), 2.1.3 (inclusion) and 2.1.4 (consistency).
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

Hash = bytes  # 32 bytes


def leaf_hash(data: bytes) -> Hash:
    """Return the hash of one leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """Return the hash of a node over its two children."""
    return sha256(b"\x01" + left + right).digest()


class RootBuilder:
    """The root of leaves as they come, in memory that grows with the logarithm of their number."""

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        self._peaks: list[Hash] = []
        self.size = 0

    def add(self, data: bytes) -> None:
        """Add one leaf by its content."""
        here, n, peaks = sha256(b"\x00" + data).digest(), self.size, self._peaks
        while n & 1:  # written out, for a manifest has millions of lines
            here, n = sha256(b"\x01" + peaks.pop() + here).digest(), n >> 1
        peaks.append(here)
        self.size += 1

    def root(self) -> Hash:
        """Return the root of all leaves so far; of none, the hash of nothing."""
        if not self._peaks:
            return sha256(b"").digest()
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


Node = Callable[[int, int], Hash]  # (level, index) of a complete subtree; level 0 holds the leaves


def root_of(node: Node, size: int) -> Hash:
    """Return the root of the first *size* leaves."""
    return _range_hash(node, 0, size)


def inclusion(node: Node, index: int, size: int) -> list[Hash]:
    """Return the proof that leaf *index* is among the first *size*, bottom up."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not among the first {size}")
    path: list[Hash] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_hash(node, middle, high))
            high = middle
        else:
            path.append(_range_hash(node, low, middle))
            low = middle
    return path[::-1]


def consistency(node: Node, earlier: int, later: int) -> list[Hash]:
    """Return the proof that the first *earlier* leaves are a beginning of the first *later*."""
    if not 0 < earlier <= later:
        raise ValueError(f"a log of {later} has no beginning of {earlier}")
    return _consistency(node, earlier, 0, later, whole=True)


def included(leaf: Hash, index: int, size: int, path: Sequence[Hash], root: Hash) -> bool:
    """Tell whether *path* proves that *leaf* stands at *index* under *root*."""
    if not 0 <= index < size:
        return False
    first, last, here = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if first & 1 or first == last:
            here = node_hash(sibling, here)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            here = node_hash(here, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and here == root


def consistent(
    earlier: int, later: int, root_before: Hash, root_after: Hash, path: Sequence[Hash]
) -> bool:
    """Tell whether *path* proves that the later log only added to the earlier one."""
    if earlier == later:
        return root_before == root_after and not path
    if not 0 < earlier < later or not path:
        return False
    steps = list(path) if earlier & (earlier - 1) else [root_before, *path]
    first, last = earlier - 1, later - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    before = after = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and before == root_before and after == root_after


def _split(size: int) -> int:
    """Return the largest power of two below *size*."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_hash(node: Node, low: int, high: int) -> Hash:
    size = high - low
    if size == 0:
        return sha256(b"").digest()
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, low >> level)
    middle = low + _split(size)
    return node_hash(_range_hash(node, low, middle), _range_hash(node, middle, high))


def _consistency(node: Node, earlier: int, low: int, high: int, *, whole: bool) -> list[Hash]:
    size = high - low
    if earlier == size:
        return [] if whole else [_range_hash(node, low, high)]
    half = _split(size)
    if earlier <= half:
        inner = _consistency(node, earlier, low, low + half, whole=whole)
        return [*inner, _range_hash(node, low + half, high)]
    inner = _consistency(node, earlier - half, low + half, high, whole=False)
    return [*inner, _range_hash(node, low, low + half)]
